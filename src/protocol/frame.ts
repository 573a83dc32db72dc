import { type Opcode, opcodeName } from './opcode';

/** One frame as a value (RFC 6455, section 5.2). Connections do not make these; they are for those who look at frames. */
export class WebSocketFrame {
  /** The last fragment of a message. */
  readonly fin: boolean;
  readonly opcode: Opcode;
  /** Unmasked. */
  readonly payload: Buffer;
  /** RSV1 to RSV3 as they lie in the first byte: 0x40, 0x20, 0x10. Default 0. */
  readonly rsv: number;
  /** Whether the frame was, or is to be, masked. Default false. */
  readonly masked: boolean;

  /** @param frame a string payload becomes its UTF-8 */
  constructor(frame: {
    fin?: boolean;
    opcode: Opcode;
    payload?: Uint8Array | string;
    rsv?: number;
    masked?: boolean;
  }) {
    const payload = frame.payload ?? '';
    this.fin = frame.fin ?? true;
    this.opcode = frame.opcode;
    this.payload =
      typeof payload === 'string'
        ? Buffer.from(payload)
        : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    this.rsv = frame.rsv ?? 0;
    this.masked = frame.masked ?? false;
  }

  /** `text frame, final, 5 bytes`: for messages and logs. */
  toString(): string {
    const details = [this.fin ? 'final' : 'to be continued', `${this.payload.length} bytes`];
    if (this.masked) details.push('masked');
    return `${opcodeName(this.opcode)} frame, ${details.join(', ')}`;
  }
}
