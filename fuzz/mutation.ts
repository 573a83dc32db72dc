import type { Random } from './random';

/** Inputs do not grow beyond this, in bytes: many short ones find more than a few long ones. */
const longest = 64 * 1024;

const interestingBytes = [
  0x00, 0x01, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x88, 0x89, 0xc1, 0xfe, 0xff, 0x0a, 0x0d, 0x20, 0x09, 0x1f,
];

/**
 * A few random changes of an input: bits, bytes, and ranges removed, repeated, or taken from another input.
 *
 * @param others inputs to splice with
 * @param words what the format is made of, as names of headers
 */
export function mutate(
  random: Random,
  input: Buffer,
  others: readonly Buffer[],
  words: readonly (string | Buffer)[] = [],
): Buffer {
  let bytes: Buffer = Buffer.from(input);
  for (let count = 1 + random.below(4); count > 0; count--) bytes = changed(random, bytes, others, words);
  return bytes.length > longest ? bytes.subarray(0, longest) : bytes;
}

function changed(
  random: Random,
  bytes: Buffer,
  others: readonly Buffer[],
  words: readonly (string | Buffer)[],
): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(random.oneIn(4) ? bytes.length + 1 : 8));
  switch (random.below(8)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.oneIn(2) ? random.pick(interestingBytes) : random.next();
      return bytes;
    case 2:
      return replaced(bytes, at, at, random.bytes(1 + random.below(8)));
    case 3:
      return replaced(bytes, at, end, '');
    case 4:
      return replaced(bytes, at, at, bytes.subarray(at, end));
    case 5: {
      if (words.length === 0)
        return replaced(bytes, at, at, Buffer.alloc(1 + random.below(16), random.pick(interestingBytes)));
      return replaced(bytes, at, random.oneIn(2) ? at : end, random.pick(words));
    }
    case 6: {
      if (others.length === 0) return bytes;
      const other = random.pick(others);
      return replaced(bytes, at, bytes.length, other.subarray(random.below(other.length + 1)));
    }
    default:
      return bytes.subarray(0, Math.max(at, 1));
  }
}

function replaced(bytes: Buffer, start: number, end: number, by: string | Buffer): Buffer {
  const middle = typeof by === 'string' ? Buffer.from(by, 'latin1') : by;
  return Buffer.concat([bytes.subarray(0, start), middle, bytes.subarray(end)]);
}
