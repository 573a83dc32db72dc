import { expect } from 'chai';
import { differenceOf, ratioOf, spreadOf } from '../../bench/statistics';

describe('bench statistics', () => {
  it('takes the middle one of an odd number, and the mean of the two middle ones of an even number', () => {
    expect(spreadOf([9, 1, 5])).to.deep.equal({ median: 5, min: 1, max: 9 });
    expect(spreadOf([4, 1, 2, 9])).to.deep.equal({ median: 3, min: 1, max: 9 });
  });

  it('orders numbers as numbers', () => {
    expect(spreadOf([100, 20, 3])).to.deep.equal({ median: 20, min: 3, max: 100 });
  });

  it('refuses an empty list', () => {
    expect(() => spreadOf([])).to.throw(RangeError, 'at least one');
  });

  it('compares neighbours in time, and leaves out rounds that one of them lacks', () => {
    // The machine was twice as slow in the second round: that must not show in the ratio.
    expect(ratioOf([100, 50, undefined, 100], [10, 5, 10, undefined])).to.deep.equal({ median: 10, min: 10, max: 10 });
    expect(ratioOf([undefined], [1])).to.equal(undefined);
  });

  it('tells how much more ours is, round by round', () => {
    expect(differenceOf([4_600, undefined, 4_400], [4_000, 4_000, 4_100])).to.deep.equal({
      median: 450,
      min: 300,
      max: 600,
    });
  });
});
