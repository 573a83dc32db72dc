import { once } from 'node:events';
import WebSocket from 'ws';

/** A client of `ws` that keeps what it receives, text as string and binary as Buffer. */
export class QueueingSocket extends WebSocket {
  /** The header of the 101; `extensions` of `ws` holds only names. */
  agreed = '';
  private readonly queue: Array<string | Buffer> = [];
  private wake = () => {};

  constructor(url: string, options: WebSocket.ClientOptions) {
    super(url, options);
    this.once('upgrade', ({ headers }) => {
      this.agreed = headers['sec-websocket-extensions'] ?? '';
    });
    this.on('message', (data: Buffer, isBinary) => {
      this.queue.push(isBinary ? data : data.toString());
      this.wake();
    });
    this.on('close', () => this.wake());
  }

  static async open(url: string, options: WebSocket.ClientOptions): Promise<QueueingSocket> {
    const socket = new QueueingSocket(url, options);
    await once(socket, 'open');
    return socket;
  }

  async receive(): Promise<string | Buffer> {
    while (this.queue.length === 0) {
      if (this.readyState === WebSocket.CLOSED) throw new Error('The connection was closed before a message came');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.queue.shift()!;
  }
}
