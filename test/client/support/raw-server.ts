import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { WebSocketHandshake } from '../../../src/protocol/handshake';

/** What is done with a connection: the head is the first that came on it, up to its blank line. */
export type Script = (socket: Socket, head: string) => void;

/** A server without any manners: it answers what its script says, and knows what is still open. */
export class RawServer {
  /** The heads that came, in order. */
  readonly heads: string[] = [];
  readonly sockets: Socket[] = [];
  private readonly wake: Array<() => void> = [];

  private constructor(
    readonly server: Server,
    private readonly script: Script,
    event: 'connection' | 'secureConnection',
  ) {
    server.on(event, (socket: Socket) => this.accept(socket));
  }

  static async listen(script: Script, server: Server = net.createServer(), where: object = { port: 0 }) {
    const raw = new RawServer(server, script, 'addContext' in server ? 'secureConnection' : 'connection');
    server.listen('port' in where ? { host: '127.0.0.1', ...where } : where);
    await once(server, 'listening');
    return raw;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Resolves when so many connections have come. */
  async accepted(count: number): Promise<void> {
    await this.until(() => this.sockets.length >= count);
  }

  /** Resolves when so many heads have come. */
  async asked(count: number): Promise<void> {
    await this.until(() => this.heads.length >= count);
  }

  /** Resolves when every connection that was accepted is closed: the client has let go of it. */
  async allClosed(): Promise<void> {
    await this.until(() => this.sockets.every((socket) => socket.closed));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    this.sockets.push(socket);
    let head = '';
    const onData = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      this.heads.push(head);
      this.script(socket, head);
      socket.resume();
      this.awaken();
    };
    socket.on('data', onData);
    // A client that gives up resets, or leaves; tests look at 'close'.
    socket.on('error', () => {});
    socket.on('close', () => this.awaken());
    this.awaken();
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  private awaken(): void {
    for (const resume of this.wake.splice(0)) resume();
  }
}

/** The value of a header in a head; undefined where it is not there. */
export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();
}

/** The valid 101 for the key in this head, as text. */
export function acceptance(head: string, headers: Record<string, string> = {}): string {
  return WebSocketHandshake.buildAcceptResponse(headerOf(head, 'Sec-WebSocket-Key') ?? '', { headers }).toString(
    'latin1',
  );
}
