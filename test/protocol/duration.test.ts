import { expect } from 'chai';
import { readDuration } from '../../src/protocol/duration';
import { InvalidOptionError } from '../../src/protocol/errors';

describe('readDuration', () => {
  for (const [given, milliseconds] of [
    [1, 1],
    [2.5, 2.5],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['24h', 86_400_000],
  ] as const) {
    it(`reads ${JSON.stringify(given)}`, () => {
      expect(readDuration('over', given)).to.equal(milliseconds);
    });
  }

  it('takes nothing for a duration where that may be', () => {
    expect(readDuration('over', 0, 0)).to.equal(0);
    expect(readDuration('over', '0s', 0)).to.equal(0);
  });

  const wrong = [0, -1, NaN, Infinity, 86_400_001, '25h', '30', 's', '', '-1s', '1e3s', '1 s', '1d', '30sec', null, {}];
  for (const given of wrong) {
    it(`refuses ${typeof given === 'number' ? given : JSON.stringify(given)}, and says what would do`, () => {
      expect(() => readDuration('over', given)).to.throw(
        InvalidOptionError,
        /^Option 'over' must be a duration from 1 ms to 24 h, in milliseconds or as '500ms', '30s', '2m' or '1h', not /,
      );
    });
  }

  it('is not slow with what goes on for ever', () => {
    expect(() => readDuration('over', '1'.repeat(1_000_000))).to.throw(InvalidOptionError);
  });
});
