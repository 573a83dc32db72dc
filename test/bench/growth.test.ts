import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { findCliffs, formatGrowth, growthSeries } from '../../bench/growth';
import { serviceFor } from '../../bench/peers';
import type { Measured } from '../../bench/results';
import { nextShare, roundOf } from '../../bench/servers/room-shares';

const series = growthSeries.find(({ name }) => name === 'connections')!;

/** Work per CPU second by step, for each peer; several figures of a step are rounds. */
function resultsOf(work: Record<string, readonly (number | readonly number[])[]>): Measured[] {
  const count = Object.values(work)[0]!.length;
  return series.steps.slice(0, count).map(({ scenario }, step) => ({
    scenario,
    samples: Object.fromEntries(
      Object.entries(work).map(([peer, steps]) => [
        peer,
        [steps[step]!].flat().map((perCpuSecond) => ({ value: perCpuSecond / 2, serverCpu: 0.5 })),
      ]),
    ),
  }));
}

describe('bench growth', () => {
  it('goes as far as the issue asks', () => {
    const ends = growthSeries.map(({ name, steps }) => [name, steps[0]!.at, steps.at(-1)!.at]);
    expect(ends).to.deep.equal([
      ['connections', 1, 10_000],
      ['members', 10, 10_000],
      ['size', 16, 16 * 1024 * 1024],
      ['rooms', 1, 100_000],
    ]);
  });

  it('has scenarios with names of their own', () => {
    const names = growthSeries.flatMap(({ name, steps }) =>
      steps.map(({ at, scenario }) => {
        expect(scenario.name).to.equal(`growth-${name}-${at}`);
        return scenario.name;
      }),
    );
    expect(new Set(names).size).to.equal(names.length);
  });

  for (const { name, steps } of growthSeries) {
    it(`grows in steps that peers can be measured in: ${name}`, () => {
      for (const [i, { at, scenario, peers }] of steps.entries()) {
        expect(at).to.be.above(steps[i - 1]?.at ?? 0);
        expect(peers.map((peer) => peer.name)).to.include.members(['switchboard', 'ws', 'bun']);
        for (const peer of peers) {
          const { server } = serviceFor(peer, scenario)!;
          const file = path.join(__dirname, '..', '..', 'bench', 'servers', server);
          expect(existsSync(`${file}.ts`) || existsSync(`${file}.mjs`), server).to.equal(true);
        }
      }
    });
  }

  it('tells nobody of a cliff where all fall alike, or where ours does not fall', () => {
    expect(findCliffs(series, resultsOf({ switchboard: [100, 50], ws: [10, 5], net: [200, 110] }))).to.deep.equal([]);
    expect(findCliffs(series, resultsOf({ switchboard: [100, 95], ws: [10, 20] }))).to.deep.equal([]);
  });

  it('finds where ours falls by more than the others', () => {
    expect(
      findCliffs(series, resultsOf({ switchboard: [100, 100, 50], ws: [10, 10, 9], net: [200, 150, 150] })),
    ).to.deep.equal([{ series: 'connections', from: 3, to: 10, kept: 0.5, others: { ws: 0.9, net: 1 }, isOurs: true }]);
  });

  it('says when others fall too', () => {
    const results = resultsOf({ switchboard: [100, 50], ws: [10, 10], net: [200, 90] });
    expect(findCliffs(series, results)).to.deep.equal([
      { series: 'connections', from: 1, to: 3, kept: 0.5, others: { ws: 1 }, isOurs: false },
    ]);
    expect(formatGrowth(series, results)).to.contain(
      'from 1 to 3: ours keeps 50 % of its throughput, ws 100 %: others fall too',
    );
  });

  it('does not take a round on a busy machine for a cliff', () => {
    const results = resultsOf({
      switchboard: [
        [100, 98],
        [30, 100],
      ],
      ws: [
        [10, 10],
        [10, 10],
      ],
    });
    expect(findCliffs(series, results)).to.deep.equal([]);
  });

  it('prints a table of what was measured, and nothing of what was not', () => {
    const text = formatGrowth(series, resultsOf({ switchboard: [2_000, 3_000], ws: [1_000, 1_500] }));
    expect(text).to.match(
      /\(messages per CPU second\)\n +connections +switchboard +ws\n +1 +2\.00 k +1\.00 k\n +3 +3\.00 k +1\.50 k$/,
    );
    expect(formatGrowth(series, [])).to.equal('');
  });

  it('goes round the rooms of a connection', () => {
    const next = roundOf(['a', 'b', 'c']);
    expect([next(), next(), next(), next()]).to.deep.equal(['a', 'b', 'c', 'a']);
    expect(nextShare()).to.deep.equal(['room-0']);
  });
});
