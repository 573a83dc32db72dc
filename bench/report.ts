/** The tables that a run prints. */

import { formatCount, formatMicroseconds, formatPercent, formatRatio, formatTable } from './format';
import type { Machine } from './machine';
import type { Sample } from './measure';
import { ours } from './peers';
import type { Goal, Scenario } from './scenarios';
import { ratioOf, type Spread, spreadOf } from './statistics';

/** By round; undefined where the measurement failed. */
export type Samples = readonly (Sample | undefined)[];

/** All rounds of one scenario. */
export interface ScenarioResult {
  scenario: Scenario;
  /** By peer. */
  samples: Map<string, (Sample | undefined)[]>;
  failures: { peer: string; round: number; reason: string }[];
}

type Pick = (sample: Sample) => number | undefined;

const value: Pick = (sample) => sample.value;

/** Work per second of the server's processor time: on a machine with other work to do, it wobbles less than `value`. */
const perCpuSecond: Pick = ({ value, serverCpu }) => (serverCpu === undefined ? undefined : value / serverCpu);

const pickAll = (samples: Samples, pick: Pick) => samples.map((sample) => sample && pick(sample));

function spread(samples: Samples, pick: Pick): Spread | undefined {
  const values = pickAll(samples, pick).filter((one) => one !== undefined);
  return values.length === 0 ? undefined : spreadOf(values);
}

/** Ours to theirs. */
function ratio(results: ScenarioResult, peer: string, pick: Pick): Spread | undefined {
  const [mine, theirs] = [results.samples.get(ours), results.samples.get(peer)];
  return mine && theirs && peer !== ours ? ratioOf(pickAll(mine, pick), pickAll(theirs, pick)) : undefined;
}

interface Column {
  title: string;
  cell(result: ScenarioResult, peer: string, samples: Samples): string;
}

function medianColumn(title: string, pick: Pick, format: (value: number) => string): Column {
  return {
    title,
    cell: (_result, _peer, samples) => {
      const found = spread(samples, pick);
      return found ? format(found.median) : '';
    },
  };
}

function ratioColumn(title: string, pick: Pick): Column {
  return {
    title,
    cell: (result, peer) => {
      const found = ratio(result, peer, pick);
      return found ? `${formatRatio(found.median)} (${formatRatio(found.min)} – ${formatRatio(found.max)})` : '';
    },
  };
}

function columnsOf(scenario: Scenario): Column[] {
  return [
    { title: '', cell: (_result, peer) => peer },
    medianColumn(scenario.unit, value, formatCount),
    {
      title: 'min – max',
      cell: (_result, _peer, samples) => {
        const found = spread(samples, value);
        return found ? `${formatCount(found.min)} – ${formatCount(found.max)}` : 'failed';
      },
    },
    ratioColumn('ours / theirs', value),
    ratioColumn('per CPU second', perCpuSecond),
    medianColumn('server CPU', (sample) => sample.serverCpu, formatPercent),
    medianColumn('generator CPU', (sample) => sample.generatorCpu, formatPercent),
    ...(scenario.message?.compressed
      ? [medianColumn('bytes on the wire', (sample) => sample.meanPayload, formatCount)]
      : []),
    medianColumn('p50', (sample) => sample.latency?.p50, formatMicroseconds),
    medianColumn('p99', (sample) => sample.latency?.p99, formatMicroseconds),
  ];
}

/** Whether a goal is met: by the median of the rounds' ratios. */
export function isReached(goal: Goal, { median }: Spread): boolean {
  return 'atLeast' in goal ? median >= goal.atLeast : median <= goal.atMost;
}

function formatGoals(result: ScenarioResult): string[] {
  return (result.scenario.goals ?? []).flatMap((goal) => {
    const found = ratio(result, goal.peer, value);
    if (!found) return [];
    const wanted = 'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`;
    const verdict = isReached(goal, found) ? 'reached' : 'MISSED';
    const perCpu = ratio(result, goal.peer, perCpuSecond);
    const also = perCpu ? ` (per CPU second: ${formatRatio(perCpu.median)} ×)` : '';
    return [`  goal: ${wanted} × ${goal.peer}: ${formatRatio(found.median)} ×, ${verdict}${also}`];
  });
}

/** The table of one scenario, its goals and what went wrong. */
export function formatScenario(result: ScenarioResult): string {
  const { scenario, samples, failures } = result;
  const columns = columnsOf(scenario)
    .map(({ title, cell }) => [title, ...[...samples].map(([peer, ofPeer]) => cell(result, peer, ofPeer))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''));
  const rows = columns[0]!.map((_, row) => columns.map((column) => column[row]!));
  return [
    `${scenario.title} (${scenario.name})`,
    formatTable(rows),
    ...formatGoals(result),
    ...failures.map(({ peer, round, reason }) => `  ${peer} failed in round ${round}: ${reason}`),
  ].join('\n');
}

/** Where the figures come from. */
export function formatMachine(machine: Machine): string {
  const { server, generator } = machine.pinned;
  const pinning =
    server === undefined
      ? 'Not pinned: that needs two cores and taskset. Server and generator may disturb each other; trust no figure.'
      : `Server on core ${server}, generator on core ${generator}.`;
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}, ${packages.join(', ')}\n${pinning}`;
}

/** How to read the tables. */
export const legend = `'ours / theirs' is the median (min – max) of the ratios within each round; 'per CPU second' is the same ratio for work per
second of the server's processor time. A server well below 100 % whose generator is below 100 % too had to share its
core with something else, or waits for the network. A generator below 50 % could have driven at least twice as much.`;
