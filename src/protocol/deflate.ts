import { constants, deflateRawSync } from 'node:zlib';

/** The end of every flushed piece, an empty stored block, which is left out at the end of a message (RFC 7692, 7.2.1). */
const tailLength = 4;

/** The smallest window that zlib can deflate for: it silently makes 2^9 bytes of 2^8. */
export const smallestWindowBits = 9;

/** How far zlib looks ahead of a match: bytes of its window that matches do not reach. */
const lookAhead = 262;

/** For short payloads zlib is set up with small tables, which takes longer than deflating them otherwise. */
const smallestSetUp = 11;

/**
 * Deflates one piece of a message, flushed to a byte (RFC 7692, section 7.2.1).
 *
 * @param dictionary what the receiver has seen right before, to refer to; may be empty
 * @param windowBits 9 to 15: how far back it may refer
 * @param isLast of its message: then without the tail
 */
export function deflate(
  payload: Uint8Array,
  dictionary: Buffer,
  level: number,
  windowBits: number,
  isLast: boolean,
): Buffer {
  if (payload.length === 0) return Buffer.alloc(isLast ? 1 : 0);
  const needed = Math.max(smallestSetUp, 32 - Math.clz32(dictionary.length + payload.length + lookAhead - 1));
  const bits = Math.min(windowBits, needed);
  const deflated = deflateRawSync(payload, {
    level,
    windowBits: bits,
    memLevel: Math.min(8, Math.max(4, bits - 7)),
    chunkSize: Math.min(payload.length + 64, 64 * 1024),
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(dictionary.length > 0 && { dictionary }),
  });
  return isLast ? deflated.subarray(0, deflated.length - tailLength) : deflated;
}
