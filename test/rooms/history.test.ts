import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { resolveHistory } from '../../src/rooms/history';

const day = 24 * 60 * 60 * 1000;

describe('history', () => {
  for (const history of [undefined, false, 0] as const) {
    it(`keeps nothing for ${history}`, () => {
      expect(resolveHistory(history).count).to.equal(0);
    });
  }

  it('keeps so many entries, of a mebibyte and a day', () => {
    expect(resolveHistory(50)).to.deep.equal({ count: 50, bytes: 1024 * 1024, age: day });
  });

  it('takes limits of each kind, and has defaults for the others', () => {
    expect(resolveHistory({})).to.deep.equal({ count: 100, bytes: 1024 * 1024, age: day });
    expect(resolveHistory({ count: 5, bytes: 10, age: 20 })).to.deep.equal({ count: 5, bytes: 10, age: 20 });
  });

  for (const [history, words] of [
    [true, /'history' must be a number of entries, or \{ count, bytes, age \}/],
    [null, /'history' must be a number of entries/],
    ['100', /'history' must be a number of entries/],
    [-1, /'history'/],
    [1.5, /'history'/],
    [100_001, /'history'.*100000/],
    [{ count: 0 }, /'history.count'/],
    [{ bytes: 0 }, /'history.bytes'/],
    [{ age: -1 }, /'history.age'/],
    [{ size: 1 }, /'size'/],
  ] as const) {
    it(`refuses ${JSON.stringify(history)}`, () => {
      expect(() => resolveHistory(history as never)).to.throw(InvalidOptionError, words);
    });
  }
});
