import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { encodedLimit, tooBig, tooManyFragments } from '../../src/protocol/message-limits';

describe('encodedLimit', () => {
  for (const size of [0, 1, 1000, 70_000, 1_000_000]) {
    it(`leaves room for whatever zlib makes of ${size} bytes that cannot be made smaller`, () => {
      const noise = randomBytes(size);
      for (const level of [0, 1, 9])
        for (const memLevel of [1, 9]) {
          const deflated = deflateRawSync(noise, { level, memLevel, finishFlush: constants.Z_SYNC_FLUSH });
          if (size > 0) expect(deflated.length).to.be.above(size);
          expect(deflated.length).to.be.at.most(encodedLimit(size, 1));
        }
    });
  }
});

describe('encodedLimit of fragments', () => {
  it('leaves room for the flush of each', () => {
    const flush = deflateRawSync('a', { finishFlush: constants.Z_SYNC_FLUSH }).length - 1;
    expect(encodedLimit(0, 1000) - encodedLimit(0, 0)).to.be.at.least(1000 * flush);
  });
});

describe('limits of messages', () => {
  it('are named where they are reached, and the connection is failed with 1009', () => {
    expect(tooBig(11, 10, 'maxMessageSize')).to.include({
      code: 'MESSAGE_TOO_BIG',
      closeCode: 1009,
      message: 'A message of at least 11 bytes is larger than maxMessageSize (10 bytes)',
    });
    expect(tooManyFragments(5)).to.include({ code: 'TOO_MANY_FRAGMENTS', closeCode: 1009 });
  });
});
