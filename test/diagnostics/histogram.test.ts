import { expect } from 'chai';
import { Histogram } from '../../src/diagnostics/histogram';

describe('Histogram', () => {
  it('counts in each bucket what is no larger than its bound', () => {
    const histogram = new Histogram([1, 2, 5]);
    for (const value of [0.5, 1, 1.5, 5, 6]) histogram.observe(value);
    expect(histogram.snapshot()).to.deep.equal({
      buckets: [
        { le: 1, count: 2 },
        { le: 2, count: 3 },
        { le: 5, count: 4 },
      ],
      count: 5,
      sum: 14,
    });
  });

  it('gives snapshots that do not change any more', () => {
    const histogram = new Histogram([1]);
    const before = histogram.snapshot();
    histogram.observe(1);
    expect(before).to.deep.equal({ buckets: [{ le: 1, count: 0 }], count: 0, sum: 0 });
  });
});
