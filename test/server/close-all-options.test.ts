import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { checkCloseAll } from '../../src/server/close-all-options';

describe('checkCloseAll', () => {
  it('gives what is given, in milliseconds, and nothing else', () => {
    expect(checkCloseAll('close()', {})).to.deep.equal({});
    expect(checkCloseAll('close()', { over: '30s', code: 1012, reason: 'new', timeout: '1m' })).to.deep.equal({
      over: 30_000,
      code: 1012,
      reason: 'new',
      timeout: 60_000,
    });
    expect(checkCloseAll('close()', { over: 0 })).to.deep.equal({ over: 0 });
    expect(checkCloseAll('close()', { reason: 'without a code it is 1001' })).to.have.keys('reason');
  });

  for (const [options, words] of [
    [{ code: 1005 }, '1005'],
    [{ code: 1 }, 'must not be sent'],
    [{ reason: 'x'.repeat(124) }, '123 bytes'],
    [{ timeout: 0 }, "Option 'timeout' must be a duration"],
    [{ over: -1 }, "Option 'over' must be a duration"],
    [{ over: '25h' }, 'to 24 h'],
    [{ over: '30 seconds' }, 'not "30 seconds"'],
    [{ tiemout: 5 }, "'timeout'?"],
    [null, 'must be an object'],
  ] as const) {
    it(`refuses ${JSON.stringify(options).slice(0, 40)}`, () => {
      expect(() => checkCloseAll('close()', options as never)).to.throw(InvalidOptionError, words);
    });
  }
});
