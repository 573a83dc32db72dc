import { deflate } from './deflate';
import type { SharedEncoding, SharedMessage } from './extension';
import { ownCopy } from './own-bytes';

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
    // A copy of its own: bytes belong to whoever published them, and neither a long message nor Node's pool must be kept for it.
    const recent = ownCopy(bytes, Math.max(0, bytes.length - 2 ** this.windowBits), bytes.length);
    return { payload: deflated, size: bytes.length, reservedBits: compressedBit, recent };
  }
}
