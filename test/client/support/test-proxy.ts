import { once } from 'node:events';
import http, { type IncomingMessage, type Server } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificates';

/** What the proxy answers instead of opening a tunnel; null opens it. */
export type ProxyAnswer = (request: IncomingMessage) => string | null;

/** An HTTP proxy that opens tunnels (CONNECT) to ports of this machine, whatever the name of the host. */
export class TestProxy {
  /** What was asked for: `server.example:443`. */
  readonly authorities: string[] = [];
  readonly requests: IncomingMessage[] = [];
  private readonly sockets = new Set<Duplex>();

  private constructor(
    private readonly server: Server,
    private readonly answer: ProxyAnswer,
    private readonly scheme: string,
  ) {
    server.on('connection', (socket: Socket) => this.keep(socket));
    server.on('connect', (request, socket, head) => this.connect(request, socket, head));
  }

  static async listen(
    answer: ProxyAnswer = () => null,
    certificate?: Certificate & { ca?: string },
  ): Promise<TestProxy> {
    const server = certificate === undefined ? http.createServer() : https.createServer({ ...certificate });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TestProxy(server as Server, answer, certificate === undefined ? 'http' : 'https');
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Connections to the proxy, and from it, that are open. */
  get open(): number {
    return [...this.sockets].filter((socket) => !socket.closed).length;
  }

  async allClosed(): Promise<void> {
    for (const socket of this.sockets) if (!socket.closed) await once(socket, 'close');
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.authorities.push(request.url ?? '');
    this.requests.push(request);
    this.keep(socket);
    const answer = this.answer(request);
    if (answer !== null) {
      socket.end(answer);
      return;
    }
    const port = Number(/:(\d+)$/.exec(request.url ?? '')?.[1]);
    const behind = net.connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n');
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    this.keep(behind);
    behind.on('close', () => socket.destroy());
    socket.on('close', () => behind.destroy());
  }

  private keep(socket: Duplex): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
  }
}
