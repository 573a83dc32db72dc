import { frameHeaderSize, maxHeaderSize, writeFrameHeader } from './frame-header';
import { applyMask, type MaskingKey } from './mask';
import { writeUtf8 } from './utf8';

/** The most bytes that a frame of this payload can take: a UTF-16 unit becomes three bytes of UTF-8 at most. */
export function frameBound(payload: string | Uint8Array): number {
  return maxHeaderSize + (typeof payload === 'string' ? payload.length * 3 : payload.byteLength);
}

/**
 * Encodes one frame straight into `target`, which has `frameBound(payload)` bytes left behind `at`.
 *
 * @param first FIN, RSV and opcode: the first byte as it goes on the wire
 * @param key the masking key when we are the client; the payload itself is left as it is
 * @returns the index behind the frame
 */
export function writeFrame(
  target: Buffer,
  at: number,
  first: number,
  payload: string | Uint8Array,
  key?: MaskingKey,
): number {
  const masked = key !== undefined;
  let length = payload.length;
  let start = at + frameHeaderSize(length, masked);
  if (typeof payload === 'string') {
    length = writeUtf8(target, start, payload);
    // The header was placed for ASCII; other text may need a longer one, and its bytes move up to make room.
    const needed = at + frameHeaderSize(length, masked);
    if (needed !== start) {
      target.copyWithin(needed, start, start + length);
      start = needed;
    }
  } else {
    target.set(payload, start);
  }
  writeFrameHeader(target, at, first, length, key);
  const end = start + length;
  if (masked) applyMask(target, start, end, key);
  return end;
}
