import { deflate } from './deflate';
import type { SharedEncoding, SharedMessage } from './extension';

/** RSV1 marks the first frame of a compressed message (RFC 7692, section 6). */
export const compressedBit = 0x40;

const nothing = Buffer.alloc(0);

/**
 * Deflates once for many: a message that refers to none before it is legal for every peer whose window it fits, whatever
 * was said before, and every sender may refer to it afterwards (RFC 7692, section 7.2).
 */
export class SharedDeflate implements SharedEncoding {
  constructor(
    private readonly threshold: number,
    private readonly level: number,
    private readonly windowBits: number,
  ) {}

  encode(payload: string | Buffer): SharedMessage | null {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (bytes.length < this.threshold || bytes.length === 0) return null;
    const deflated = deflate(bytes, nothing, this.level, this.windowBits, true);
    if (deflated.length >= bytes.length) return null;
    // Bytes belong to whoever published them, and a long message must not be kept for its end.
    const window = 2 ** this.windowBits;
    const isOurs = typeof payload === 'string' && bytes.length <= window;
    const recent = isOurs ? bytes : Buffer.from(bytes.subarray(-window));
    return { payload: deflated, reservedBits: compressedBit, recent };
  }
}
