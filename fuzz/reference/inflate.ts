/** RFC 1951 by the letter: one bit after the other, with no table but those of the RFC. The oracle for inflating. */

/** What came out of a payload; `error` where it is not valid, or ends where more is needed. */
export interface Inflated {
  data: Buffer;
  error?: 'invalid' | 'cut';
  /** How many blocks said that they are the last. */
  finals: number;
  /** Where reading stopped: the byte behind the last one that was looked at. */
  at: number;
  /** Where the last block that said it is the last has ended, or -1. */
  finalAt: number;
}

class Wrong extends Error {}
class Cut extends Error {}

class Bits {
  private bit = 0;
  constructor(
    private readonly bytes: Buffer,
    public at = 0,
  ) {}

  get isOver(): boolean {
    return this.at >= this.bytes.length;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      if (this.isOver) throw new Cut();
      value |= ((this.bytes[this.at]! >> this.bit) & 1) << i;
      if (++this.bit === 8) {
        this.bit = 0;
        this.at++;
      }
    }
    return value;
  }

  align(): void {
    if (this.bit === 0) return;
    this.bit = 0;
    this.at++;
  }
}

/** A Huffman code from the lengths of its codes (3.2.2). */
class Code {
  private readonly counts = new Array<number>(16).fill(0);
  private readonly symbols: number[] = [];

  constructor(lengths: readonly number[], mayBeIncomplete: boolean) {
    for (const length of lengths) this.counts[length]!++;
    const none = this.counts[0] === lengths.length;
    let left = 1;
    for (let length = 1; length < 16; length++) {
      left = left * 2 - this.counts[length]!;
      if (left < 0) throw new Wrong('over-subscribed');
    }
    // zlib takes an incomplete code only where it is one of a single bit, or none at all.
    const isSingle = this.counts[1] === 1 && this.counts.slice(2).every((count) => count === 0);
    if (left > 0 && !none && !(mayBeIncomplete && isSingle)) throw new Wrong('incomplete');
    for (let length = 1; length < 16; length++) {
      lengths.forEach((own, symbol) => {
        if (own === length) this.symbols.push(symbol);
      });
    }
  }

  decode(bits: Bits): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= bits.read(1);
      const count = this.counts[length]!;
      if (code - count < first) return this.symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Wrong('no such code');
  }
}

// 3.2.5.
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
// 3.2.7.
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
// 3.2.6.
const fixedLengths = Array.from({ length: 288 }, (_, symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);
const fixed = { literals: new Code(fixedLengths, false), distances: new Code(new Array(32).fill(5), false) };

/**
 * Inflates all the blocks in `bytes`. Behind one that says it is the last, the next begins with the next byte (RFC 7692,
 * section 7.2.3.4).
 *
 * @param history what was inflated before, and may be referred to
 * @param most stops as soon as more than that has come out
 */
export function inflateByTheLetter(bytes: Buffer, history: Buffer, most: number): Inflated {
  const bits = new Bits(bytes);
  const out: number[] = [];
  let finals = 0;
  let finalAt = -1;
  let error: Inflated['error'];
  try {
    while (!bits.isOver && out.length <= most) {
      const isFinal = bits.read(1) === 1;
      inflateBlock(bits, out, history, most);
      if (out.length > most || !isFinal) continue;
      bits.align();
      finals++;
      finalAt = bits.at;
    }
  } catch (thrown) {
    if (!(thrown instanceof Wrong || thrown instanceof Cut)) throw thrown;
    error = thrown instanceof Cut ? 'cut' : 'invalid';
  }
  return { data: Buffer.from(out), finals, at: bits.at, finalAt, ...(error && { error }) };
}

function inflateBlock(bits: Bits, out: number[], history: Buffer, most: number): void {
  const type = bits.read(2);
  if (type === 3) throw new Wrong('reserved block type');
  if (type === 0) {
    bits.align();
    const length = bits.read(16);
    if ((bits.read(16) ^ 0xffff) !== length) throw new Wrong('length of a stored block');
    for (let i = 0; i < length && out.length <= most; i++) out.push(bits.read(8));
    return;
  }
  const { literals, distances } = type === 1 ? fixed : readCodes(bits);
  while (out.length <= most) {
    const symbol = literals.decode(bits);
    if (symbol === 256) return;
    if (symbol < 256) {
      out.push(symbol);
      continue;
    }
    if (symbol > 285) throw new Wrong('length symbol');
    const length = lengthBase[symbol - 257]! + bits.read(lengthExtra[symbol - 257]!);
    const far = distances.decode(bits);
    if (far > 29) throw new Wrong('distance symbol');
    const distance = distanceBase[far]! + bits.read(distanceExtra[far]!);
    if (distance > history.length + out.length) throw new Wrong('too far back');
    for (let i = 0; i < length; i++) {
      const from = out.length - distance;
      out.push(from >= 0 ? out[from]! : history[history.length + from]!);
    }
  }
}

function readCodes(bits: Bits): { literals: Code; distances: Code } {
  const literalCount = bits.read(5) + 257;
  const distanceCount = bits.read(5) + 1;
  const codeCount = bits.read(4) + 4;
  if (literalCount > 286 || distanceCount > 30) throw new Wrong('too many symbols');
  const codeLengths = new Array<number>(19).fill(0);
  for (let i = 0; i < codeCount; i++) codeLengths[codeLengthOrder[i]!] = bits.read(3);
  const code = new Code(codeLengths, false);
  const lengths: number[] = [];
  while (lengths.length < literalCount + distanceCount) {
    const symbol = code.decode(bits);
    if (symbol < 16) {
      lengths.push(symbol);
      continue;
    }
    if (symbol === 16 && lengths.length === 0) throw new Wrong('nothing to repeat');
    const value = symbol === 16 ? lengths.at(-1)! : 0;
    const times = symbol === 16 ? 3 + bits.read(2) : symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7);
    if (lengths.length + times > literalCount + distanceCount) throw new Wrong('too many lengths');
    for (let i = 0; i < times; i++) lengths.push(value);
  }
  if (lengths[256] === 0) throw new Wrong('no end of block');
  return {
    literals: new Code(lengths.slice(0, literalCount), true),
    distances: new Code(lengths.slice(literalCount), true),
  };
}
