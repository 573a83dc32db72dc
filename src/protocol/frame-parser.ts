import { InvalidOptionError, MessageTooBigError } from './errors';
import { WebSocketFrame } from './frame';
import { FrameHeader, maxControlPayload, readFrameHeader } from './frame-header';
import { frameBound, writeFrame } from './frame-writer';
import { applyMask, freshMaskingKey, type MaskingKey, readMaskingKey } from './mask';
import { isControl, Opcode, opcodeName } from './opcode';
import { checkInteger, describe, refuseUnknownOptions } from './options';
import type { Role } from './role';

export interface FrameParserOptions {
  /** Which end we are: a `server` refuses unmasked frames and sends none masked, a `client` the other way round. Without it, both pass. */
  role?: Role;
  /** The longest payload taken, in bytes. Default 1 MiB. */
  maxFrameSize?: number;
  /** The RSV bits that an agreed extension uses, as they lie in the first byte: 0x40 for permessage-deflate. Default none. */
  reservedBits?: number;
}

/** A frame and how many bytes of the input it took. */
export interface DecodedFrame {
  frame: WebSocketFrame;
  bytesConsumed: number;
}

/**
 * Frames to bytes and back, one at a time, without any state between calls: for tests, tools, and reading the protocol.
 * Connections decode whole chunks with `MessageDecoder` instead; the rules are in `frame-header.ts` for both.
 */
export class FrameParser {
  private readonly role: Role | undefined;
  private readonly maxFrameSize: number;
  private readonly reservedBits: number;

  /** @throws InvalidOptionError */
  constructor(options: FrameParserOptions = {}) {
    refuseUnknownOptions('FrameParser', options, ['role', 'maxFrameSize', 'reservedBits']);
    const { role, maxFrameSize = 1024 * 1024, reservedBits = 0 } = options;
    if (role !== undefined && role !== 'server' && role !== 'client') {
      throw new InvalidOptionError(`Option 'role' must be 'server' or 'client', not ${describe(role)}`);
    }
    checkInteger('maxFrameSize', maxFrameSize, { min: 1 });
    if ((reservedBits & 0x70) !== reservedBits) {
      throw new InvalidOptionError(
        `Option 'reservedBits' must be made of 0x40, 0x20 and 0x10, not ${describe(reservedBits)}`,
      );
    }
    this.role = role;
    this.maxFrameSize = maxFrameSize;
    this.reservedBits = reservedBits;
  }

  /**
   * Decodes the frame at the beginning of `data`. A frame cut short is no error: null means that more bytes are needed.
   *
   * @throws ProtocolError for a frame that breaks RFC 6455; MessageTooBigError above `maxFrameSize`, from the header alone
   */
  decode(data: Uint8Array): DecodedFrame | null {
    const header = new FrameHeader();
    if (!readFrameHeader(header, data, 0, data.length, this.role, this.reservedBits)) return null;
    if (header.length > this.maxFrameSize) {
      throw new MessageTooBigError(
        `A frame of ${header.length} bytes is larger than maxFrameSize (${this.maxFrameSize} bytes)`,
        { code: 'FRAME_TOO_BIG' },
      );
    }
    const bytesConsumed = header.size + header.length;
    if (data.length < bytesConsumed) return null;
    const payload = Buffer.from(data.subarray(header.size, bytesConsumed));
    if (header.masked) applyMask(payload, 0, payload.length, header.key);
    const { fin, rsv, masked } = header;
    return { frame: new WebSocketFrame({ fin, opcode: header.opcode as Opcode, payload, rsv, masked }), bytesConsumed };
  }

  /**
   * Encodes a frame. A client's parser masks every frame and a server's none (RFC 6455, section 5.1); without a role,
   * those are masked that say so, or that a key is given for.
   *
   * @param maskingKey four bytes, for reproducible output; otherwise a fresh random key
   * @throws InvalidOptionError for an unknown opcode, reserved bits that are none, a control frame that is fragmented or
   *   longer than 125 bytes, or a masking key for a server's frame
   */
  encode(frame: WebSocketFrame, maskingKey?: Uint8Array): Buffer {
    if (!Object.values(Opcode).includes(frame.opcode)) {
      throw new InvalidOptionError(`The opcode of a frame must be one of Opcode, not ${describe(frame.opcode)}`);
    }
    if ((frame.rsv & 0x70) !== frame.rsv) {
      throw new InvalidOptionError(`The reserved bits of a frame are 0x40, 0x20 and 0x10, not ${describe(frame.rsv)}`);
    }
    if (isControl(frame.opcode) && (!frame.fin || frame.payload.length > maxControlPayload)) {
      throw new InvalidOptionError(
        `A ${opcodeName(frame.opcode)} frame must be final and have at most ${maxControlPayload} bytes of payload`,
      );
    }
    if (maskingKey !== undefined && maskingKey.length !== 4) {
      throw new InvalidOptionError(`A masking key has 4 bytes, not ${maskingKey.length}`);
    }
    if (maskingKey !== undefined && this.role === 'server') {
      throw new InvalidOptionError('A server does not mask its frames: a masking key is of no use to it');
    }
    const masked = this.role === undefined ? frame.masked || maskingKey !== undefined : this.role === 'client';
    let key: MaskingKey | undefined;
    if (masked) key = maskingKey === undefined ? freshMaskingKey() : readMaskingKey(maskingKey, 0);
    const bytes = Buffer.allocUnsafe(frameBound(frame.payload));
    const first = (frame.fin ? 0x80 : 0) | frame.rsv | frame.opcode;
    return bytes.subarray(0, writeFrame(bytes, 0, first, frame.payload, key));
  }
}
