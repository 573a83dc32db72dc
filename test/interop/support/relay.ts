import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and a server, and counts what goes over the wire. */
export class Relay {
  /** Bytes from clients to the server so far. */
  sent = 0;
  /** Bytes from the server to clients so far. */
  received = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server = net.createServer((client) => {
    const server = net.connect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        if (from === client) this.sent += chunk.length;
        else this.received += chunk.length;
        to.write(chunk);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        this.sockets.delete(from);
      });
    }
  });

  private constructor(private readonly target: number) {}

  static async to(port: number): Promise<Relay> {
    const relay = new Relay(port);
    relay.server.listen(0, '127.0.0.1');
    await once(relay.server, 'listening');
    return relay;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
