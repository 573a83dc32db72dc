/** An echo of exactly so many messages on one connection: what the load generator, which counts while a clock runs, cannot do. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BenchError } from './errors';
import { createRing, encodeRing, type MessageShape } from './frames';

const PATIENCE = 10_000;
const HEAD_END = '\r\n\r\n';

export interface EchoOptions {
  port: number;
  path: string;
  message: MessageShape;
  /** Sent in one write, so that the server has them in one read, and awaited before the next are sent. */
  inFlight: number;
  /** The server returns what comes, masked as it is. */
  isBare: boolean;
}

export class CountedEcho {
  #arrived: Buffer[] = [];
  #length = 0;
  #wanted = 0;
  #done: (() => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly sent: Buffer,
    private readonly expected: Buffer,
  ) {
    socket.setTimeout(PATIENCE, () => this.#stop(`The server has said nothing for ${PATIENCE / 1000} s`));
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#stop(`The connection failed: ${error.message}`));
    socket.on('close', () => this.#stop('The server closed the connection before it had answered'));
  }

  /** @throws BenchError when the server does not accept */
  static async open({ port, path, message, inFlight, isBare }: EchoOptions): Promise<CountedEcho> {
    const messages = createRing(message, inFlight);
    const sent = encodeRing(message, messages);
    const expected = isBare ? sent : Buffer.concat(messages.map((payload) => encodeAnswer(message, payload)));
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    try {
      await once(socket, 'connect');
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13${HEAD_END}`,
      );
      // Nothing follows the answer: it is the client's turn.
      const [head] = (await once(socket, 'data')) as [Buffer];
      const text = head.toString('latin1');
      if (!text.startsWith('HTTP/1.1 101 ') || !text.endsWith(HEAD_END)) {
        throw new BenchError(`The server answered the handshake with:\n${text}`);
      }
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new CountedEcho(socket, sent, expected);
  }

  /** So many times all that is in flight. @throws BenchError for an answer that is not what was sent */
  async exchange(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await new Promise<void>((resolve, reject) => {
        this.#arrived = [];
        this.#length = 0;
        this.#wanted = this.expected.length;
        this.#done = resolve;
        this.#fail = reject;
        this.socket.write(this.sent);
      });
    }
  }

  close(): void {
    this.#done = this.#fail = undefined;
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#arrived.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return;
    const whole = this.#arrived.length === 1 ? chunk : Buffer.concat(this.#arrived);
    if (whole.equals(this.expected)) this.#done?.();
    else this.#stop('The server answered with other bytes');
  }

  #stop(reason: string): void {
    this.#fail?.(new BenchError(reason));
    this.close();
  }
}

/** One whole short message as a server sends it: not masked (RFC 6455 section 5.1). */
function encodeAnswer({ type }: MessageShape, payload: Buffer): Buffer {
  if (payload.length > 125) throw new RangeError('Only messages of up to 125 bytes are counted');
  return Buffer.concat([Buffer.from([type === 'binary' ? 0x82 : 0x81, payload.length]), payload]);
}
