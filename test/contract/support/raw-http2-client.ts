import { once } from 'node:events';
import tls, { type TLSSocket } from 'node:tls';
import { certificates } from './certificates';

/** Types of frames (RFC 9113, section 6). */
export const FrameType = {
  Data: 0,
  Headers: 1,
  RstStream: 3,
  Settings: 4,
  Ping: 6,
  GoAway: 7,
  WindowUpdate: 8,
} as const;

const endHeaders = 0x4;
const ack = 0x1;

interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** A client of HTTP/2 without any manners: it sends the frames it is told to, and keeps to nobody's settings. */
export class RawHttp2Client {
  readonly frames: Frame[] = [];
  closed = false;
  private acknowledges = true;
  private rest = Buffer.alloc(0);
  private wake: Array<() => void> = [];

  private constructor(readonly socket: TLSSocket) {
    socket.on('data', (chunk: Buffer) => {
      this.rest = Buffer.concat([this.rest, chunk]);
      while (this.rest.length >= 9 && this.rest.length >= 9 + this.rest.readUIntBE(0, 3)) this.receive();
      this.awaken();
    });
    socket.on('close', () => {
      this.closed = true;
      this.awaken();
    });
    // A reset is an answer, too; tests look at `closed`.
    socket.on('error', () => {});
  }

  /** @param acknowledges false for a client that has not got round to the server's settings yet */
  static async connect(port: number, { acknowledges = true } = {}): Promise<RawHttp2Client> {
    const { authority: ca } = await certificates();
    const socket = tls.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] });
    const client = new RawHttp2Client(socket);
    client.acknowledges = acknowledges;
    await once(socket, 'secureConnect');
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    client.send(FrameType.Settings, 0, 0);
    return client;
  }

  send(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): this {
    this.socket.write(frame(type, flags, stream, payload));
    return this;
  }

  /** An extended CONNECT for a WebSocket (RFC 8441). */
  openWebSocket(stream: number, path: string): this {
    return this.send(FrameType.Headers, endHeaders, stream, webSocketHeaders(path));
  }

  /** The head of a POST, whose body comes in DATA frames. */
  post(stream: number, path: string): this {
    const fields = { ':method': 'POST', ':scheme': 'https', ':path': path, ':authority': 'localhost' };
    return this.send(FrameType.Headers, endHeaders, stream, headerBlock(fields));
  }

  /** A byte again and again, each in a DATA frame of its own; resolves when the server has read all of them. */
  async drip(stream: number, byte: number, count: number): Promise<void> {
    const one = frame(FrameType.Data, 0, stream, Buffer.of(byte));
    this.socket.write(Buffer.alloc(one.length * count, one));
    await this.heard();
  }

  /** Resolves when the server has read what was sent so far. */
  async heard(): Promise<void> {
    const answered = this.received(FrameType.Ping).length;
    this.send(FrameType.Ping, 0, 0, Buffer.alloc(8));
    await this.until(() => this.received(FrameType.Ping).length > answered);
  }

  reset(stream: number, code: number): this {
    return this.send(FrameType.RstStream, 0, stream, uint32(code));
  }

  goAway(code: number): this {
    return this.send(FrameType.GoAway, 0, 0, Buffer.concat([uint32(0), uint32(code)]));
  }

  /** The frames of a type that have come, on one stream or on any. */
  received(type: number, stream?: number): Frame[] {
    return this.frames.filter((each) => each.type === type && (stream === undefined || each.stream === stream));
  }

  /** What the server's settings say (RFC 9113, section 6.5.1). */
  settings(): Map<number, number> {
    const settings = new Map<number, number>();
    for (const { flags, payload } of this.received(FrameType.Settings)) {
      if (flags & ack) continue;
      for (let at = 0; at < payload.length; at += 6)
        settings.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    }
    return settings;
  }

  /** Bytes by which the server has widened the window of a stream so far. */
  widened(stream: number): number {
    const updates = this.received(FrameType.WindowUpdate, stream);
    return updates.reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
  }

  /** Resolves when `condition` holds, or the connection has closed; looks whenever something has come. */
  async until(condition: () => boolean): Promise<void> {
    while (!this.closed && !condition()) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  private receive(): void {
    const length = this.rest.readUIntBE(0, 3);
    const [type = 0, flags = 0] = this.rest.subarray(3);
    const stream = this.rest.readUInt32BE(5) & 0x7fffffff;
    this.frames.push({ type, flags, stream, payload: Buffer.from(this.rest.subarray(9, 9 + length)) });
    this.rest = this.rest.subarray(9 + length);
    if (type === FrameType.Settings && !(flags & ack) && this.acknowledges) this.send(FrameType.Settings, ack, 0);
  }

  private awaken(): void {
    for (const resume of this.wake.splice(0)) resume();
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function webSocketHeaders(path: string): Buffer {
  return headerBlock({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':path': path,
    ':authority': 'localhost',
    'sec-websocket-version': '13',
  });
}

/** RFC 7541, section 6.2.2: each field as it is, no table and no Huffman code. */
function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [
      Buffer.of(0, name.length),
      Buffer.from(name),
      Buffer.of(value.length),
      Buffer.from(value),
    ]),
  );
}
