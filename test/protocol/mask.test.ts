import { expect } from 'chai';
import { applyMask, freshMaskingKey, readMaskingKey, unmaskShort, writeMaskingKey } from '../../src/protocol/mask';
import { seededRandom } from './support/chunks';
import { hex, maskedByTheByte } from './support/frames';

const keyBytes = [0x37, 0xfa, 0x21, 0x9d] as const;
const key = readMaskingKey(Uint8Array.from(keyBytes), 0);
const random = seededRandom(5);
const noise = Buffer.from(Array.from({ length: 4096 }, () => random(256)));

/** Lengths on both sides of every step of the algorithm: words, eight words, and where words begin to pay. */
const lengths = [...Array.from({ length: 40 }, (_, i) => i), ...range(120, 172), 255, 256, 257, 1023, 1024, 1029];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

describe('applyMask', () => {
  it('does as section 5.3 says, for every alignment, length and phase, and touches no other byte', () => {
    for (const alignment of range(0, 8)) {
      for (const length of lengths) {
        for (const phase of range(0, 4)) {
          const bytes = Buffer.alloc(length + 24, 0xaa);
          const area = bytes.subarray(alignment);
          noise.copy(area, 3, 0, length);
          applyMask(area, 3, 3 + length, key, phase);
          const expected = Buffer.alloc(length + 24, 0xaa);
          maskedByTheByte(noise.subarray(0, length), keyBytes, phase).copy(expected, alignment + 3);
          if (!bytes.equals(expected)) {
            expect.fail(`wrong at alignment ${alignment}, length ${length}, phase ${phase}`);
          }
        }
      }
    }
  });

  it('undoes itself', () => {
    const bytes = Buffer.from(noise);
    applyMask(bytes, 0, bytes.length, key, 2);
    expect(bytes.equals(noise)).to.equal(false);
    applyMask(bytes, 0, bytes.length, key, 2);
    expect(bytes.equals(noise)).to.equal(true);
  });

  it('may be applied piece by piece, each with its phase', () => {
    const bytes = Buffer.from(noise);
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + random(300));
      applyMask(bytes, at, end, key, at);
      at = end;
    }
    expect(bytes.equals(maskedByTheByte(noise, keyBytes))).to.equal(true);
  });

  it('takes phases beyond four, also beyond 2^31', () => {
    for (const phase of [4, 5, 1021, 2 ** 31 + 3, 2 ** 32 + 2, 2 ** 40 + 1]) {
      const bytes = Buffer.from(noise.subarray(0, 200));
      applyMask(bytes, 0, 200, key, phase);
      expect(bytes.equals(maskedByTheByte(noise.subarray(0, 200), keyBytes, phase)), String(phase)).to.equal(true);
    }
  });

  it('takes every kind of key', () => {
    for (const each of ['00000000', 'ffffffff', '80000000', '00000080', '7fffffff', 'ffffff7f']) {
      const bytes = Buffer.from(noise.subarray(0, 300));
      applyMask(bytes, 0, 300, readMaskingKey(hex(each), 0));
      expect(bytes.equals(maskedByTheByte(noise.subarray(0, 300), hex(each))), each).to.equal(true);
    }
  });
});

describe('unmaskShort', () => {
  it('does as applyMask does, for every length and place', () => {
    for (const start of range(0, 5)) {
      for (const length of range(0, 126)) {
        const bytes = Buffer.alloc(length + 10, 0xaa);
        noise.copy(bytes, start, 0, length);
        const expected = Buffer.alloc(length + 10, 0xaa);
        maskedByTheByte(noise.subarray(0, length), keyBytes).copy(expected, start);
        unmaskShort(bytes, start, start + length, key);
        if (!bytes.equals(expected)) expect.fail(`wrong at ${start}, length ${length}`);
      }
    }
  });

  it('says whether the payload is ASCII, wherever its one other byte is', () => {
    for (const length of range(0, 20)) {
      const ascii = Buffer.alloc(length, 0x7f);
      const masked = maskedByTheByte(ascii, keyBytes);
      expect(unmaskShort(masked, 0, length, key), `${length} letters`).to.equal(true);
      for (let at = 0; at < length; at++) {
        const other = Buffer.from(ascii);
        other[at] = 0x80;
        expect(unmaskShort(maskedByTheByte(other, keyBytes), 0, length, key), `${at} of ${length}`).to.equal(false);
      }
    }
  });
});

describe('masking keys', () => {
  it('are written as they are read', () => {
    for (const each of ['00000000', '37fa213d', 'ffffffff', '000000ff', 'ff000000', '80808080']) {
      const bytes = Buffer.alloc(6, 0xaa);
      writeMaskingKey(bytes, 1, readMaskingKey(hex(`00${each}`), 1));
      expect(bytes.toString('hex')).to.equal(`aa${each}aa`);
    }
  });

  it('are fresh for each frame, and do not come round when the pool is filled again', () => {
    const keys = Array.from({ length: 10_000 }, () => freshMaskingKey());
    // Of 10,000 random numbers of 32 bits, two are the same in one run of a hundred; ten never are.
    expect(new Set(keys).size).to.be.greaterThan(9_990);
    for (const each of keys) if (!Number.isInteger(each) || each !== (each | 0)) expect.fail(`no key: ${each}`);
  });
});
