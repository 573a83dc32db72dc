import { expect } from 'chai';
import { formatCount, formatMicroseconds, formatTable } from '../../bench/format';
import { formatScenario } from '../../bench/report';
import type { ScenarioResult } from '../../bench/results';
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
      samples: {
        switchboard: [{ value: 1_200, serverCpu: 0.5, generatorCpu: 0.3 }],
        ws: [{ value: 100, serverCpu: 1, generatorCpu: 0.1 }],
      },
      failures: [],
    });
    expect(text).to.match(/ws +100 +100 – 100 +12\.0 \(12\.0 – 12\.0\) +24\.0 \(24\.0 – 24\.0\) +100 % +10 %/);
    expect(text).to.contain('goal: at least 15 × ws: 12.0 ×, MISSED (per CPU second: 24.0 ×)');
  });

  it('says what failed, and judges no goal without figures', () => {
    const text = formatScenario({
      scenario,
      samples: { switchboard: [undefined], ws: [{ value: 100 }] },
      failures: [{ peer: 'switchboard', round: 1, reason: 'it ended' }],
    });
    expect(text).to.contain('switchboard failed in round 1: it ended').and.not.contain('goal');
  });

  it('judges memory by how much more it is, also than in an earlier scenario', () => {
    const plain = resultOf('idle-10000', { switchboard: 4_600, net: 4_000 });
    const compressed = resultOf('idle-deflate', { switchboard: 5_700 });
    expect(formatScenario(plain)).to.contain('goal: at most 500 more than net: 600 more, MISSED');
    expect(formatScenario(compressed, [plain])).to.contain(
      'goal: at most 1000 more than switchboard in idle-10000: 1100 more, MISSED',
    );
    expect(formatScenario(compressed)).to.not.contain('goal');
  });

  it('shows the percentiles of a latency, and how many messages were due', () => {
    const latency = { p50: 100, p90: 200, p99: 1_500, p999: 20_000 };
    const text = formatScenario({
      scenario: scenarios.find(({ name }) => name === 'latency-half-ws')!,
      samples: { ws: [{ value: 1_500, rate: 25_000, latency }] },
      failures: [],
    });
    expect(text).to.match(/p99 +min – max +messages\/s +p50 +p90 +p99\.9\n/);
    expect(text).to.match(/ws +1\.5 ms +1\.5 ms – 1\.5 ms +25\.0 k +100 µs +200 µs +20\.0 ms/);
  });

  it('judges how rooms are joined and left, and the memory of each, beside fewer of them', () => {
    const result = (name: string, value: number, leavesPerSecond: number, bytesPerRoom: number): ScenarioResult => ({
      scenario: scenarios.find((one) => one.name === name)!,
      samples: { switchboard: [{ value, leavesPerSecond, bytesPerRoom, serverCpu: 1 }] },
      failures: [],
    });
    const text = formatScenario(result('rooms-100k', 900_000, 400_000, 350), [
      result('rooms-10k', 1_000_000, 1_000_000, 300),
    ]);
    expect(text).to.match(/joins\/s .* leaves\/s .*bytes\/room .*\n +switchboard +900 k .* 400 k +350 /);
    expect(text).to.contain('goal: at least 0.5 × switchboard in rooms-10k: 0.90 ×, reached');
    expect(text).to.contain('goal: leaves: at least 0.5 × switchboard in rooms-10k: 0.40 ×, MISSED\n');
    expect(text).to.contain('goal: memory: at most 1.1 × switchboard in rooms-10k: 1.17 ×, MISSED');
  });

  it('compares latencies only where they stand under the same load', () => {
    const samples = { switchboard: [{ value: 500 }], ws: [{ value: 1_500 }] };
    const textOf = (name: string) =>
      formatScenario({ scenario: scenarios.find((one) => one.name === name)!, samples, failures: [] });
    expect(textOf('latency-half-ws'))
      .to.contain('ours / theirs')
      .and.match(/ws +1\.5 ms .* 0\.33 \(0\.33 – 0\.33\)/);
    expect(textOf('latency-half-peak')).to.contain('1.5 ms').and.not.contain('ours / theirs');
  });
});

function resultOf(name: string, values: Record<string, number>): ScenarioResult {
  return {
    scenario: scenarios.find((scenario) => scenario.name === name)!,
    samples: Object.fromEntries(Object.entries(values).map(([peer, value]) => [peer, [{ value }]])),
    failures: [],
  };
}
