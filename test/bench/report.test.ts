import { expect } from 'chai';
import { formatCount, formatMicroseconds, formatTable } from '../../bench/format';
import { formatScenario } from '../../bench/report';
import { scenarios } from '../../bench/scenarios';

const scenario = scenarios.find(({ name }) => name === 'echo-32x32')!;

describe('bench report', () => {
  it('writes figures with three digits', () => {
    expect([0, 999, 1_234, 12_345, 123_456, 1_234_567].map(formatCount)).to.deep.equal([
      '0',
      '999',
      '1.23 k',
      '12.3 k',
      '123 k',
      '1.23 M',
    ]);
    expect([850, 1_250].map(formatMicroseconds)).to.deep.equal(['850 µs', '1.3 ms']);
  });

  it('aligns names to the left and figures to the right', () => {
    const rows = [
      ['', 'n'],
      ['ab', '1'],
      ['a', '10'],
    ];
    expect(formatTable(rows)).to.equal('       n\n  ab   1\n  a   10');
  });

  it('shows the ratio to each peer, per second and per second of processor time, and whether the goal is met', () => {
    const text = formatScenario({
      scenario,
      samples: new Map([
        ['switchboard', [{ value: 1_200, serverCpu: 0.5, generatorCpu: 0.3 }]],
        ['ws', [{ value: 100, serverCpu: 1, generatorCpu: 0.1 }]],
      ]),
      failures: [],
    });
    expect(text).to.match(/ws +100 +100 – 100 +12\.0 \(12\.0 – 12\.0\) +24\.0 \(24\.0 – 24\.0\) +100 % +10 %/);
    expect(text).to.contain('goal: at least 10 × ws: 12.0 ×, reached (per CPU second: 24.0 ×)');
  });

  it('says what failed, and judges no goal without figures', () => {
    const text = formatScenario({
      scenario,
      samples: new Map([
        ['switchboard', [undefined]],
        ['ws', [{ value: 100 }]],
      ]),
      failures: [{ peer: 'switchboard', round: 1, reason: 'it ended' }],
    });
    expect(text).to.contain('switchboard failed in round 1: it ended').and.not.contain('goal');
  });
});
