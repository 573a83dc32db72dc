import net, { type Socket } from 'node:net';
import { RawServer } from './raw-server';

/** The bytes of a frame of HTTP/2 (RFC 9113, section 4.1), with its payload in hexadecimal digits. */
function frame(type: number, flags: number, stream: number, payload = ''): Buffer {
  const hex = (value: number, bytes: number) => value.toString(16).padStart(bytes * 2, '0');
  return Buffer.from(hex(payload.length / 2, 3) + hex(type, 1) + hex(flags, 1) + hex(stream, 4) + payload, 'hex');
}

export const settings = frame(4, 0, 0);
/** SETTINGS_ENABLE_CONNECT_PROTOCOL (8) is 1. */
export const allowing = frame(4, 0, 0, '000800000001');
/** The same, and SETTINGS_INITIAL_WINDOW_SIZE (4), with WINDOW_UPDATE for the connection: more may be sent than can be. */
export const allowingEverything = Buffer.concat([
  frame(4, 0, 0, '00080000000100047fffffff'),
  frame(8, 0, 0, '7fff0000'),
]);
/** That our SETTINGS have come. */
export const acknowledgement = frame(4, 1, 0);
export const goaway = frame(7, 0, 0, '0000000000000000');
/** The same, and SETTINGS_MAX_CONCURRENT_STREAMS (3) is 1. */
export const allowingOne = frame(4, 0, 0, '000800000001000300000001');
/** HEADERS with END_HEADERS: `:status: 200`, which is in HPACK's static table. Clients number their streams 1, 3, 5, … */
export const accepted = (stream = 1) => frame(1, 4, stream, '88');
/** DATA with END_STREAM: a close frame of a WebSocket without a code. */
export const goodbye = (stream = 1) => frame(0, 1, stream, '8800');

const headersType = 1;
const dataType = 0;

/** A server that says frames of HTTP/2 when it is told to, and nothing of itself. It never ends a connection. */
export class Http2ByHand {
  /** Type and stream of each frame that came, in order. */
  readonly frames: Array<{ type: number; stream: number }> = [];
  private readonly wake: Array<() => void> = [];
  private rest: Buffer = Buffer.alloc(0);
  server!: RawServer;

  static async listen(): Promise<Http2ByHand> {
    const byHand = new Http2ByHand();
    const server = net.createServer({ allowHalfOpen: true });
    byHand.server = await RawServer.listen((socket, head) => {
      // Behind the preface, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', come frames.
      byHand.read(Buffer.from(head.slice(24), 'latin1'));
      socket.on('data', (chunk: Buffer) => byHand.read(chunk));
    }, server);
    return byHand;
  }

  get url(): string {
    return this.server.url;
  }

  get socket(): Socket {
    return this.server.sockets[0]!;
  }

  say(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** The streams that were asked for, in order. */
  get requests(): number[] {
    return this.frames.filter(({ type }) => type === headersType).map(({ stream }) => stream);
  }

  /** Resolves when a request has come on a stream. */
  async requested(stream = 1): Promise<void> {
    await this.came(headersType, stream);
  }

  /** Resolves when data has come on a stream. */
  async spoken(stream = 1): Promise<void> {
    await this.came(dataType, stream);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private async came(type: number, stream: number): Promise<void> {
    const isThere = () => this.frames.some((frame) => frame.type === type && frame.stream === stream);
    while (!isThere()) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  private read(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= 9 && this.rest.length >= 9 + this.rest.readUIntBE(0, 3)) {
      this.frames.push({ type: this.rest[3]!, stream: this.rest.readUInt32BE(5) });
      this.rest = this.rest.subarray(9 + this.rest.readUIntBE(0, 3));
    }
    for (const resume of this.wake.splice(0)) resume();
  }
}
