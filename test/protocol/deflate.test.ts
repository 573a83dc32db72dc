import { constants, inflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { deflate } from '../../src/protocol/deflate';

const none = Buffer.alloc(0);
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** What a receiver makes of it whose window is just as large as was agreed. */
function inflated(payload: Buffer, dictionary: Buffer, windowBits: number): Buffer {
  const options = { windowBits, finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 24 };
  return inflateRawSync(Buffer.concat([payload, tail]), dictionary.length > 0 ? { ...options, dictionary } : options);
}

function words(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, x = seed; i < length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    bytes[i] = 97 + ((x >>> 16) % 6);
  }
  return bytes;
}

describe('deflate', () => {
  it('says Hello as RFC 7692, section 7.2.3.1, does', () => {
    expect(deflate(Buffer.from('Hello'), none, 6, 15, true).toString('hex')).to.equal('f248cdc9c90700');
  });

  it('refers to the message before as in section 7.2.3.2', () => {
    const hello = Buffer.from('Hello');
    expect(deflate(hello, hello, 6, 15, true).toString('hex')).to.equal('f200110000');
  });

  it('makes one byte of nothing (section 7.2.3.6), and nothing of an empty fragment', () => {
    expect(deflate(none, none, 6, 15, true).toString('hex')).to.equal('00');
    expect(deflate(none, none, 6, 15, false)).to.have.length(0);
  });

  for (const windowBits of [9, 10, 11, 12, 13, 14, 15]) {
    it(`stays in a window of 2^${windowBits} bytes, at every level`, () => {
      for (const level of [1, 3, 6, 9])
        for (const size of [1, 100, 700, 5000, 40_000])
          for (const known of [0, 1, 511, 512, 4096, 32_768]) {
            // What is said again lies just within, or just beyond, what may be referred to.
            const payload = words(size);
            const dictionary = Buffer.concat([words(Math.max(0, known - size), 7), payload]).subarray(-known || size);
            const deflated = deflate(payload, dictionary, level, windowBits, true);
            expect(inflated(deflated, dictionary, windowBits).equals(payload), `${level} ${size} ${known}`).to.equal(
              true,
            );
          }
    });
  }

  it('leaves the tail on what is not the last piece, so that pieces follow each other', () => {
    const pieces = [words(10), none, words(3000, 5), words(1)];
    let before = none;
    const deflated = pieces.map((piece, index) => {
      const bytes = deflate(piece, before, 6, 15, index === pieces.length - 1);
      before = Buffer.concat([before, piece]);
      return bytes;
    });
    expect(deflated[0]!.subarray(-4).equals(tail)).to.equal(true);
    expect(inflated(Buffer.concat(deflated), none, 15).equals(Buffer.concat(pieces))).to.equal(true);
  });
});
