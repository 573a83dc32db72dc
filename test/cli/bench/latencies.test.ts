import { expect } from 'chai';
import { Latencies } from '../../../src/cli/bench/latencies';

function recorded(...latencies: number[]): Latencies {
  const all = new Latencies();
  for (const latency of latencies) all.record(latency);
  return all;
}

describe('latencies', () => {
  it('are nothing as long as nothing was recorded', () => {
    expect(new Latencies().summary()).to.equal(null);
  });

  it('have percentiles, true to three figures', () => {
    const summary = recorded(...Array.from({ length: 1000 }, (_, index) => (index + 1) / 10)).summary()!;
    const expected = { count: 1000, min: 0.1, mean: 50.05, p50: 50, p90: 90, p99: 99, p999: 99.9, max: 100 };
    for (const [name, value] of Object.entries(expected)) {
      expect(summary[name as keyof typeof expected], name).to.be.closeTo(value, value / 1000);
    }
  });

  it('stand in bins whose sum is their number, from the first to the last that has any', () => {
    const { count, histogram } = recorded(0.1, 0.159, 0.16, 0.9, 1).summary()!;
    expect(histogram).to.deep.equal([
      { from: 0.1, to: 0.16, count: 2 },
      { from: 0.16, to: 0.25, count: 1 },
      { from: 0.25, to: 0.4, count: 0 },
      { from: 0.4, to: 0.63, count: 0 },
      { from: 0.63, to: 1, count: 1 },
      { from: 1, to: 1.6, count: 1 },
    ]);
    expect(count).to.equal(5);
  });

  it('below the first bound and above the last have bins as well', () => {
    const { histogram, max } = recorded(0, 0.0005, 10_000_000).summary()!;
    expect(histogram[0]).to.deep.equal({ from: 0, to: 0.001, count: 2 });
    expect(histogram.at(-1)).to.deep.equal({ from: 630_000, to: null, count: 1 });
    expect(max).to.be.closeTo(3_600_000, 3600);
  });

  it('are forgotten', () => {
    const all = recorded(1, 2, 3);
    all.reset();
    expect(all.summary()).to.equal(null);
    all.record(5);
    expect(all.summary()).to.include({ count: 1 });
    expect(all.summary()!.histogram).to.deep.equal([{ from: 4, to: 6.3, count: 1 }]);
  });
});
