import { expect } from 'chai';
import { hintIn, isFinal, retryDelay } from '../../src/browser/retry';

const delays = { firstRetryDelay: 500, maxRetryDelay: 20_000 };
const lost = { code: 1006, reason: '' };

describe('browser retry', () => {
  it('draws a delay between 0 and a limit that doubles from 0.5 s to 20 s', () => {
    const limits = Array.from({ length: 8 }, (_, failures) => retryDelay(failures, lost, delays, () => 1));
    expect(limits).to.deep.equal([500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
    expect(retryDelay(3, lost, delays, () => 0)).to.equal(0);
    expect(retryDelay(3, lost, delays, () => 0.25)).to.equal(1000);
    expect(retryDelay(5_000, lost, delays, () => 1)).to.equal(20_000);
  });

  for (const code of [1002, 1003, 1007, 1009, 1010, 1012, 1013]) {
    it(`begins with 5 s after ${code}`, () => {
      const limits = [0, 1, 2, 3].map((failures) => retryDelay(failures, { code, reason: '' }, delays, () => 1));
      expect(limits).to.deep.equal([5000, 10_000, 20_000, 20_000]);
    });
  }

  for (const code of [1000, 1001, 1005, 1006, 1011, 1014, 1015, 3000, 3999]) {
    it(`begins with 0.5 s after ${code}`, () => {
      expect(isFinal({ code, reason: '' })).to.equal(false);
      expect(retryDelay(0, { code, reason: '' }, delays, () => 1)).to.equal(500);
    });
  }

  for (const code of [1008, 4000, 4401, 4999]) {
    it(`does not come back after ${code}, unless the server says when`, () => {
      expect(isFinal({ code, reason: 'no' })).to.equal(true);
      expect(isFinal({ code, reason: 'retry-after=2' })).to.equal(false);
    });
  }

  it('comes back after 4401 where there are new credentials each time, and after nothing else for that', () => {
    expect(isFinal({ code: 4401, reason: '' }, true)).to.equal(false);
    for (const code of [1008, 4000, 4403]) expect(isFinal({ code, reason: '' }, true)).to.equal(true);
  });

  it('comes back after 5000, which is nobody’s', () => {
    expect(isFinal({ code: 5000, reason: '' })).to.equal(false);
  });

  it('adds the hint of the server to what is drawn', () => {
    const closure = { code: 1012, reason: 'retry-after=2.5' };
    expect(retryDelay(0, closure, delays, () => 0)).to.equal(2500);
    expect(retryDelay(0, closure, delays, () => 1)).to.equal(7500);
    expect(retryDelay(0, { ...closure, code: 1001 }, delays, () => 0.5)).to.equal(2750);
  });

  for (const [reason, hint] of [
    ['retry-after=30', 30],
    ['restarting, retry-after=0.5', 0.5],
    ['Retry-After=7; deploy', 7],
    ['retry-after=99999999999', 86_400],
    ['retry-after=0', 0],
    ['retry-after=soon', undefined],
    ['retry-after=-1', undefined],
    ['no-retry-after=3', undefined],
    ['', undefined],
  ] as const) {
    it(`reads ${hint ?? 'no hint'} in ${JSON.stringify(reason)}`, () => {
      expect(hintIn(reason)).to.equal(hint);
    });
  }
});
