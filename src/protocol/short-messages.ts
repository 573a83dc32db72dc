import { readMaskingKey, unmaskShort, writeMaskingKey } from './mask';
import { Opcode } from './opcode';

/** The first byte of a text message that is one frame. */
export const finalText = 0x80 | Opcode.Text;

/** The same of a binary message. */
export const finalBinary = 0x80 | Opcode.Binary;

/** A client's header of up to 125 bytes of payload: two bytes and a masking key. */
const headerSize = 6;

/**
 * From so many bytes of frames on no further one shares their string: an application that keeps one short message keeps
 * about this much of its neighbours with it.
 */
const together = 512;

/**
 * Unmasks, in place, short text messages of a client that lie one behind another in `bytes` from `at` on. What is unmasked
 * gets 0 for its masking key, and so stays a frame that means the same: it may be decoded again.
 *
 * @param limit bytes that a payload may have, at most 125
 * @returns the index behind the last message that is whole, ASCII and within the limit; `at` where the first is not
 */
export function unmaskShortTexts(bytes: Buffer, at: number, end: number, limit: number): number {
  const stop = Math.min(end, at + together);
  let next = at;
  while (next + headerSize <= stop && bytes[next] === finalText) {
    const length = bytes[next + 1]! - 0x80;
    const start = next + headerSize;
    if (length < 0 || length > limit || start + length > end) break;
    const isAscii = unmaskShort(bytes, start, start + length, readMaskingKey(bytes, next + 2));
    writeMaskingKey(bytes, next + 2, 0);
    if (!isAscii) break;
    next = start + length;
  }
  return next;
}

/** Where the payload begins of the short message of a client that begins at `at`. */
export function shortMessageStart(at: number): number {
  return at + headerSize;
}

/** The index behind the short message of a client that begins at `at`. */
export function shortMessageEnd(bytes: Buffer, at: number): number {
  return at + headerSize + bytes[at + 1]! - 0x80;
}

/** Whether a client's message that begins at `at` is one frame, whole, of a payload of up to `limit` bytes, at most 125. */
export function isShortMessage(bytes: Buffer, at: number, end: number, limit: number): boolean {
  if (at + headerSize > end) return false;
  const length = bytes[at + 1]! - 0x80;
  return length >= 0 && length <= limit && at + headerSize + length <= end;
}

/** The payload of the short binary message of a client that begins at `at`: unmasked, and a copy. */
export function readShortBinary(bytes: Buffer, at: number): Buffer {
  const start = at + headerSize;
  const payload = Buffer.allocUnsafe(shortMessageEnd(bytes, at) - start);
  const key = readMaskingKey(bytes, at + 2);
  for (let i = 0; i < payload.length; i++) payload[i] = bytes[start + i]! ^ (key >>> ((i & 3) << 3));
  return payload;
}
