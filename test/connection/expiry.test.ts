import { expect } from 'chai';
import { readExpiry } from '../../src/connection/expiry';
import { InvalidOptionError } from '../../src/protocol/errors';

describe('readExpiry', () => {
  it('takes a Date, milliseconds, and null', () => {
    expect(readExpiry(new Date(1_800_000_000_000))).to.equal(1_800_000_000_000);
    expect(readExpiry(1_800_000_000_000)).to.equal(1_800_000_000_000);
    expect(readExpiry(null)).to.equal(null);
    // A Date says what it is.
    expect(readExpiry(new Date(0))).to.equal(0);
  });

  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, '2030-01-01', {}, new Date('never')]) {
    it(`refuses ${value instanceof Date ? 'a Date that is none' : typeof value === 'object' ? '{}' : String(value)}`, () => {
      expect(() => readExpiry(value)).to.throw(InvalidOptionError, 'must be a Date, milliseconds since 1970, or null');
    });
  }

  it('refuses seconds, and says so', () => {
    expect(() => readExpiry(1_800_000_000)).to.throw(InvalidOptionError, /seems to be in seconds.*multiply it by 1000/);
  });
});
