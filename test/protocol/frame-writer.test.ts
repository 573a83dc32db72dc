import { expect } from 'chai';
import { frameBound, writeFrame } from '../../src/protocol/frame-writer';
import { readMaskingKey } from '../../src/protocol/mask';
import { encode, hex, text } from './support/frames';

const keyBytes = [0x37, 0xfa, 0x21, 0x3d] as const;
const key = readMaskingKey(Uint8Array.from(keyBytes), 0);

/** Encodes at an odd place, and says whether anything beside the frame was touched. */
function written(first: number, payload: string | Uint8Array, masked: boolean): string {
  const bound = frameBound(payload);
  const target = Buffer.alloc(bound + 7, 0xaa);
  const end = writeFrame(target, 7, first, payload, masked ? key : undefined);
  if (end > 7 + bound) expect.fail('the frame is longer than frameBound said');
  for (let i = 0; i < 7; i++) if (target[i] !== 0xaa) expect.fail('bytes before the frame were touched');
  return target.subarray(7, end).toString('hex');
}

describe('writeFrame', () => {
  it('writes the examples of section 5.7', () => {
    expect(written(0x81, 'Hello', false)).to.equal('810548656c6c6f');
    expect(written(0x81, 'Hello', true)).to.equal('818537fa213d7f9f4d5158');
    expect(written(0x01, 'Hel', false)).to.equal('010348656c');
    expect(written(0x80, 'lo', false)).to.equal('80026c6f');
    expect(written(0x89, 'Hello', false)).to.equal('890548656c6c6f');
    expect(written(0x82, Buffer.alloc(256), false)).to.equal(`827e0100${'00'.repeat(256)}`);
    expect(written(0x82, Buffer.alloc(65_536), false)).to.equal(`827f0000000000010000${'00'.repeat(65_536)}`);
  });

  const lengths = [0, 1, 41, 42, 62, 63, 124, 125, 126, 127, 21_845, 21_846, 32_767, 32_768, 65_535, 65_536, 70_000];
  for (const [what, letter] of [
    ['one-byte', 'x'],
    ['two-byte', 'é'],
    ['three-byte', '€'],
    ['surrogate-pair', '👋'],
  ] as const) {
    it(`writes strings of ${what} characters, whose header may turn out longer than their length promised`, () => {
      for (const length of lengths) {
        const payload = letter.repeat(length / letter.length);
        for (const masked of [false, true]) {
          const expected = encode(text(payload, { key: keyBytes }), masked ? 'server' : 'client');
          if (written(0x81, payload, masked) !== expected.toString('hex')) {
            expect.fail(`wrong for ${length} units, masked: ${masked}`);
          }
        }
      }
    });
  }

  it('writes bytes of every length on both sides of a boundary', () => {
    for (const length of lengths) {
      const payload = Buffer.alloc(length, 0x5a);
      for (const masked of [false, true]) {
        const expected = encode({ opcode: 1, payload, key: keyBytes }, masked ? 'server' : 'client');
        if (written(0x81, payload, masked) !== expected.toString('hex')) expect.fail(`wrong for ${length} bytes`);
      }
    }
  });

  it('writes half a surrogate pair as the replacement character', () => {
    expect(written(0x81, 'a\ud83d', false)).to.equal('810461efbfbd');
  });

  it('masks a copy: the caller’s bytes stay as they are', () => {
    const payload = Buffer.from('Hello');
    written(0x82, payload, true);
    expect(payload.toString()).to.equal('Hello');
  });

  it('takes a Uint8Array that is no Buffer', () => {
    expect(written(0x82, Uint8Array.from([1, 2, 3]), false)).to.equal('8203010203');
    expect(written(0x82, new Uint8Array(hex('00010203').buffer, 0, 0), false)).to.equal('8200');
  });
});
