import { constants, deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { InvalidPayloadError, MessageTooBigError } from '../../src/protocol/errors';
import { inflate } from '../../src/protocol/inflate';

const none = Buffer.alloc(0);
const limit = 1024 * 1024;

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** Deflated and flushed as an application with a zlib stream does it. */
function flushed(text: string | Buffer, options: Parameters<typeof deflateRawSync>[1] = {}): Buffer {
  const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH, ...options });
  return deflated.subarray(0, -4);
}

describe('inflate', () => {
  // RFC 7692, section 7.2.3.
  const examples: Array<[title: string, payload: string, dictionary?: string]> = [
    ['one compressed block (7.2.3.1)', 'f2 48 cd c9 c9 07 00'],
    ['what refers to the message before (7.2.3.2)', 'f2 00 11 00 00', 'Hello'],
    ['a block without compression (7.2.3.3)', '00 05 00 fa ff 48 65 6c 6c 6f 00'],
    ['a block that says it is the last (7.2.3.4)', 'f3 48 cd c9 c9 07 00 00'],
    ['two blocks (7.2.3.5)', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00'],
    ['a last block with nothing behind it', 'f3 48 cd c9 c9 07 00'],
  ];
  for (const [title, payload, dictionary = ''] of examples) {
    it(title, () => {
      expect(inflate(hex(payload), Buffer.from(dictionary), limit).toString()).to.equal('Hello');
    });
  }

  it('the empty message, of one byte (7.2.3.6) or of none', () => {
    expect(inflate(hex('00'), none, limit)).to.have.length(0);
    expect(inflate(none, none, limit)).to.have.length(0);
  });

  it('streams that ended, one behind the other, each of which may refer to all before', () => {
    const words = ['switchboard ', 'switchboard, ', 'a switchboard'];
    let before = 'operator at the switchboard';
    const payload = Buffer.concat(
      words.map((word) => {
        const stream = deflateRawSync(word, { dictionary: Buffer.from(before) });
        before += word;
        return stream;
      }),
    );
    const dictionary = Buffer.from('operator at the switchboard');
    expect(inflate(payload, dictionary, limit).toString()).to.equal(words.join(''));
  });

  for (const [name, strategy] of [
    ['default', constants.Z_DEFAULT_STRATEGY],
    ['fixed codes', constants.Z_FIXED],
    ['Huffman only', constants.Z_HUFFMAN_ONLY],
    ['run lengths', constants.Z_RLE],
    ['filtered', constants.Z_FILTERED],
  ] as const) {
    it(`every level, with ${name}`, () => {
      const text = 'All work and no play. '.repeat(500);
      for (let level = 0; level <= 9; level++) {
        expect(inflate(flushed(text, { level, strategy }), none, limit).toString()).to.equal(text);
        expect(inflate(flushed(text, { level, strategy, memLevel: 1 }), none, limit).toString()).to.equal(text);
      }
    });
  }

  it('every window, with a dictionary as long as it', () => {
    const bytes = Buffer.from(Array.from({ length: 80_000 }, (_, i) => (i * 7919) >>> (i % 11)));
    for (let windowBits = 9; windowBits <= 15; windowBits++) {
      const dictionary = bytes.subarray(0, 2 ** windowBits);
      const deflated = flushed(bytes.subarray(100), { windowBits, dictionary });
      expect(inflate(deflated, dictionary, limit).equals(bytes.subarray(100))).to.equal(true);
    }
  });

  it('results from nothing to beyond all of its buffers', () => {
    for (const size of [1, 1023, 1024, 1025, 65_535, 65_536, 65_537, 131_072, 1_000_000]) {
      const zeros = Buffer.alloc(size);
      expect(inflate(flushed(zeros), none, size).equals(zeros), `${size}`).to.equal(true);
    }
  });

  describe('refuses', () => {
    it('what ends in the middle of a block, wherever it is cut', () => {
      const whole = flushed('The quick brown fox jumps over the lazy dog, and the dog sleeps on.', { level: 9 });
      for (let length = 1; length < whole.length; length++) {
        expect(() => inflate(whole.subarray(0, length), none, limit), `${length} bytes`)
          .to.throw(InvalidPayloadError)
          .with.property('code', 'INVALID_DEFLATE');
      }
    });

    for (const [title, payload, dictionary = ''] of [
      ['a reserved kind of block', '07 00'],
      ['a stored block whose lengths disagree', '00 05 00 05 00 48 65 6c 6c 6f 00'],
      ['a reference to before the beginning', 'f2 00 11 00 00'],
      ['a reference to before what is known', 'f2 00 11 00 00', 'Hel'],
      ['random bytes', 'ff ff ff ff ff ff'],
      ['a last block, stored, that is cut', '01 05 00 fa ff 48 65 6c'],
      ['a last block, stored, that is cut behind another', 'f3 48 cd c9 c9 07 00 01 05 00 fa ff 48 65 6c'],
      ['what comes behind a last block and is no block', 'f3 48 cd c9 c9 07 00 ff ff'],
    ] as Array<[string, string, string?]>) {
      it(title, () => {
        expect(() => inflate(hex(payload), Buffer.from(dictionary), limit))
          .to.throw(InvalidPayloadError)
          .with.property('code', 'INVALID_DEFLATE');
      });
    }

    it('what inflates beyond the limit by a byte', () => {
      for (const size of [1, 2, 1000, 70_000]) {
        const deflated = flushed(Buffer.alloc(size, 'x'));
        expect(inflate(deflated, none, size)).to.have.length(size);
        if (size === 1) continue;
        expect(() => inflate(deflated, none, size - 1))
          .to.throw(MessageTooBigError, `more than maxMessageSize (${size - 1} bytes)`)
          .with.property('code', 'MESSAGE_TOO_BIG');
      }
    });

    it('what inflates beyond the limit only together with what came before a last block', () => {
      const ten = deflateRawSync('ten bytes.');
      expect(inflate(Buffer.concat([ten, ten]), none, 20).toString()).to.equal('ten bytes.ten bytes.');
      expect(() => inflate(Buffer.concat([ten, ten]), none, 19)).to.throw(MessageTooBigError, '(19 bytes)');
      expect(() => inflate(Buffer.concat([ten, deflateRawSync('!')]), none, 10)).to.throw(MessageTooBigError);
      expect(inflate(Buffer.concat([ten, deflateRawSync('')]), none, 10)).to.have.length(10);
    });

    it('a bomb, without inflating it whole', () => {
      const bomb = flushed(Buffer.alloc(64 * 1024 * 1024));
      const before = process.memoryUsage().arrayBuffers;
      expect(() => inflate(bomb, none, 1000)).to.throw(MessageTooBigError);
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(1024 * 1024);
    });

    it('more last blocks than any sender makes', () => {
      const empty = hex('03 00');
      expect(inflate(Buffer.concat(Array(256).fill(empty)), none, limit)).to.have.length(0);
      expect(() => inflate(Buffer.concat(Array(257).fill(empty)), none, limit))
        .to.throw(MessageTooBigError, 'more than 256 final blocks')
        .with.property('code', 'TOO_MANY_BLOCKS');
    });
  });
});
