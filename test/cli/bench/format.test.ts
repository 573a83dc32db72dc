import { expect } from 'chai';
import { bar, formatHistogram } from '../../../src/cli/bench/bars';
import { formatBytes, formatDuration, formatNumber, formatRate, formatShare } from '../../../src/cli/bench/format';

describe('figures', () => {
  it('have three figures, and all digits before the point', () => {
    expect([0, 0.0123, 0.5, 9.876, 12.34, 123.4, 12_345].map(formatNumber)).to.deep.equal([
      '0',
      '0.012',
      '0.5',
      '9.88',
      '12.3',
      '123',
      '12,345',
    ]);
  });

  it('of rates have all their digits', () => {
    expect([0, 3.25, 99.5, 123.6, 1_234_567].map(formatRate)).to.deep.equal(['0', '3.25', '99.5', '124', '1,234,567']);
  });

  it('of time choose their unit', () => {
    const durations = [0.00085, 0.0123, 0.85, 1, 12.34, 1000, 65_432].map(formatDuration);
    expect(durations).to.deep.equal(['850 ns', '12.3 µs', '850 µs', '1 ms', '12.3 ms', '1 s', '65.4 s']);
  });

  it('of bytes choose their unit', () => {
    expect([512, 12_345, 1.5e6, 2e9].map(formatBytes)).to.deep.equal(['512 B', '12.3 kB', '1.5 MB', '2 GB']);
  });

  it('of shares are per cent', () => {
    expect(formatShare(0.976)).to.equal('98 %');
  });
});

describe('a bar', () => {
  it('is as long as its share, to an eighth of a character', () => {
    expect([1, 0.5, 0.25, 0.0625].map((share) => bar(share, 4))).to.deep.equal(['████', '██', '█', '▎']);
  });

  it('is never nothing where there is something', () => {
    expect([bar(0.0001, 4), bar(0, 4)]).to.deep.equal(['▏', '']);
  });
});

describe('a histogram', () => {
  it('has a line for each bin, with its share', () => {
    const bins = [
      { from: 0.1, to: 0.16, count: 9990 },
      { from: 0.16, to: 0.25, count: 0 },
      { from: 0.25, to: null, count: 10 },
    ];
    expect(formatHistogram(bins, 10).split('\n')).to.deep.equal([
      '  100 µs – 160 µs   99.9 %  ██████████',
      '  160 µs – 250 µs',
      '  250 µs and more    0.1 %  ▏',
    ]);
  });

  it('does not round what is rare to nothing', () => {
    const bins = [
      { from: 1, to: 1.6, count: 1_000_000 },
      { from: 1.6, to: 2.5, count: 1 },
    ];
    expect(formatHistogram(bins)).to.contain('<0.01 %  ▏');
  });
});
