import { randomFillSync } from 'node:crypto';

/**
 * A masking key as one number: byte i of the key is bits 8i to 8i+7. On the little-endian machines that Node runs on,
 * that is also how the four bytes lie in a 32-bit word, so a word of payload is unmasked by one XOR.
 */
export type MaskingKey = number;

const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Below this, making a view of words costs more than the bytes one by one. */
const wordsPayFrom = 128;

/**
 * Masks or unmasks, which is the same (RFC 6455, section 5.3), the bytes from `start` to `end` in place.
 * `phase` is how many bytes of the payload came before `start`.
 */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: MaskingKey, phase = 0): void {
  let rotated = rotate(key, phase);
  let at = start;
  if (end - start >= wordsPayFrom && littleEndian) {
    const aligned = start + (-(bytes.byteOffset + start) & 3);
    for (; at < aligned; at++) {
      bytes[at]! ^= rotated;
      rotated = rotate(rotated, 1);
    }
    const count = (end - at) >>> 2;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, count);
    const unrolled = count & ~7;
    let i = 0;
    for (; i < unrolled; i += 8) {
      words[i]! ^= rotated;
      words[i + 1]! ^= rotated;
      words[i + 2]! ^= rotated;
      words[i + 3]! ^= rotated;
      words[i + 4]! ^= rotated;
      words[i + 5]! ^= rotated;
      words[i + 6]! ^= rotated;
      words[i + 7]! ^= rotated;
    }
    for (; i < count; i++) words[i]! ^= rotated;
    at += count * 4;
  }
  const k0 = rotated;
  const k1 = rotated >>> 8;
  const k2 = rotated >>> 16;
  const k3 = rotated >>> 24;
  for (; at + 4 <= end; at += 4) {
    bytes[at]! ^= k0;
    bytes[at + 1]! ^= k1;
    bytes[at + 2]! ^= k2;
    bytes[at + 3]! ^= k3;
  }
  for (; at < end; at++) {
    bytes[at]! ^= rotated;
    rotated >>>= 8;
  }
}

/**
 * Unmasks a short payload in place and says whether it is ASCII, in the same pass: then its text can be read
 * without a check for UTF-8.
 */
export function unmaskShort(bytes: Uint8Array, start: number, end: number, key: MaskingKey): boolean {
  const words = wordsOf(bytes);
  let seen = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = words.getInt32(at, true) ^ key;
    words.setInt32(at, word, true);
    seen |= word;
  }
  for (let rest = key; at < end; at++, rest >>>= 8) {
    const byte = bytes[at]! ^ (rest & 0xff);
    bytes[at] = byte;
    seen |= byte;
  }
  return (seen & 0x80808080) === 0;
}

let viewed: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(viewed.buffer);

/**
 * A view for words that need not be aligned. Sockets read into the same bytes again and again: so the latest one is kept,
 * and what it looks at.
 */
function wordsOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    viewed = bytes;
  }
  return view;
}

/** Reads the four bytes of a masking key. */
export function readMaskingKey(bytes: Uint8Array, at: number): MaskingKey {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Writes the four bytes of a masking key. */
export function writeMaskingKey(bytes: Uint8Array, at: number, key: MaskingKey): void {
  bytes[at] = key;
  bytes[at + 1] = key >>> 8;
  bytes[at + 2] = key >>> 16;
  bytes[at + 3] = key >>> 24;
}

const pool = new Int32Array(2048);
let used = pool.length;

/** A fresh, unpredictable key (RFC 6455, sections 5.3 and 10.3), out of a pool so that a frame costs no call of the generator. */
export function freshMaskingKey(): MaskingKey {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const key = pool[used]!;
  // A used key must not be found again in memory that a later bug may disclose.
  pool[used++] = 0;
  return key;
}

function rotate(key: MaskingKey, bytes: number): MaskingKey {
  const bits = (bytes & 3) << 3;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}
