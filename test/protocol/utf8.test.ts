import { expect } from 'chai';
import { decodeUtf8, validUtf8Until } from '../../src/protocol/utf8';
import { seededRandom } from './support/chunks';
import { readByGrammar } from './support/utf8-reference';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function byTextDecoder(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** What `validUtf8Until` must say, by the grammar of RFC 3629. */
function expected(bytes: Uint8Array): number {
  const { wrongAt, wholeUntil } = readByGrammar(bytes);
  return wrongAt === -1 ? wholeUntil : -1;
}

function check(bytes: Buffer): void {
  const name = bytes.toString('hex');
  if (validUtf8Until(bytes, 0, bytes.length) !== expected(bytes)) expect.fail(`validUtf8Until is wrong about ${name}`);
  if (decodeUtf8(bytes, 0, bytes.length) !== byTextDecoder(bytes)) expect.fail(`decodeUtf8 is wrong about ${name}`);
}

describe('UTF-8', () => {
  it('is told right for every byte, and for every lead and second byte', () => {
    for (let lead = 0; lead < 256; lead++) {
      check(Buffer.from([lead]));
      for (let second = 0; second < 256; second++) check(Buffer.from([lead, second]));
    }
  });

  it('is told right for every lead and second byte with the tails that follow', () => {
    for (let lead = 0xc0; lead < 256; lead++) {
      for (let second = 0x70; second < 0xd0; second++) {
        for (const tail of [[0x80], [0xbf], [0x61], [0xc3], [0x80, 0x80], [0xbf, 0xbf], [0x80, 0x61], [0x80, 0xc3]]) {
          check(Buffer.from([lead, second, ...tail]));
        }
      }
    }
  });

  it('is told right for every character there is', () => {
    for (let code = 0; code <= 0x10ffff; code += 64) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const all = String.fromCodePoint(...Array.from({ length: 64 }, (_, i) => code + i));
      const bytes = Buffer.from(all);
      if (validUtf8Until(bytes, 0, bytes.length) !== bytes.length || decodeUtf8(bytes, 0, bytes.length) !== all) {
        expect.fail(`wrong between U+${code.toString(16)} and the 64th after it`);
      }
    }
  });

  it('is told right for random bytes of the kinds that matter', () => {
    const random = seededRandom(11);
    const kinds = [
      0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4,
    ];
    for (let round = 0; round < 20_000; round++) {
      check(Buffer.from(Array.from({ length: random(9) }, () => kinds[random(kinds.length)]!)));
    }
  });

  it('fails at the first wrong byte, when bytes come one by one', () => {
    const random = seededRandom(12);
    for (let round = 0; round < 3_000; round++) {
      const bytes = Buffer.from('aé€𝄞z€é'.repeat(2));
      bytes[random(bytes.length)] = random(256);
      const { wrongAt } = readByGrammar(bytes);
      let failedAt = -1;
      for (let end = 1, from = 0; end <= bytes.length && failedAt === -1; end++) {
        from = validUtf8Until(bytes, from, end);
        if (from === -1) failedAt = end - 1;
      }
      if (failedAt !== wrongAt) expect.fail(`${bytes.toString('hex')} failed at ${failedAt}, not at ${wrongAt}`);
    }
  });

  it('looks only at its range', () => {
    const bytes = Buffer.from('ff61c3a4e282ff', 'hex');
    expect(validUtf8Until(bytes, 1, 4)).to.equal(4);
    expect(validUtf8Until(bytes, 1, 6)).to.equal(4);
    expect(validUtf8Until(bytes, 1, 7)).to.equal(-1);
    expect(validUtf8Until(bytes, 4, 4)).to.equal(4);
    expect(decodeUtf8(bytes, 1, 4)).to.equal('aä');
    expect(decodeUtf8(bytes, 1, 2)).to.equal('a');
    expect(decodeUtf8(bytes, 1, 1)).to.equal('');
    expect(decodeUtf8(bytes, 1, 5)).to.equal(undefined);
  });

  it('keeps a byte order mark', () => {
    expect(decodeUtf8(Buffer.from('efbbbf61', 'hex'), 0, 4)).to.equal('\ufeffa');
  });
});
