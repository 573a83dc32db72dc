import type { Duplex } from 'node:stream';
import { WebSocketFrame } from '../../src/protocol/frame';
import { FrameParser } from '../../src/protocol/frame-parser';
import { Opcode } from '../../src/protocol/opcode';

const parser = new FrameParser({ maxFrameSize: 64 * 1024 * 1024, reservedBits: 0x40 });

/** All whole frames in `bytes`. */
export function framesOf(bytes: Buffer): WebSocketFrame[] {
  const frames: WebSocketFrame[] = [];
  for (let at = 0; ; ) {
    const decoded = parser.decode(bytes.subarray(at));
    if (decoded === null) return frames;
    frames.push(decoded.frame);
    at += decoded.bytesConsumed;
  }
}

/** A frame as bytes; `masked` as a client sends it. */
export function frameBytes(opcode: Opcode, payload: string | Buffer = '', given: Partial<WebSocketFrame> = {}): Buffer {
  return parser.encode(new WebSocketFrame({ ...given, opcode, payload }));
}

/** The payload of a close frame, whether it is legal or not. */
export function closePayload(code: number, reason: string | Buffer = ''): Buffer {
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason as string)]);
  payload.writeUInt16BE(code);
  return payload;
}

/** The other end of a connection, without any manners: it sends the bytes it is told to, and collects frames. */
export class RawPeer {
  readonly frames: WebSocketFrame[] = [];
  /** Ends its transport when the other end does; false for a peer that leaves it open. */
  endsInTurn = true;
  ended = false;
  closed = false;
  private rest = Buffer.alloc(0);
  private wake: Array<() => void> = [];

  /** @param role what the peer plays: a client masks */
  constructor(
    readonly transport: Duplex,
    private readonly role: 'client' | 'server' = 'client',
  ) {
    transport.on('data', (chunk: Buffer) => {
      this.rest = Buffer.concat([this.rest, chunk]);
      for (let next = parser.decode(this.rest); next !== null; next = parser.decode(this.rest)) {
        this.frames.push(next.frame);
        this.rest = this.rest.subarray(next.bytesConsumed);
      }
      this.awaken();
    });
    transport.on('end', () => {
      this.ended = true;
      if (this.endsInTurn) transport.end();
      this.awaken();
    });
    transport.on('close', () => {
      this.closed = true;
      this.awaken();
    });
    transport.on('error', () => {});
  }

  /** Bytes that are no whole frame (yet). */
  get unfinished(): Buffer {
    return this.rest;
  }

  send(opcode: Opcode, payload: string | Buffer = '', given: Partial<WebSocketFrame> = {}): this {
    return this.write(frameBytes(opcode, payload, { masked: this.role === 'client', ...given }));
  }

  text(...messages: string[]): this {
    const masked = this.role === 'client';
    return this.write(Buffer.concat(messages.map((message) => frameBytes(Opcode.Text, message, { masked }))));
  }

  close(code?: number, reason = ''): this {
    return this.send(Opcode.Close, code === undefined ? '' : closePayload(code, reason));
  }

  write(bytes: Buffer): this {
    this.transport.write(bytes);
    return this;
  }

  /** Resolves when `condition` holds; looks whenever something has come. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  /** The frame of this index, counted from 0. */
  async frame(index: number): Promise<WebSocketFrame> {
    await this.until(() => this.frames.length > index);
    return this.frames[index]!;
  }

  /** The close frame that comes, as code and reason. */
  async closeFrame(): Promise<{ code: number | undefined; reason: string }> {
    const isClose = (frame: WebSocketFrame) => frame.opcode === Opcode.Close;
    await this.until(() => this.frames.some(isClose) || this.closed);
    const payload = this.frames.find(isClose)?.payload;
    if (payload === undefined) throw new Error('The transport was closed without a close frame');
    return { code: payload.length < 2 ? undefined : payload.readUInt16BE(), reason: payload.toString('utf8', 2) };
  }

  private awaken(): void {
    for (const resume of this.wake.splice(0)) resume();
  }
}
