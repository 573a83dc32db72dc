import { expect } from 'chai';
import { Tally } from '../../src/server/tally';

describe('Tally', () => {
  it('counts each name, and forgets one that has none', () => {
    const tally = new Tally();
    tally.add('a');
    tally.add('a');
    tally.add('b');
    expect([tally.of('a'), tally.of('b'), tally.of('c'), tally.size]).to.deep.equal([2, 1, 0, 2]);
    tally.remove('a');
    tally.remove('b');
    expect([tally.of('a'), tally.of('b'), tally.size]).to.deep.equal([1, 0, 1]);
    tally.remove('a');
    expect(tally.size).to.equal(0);
  });

  it('knows no name that every object has', () => {
    expect(new Tally().of('constructor')).to.equal(0);
  });
});
