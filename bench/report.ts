/** The tables that a run prints. */

import { formatCount, formatMicroseconds, formatPercent, formatRatio, formatTable } from './format';
import type { Machine } from './machine';
import type { Sample } from './measure';
import { ours } from './peers';
import {
  byRound,
  type Measured,
  type Pick,
  peersOf,
  perCpuSecond,
  ratioIn,
  type ScenarioResult,
  spreadIn,
  value,
} from './results';
import { type Goal, isCompressed, type Scenario } from './scenarios';
import { differenceOf, ratioOf, type Spread } from './statistics';

interface Column {
  title: string;
  cell(result: Measured, peer: string): string;
}

/** What a goal may be about. */
const picks: Readonly<Record<'value' | NonNullable<Goal['of']>, Pick>> = {
  value,
  leaves: ({ leavesPerSecond }) => leavesPerSecond,
  memory: ({ bytesPerRoom }) => bytesPerRoom,
};

function medianColumn(title: string, pick: Pick, format: (value: number) => string): Column {
  return {
    title,
    cell: (result, peer) => {
      const found = spreadIn(result, peer, pick);
      return found ? format(found.median) : '';
    },
  };
}

function ratioColumn(title: string, pick: Pick): Column {
  return {
    title,
    cell: (result, peer) => {
      const found = ratioIn(result, peer, pick);
      return found ? `${formatRatio(found.median)} (${formatRatio(found.min)} – ${formatRatio(found.max)})` : '';
    },
  };
}

const formatValue = ({ unit }: Scenario): ((value: number) => string) =>
  unit === 'µs' ? formatMicroseconds : formatCount;

/** One measurement, for people who wait for the others. */
export function formatSample(scenario: Scenario, sample: Sample): string {
  const formatted = formatValue(scenario)(sample.value);
  return scenario.unit === 'µs' ? `p99 ${formatted}` : `${formatted} ${scenario.unit}`;
}

function columnsOf(scenario: Scenario): Column[] {
  const isLatency = scenario.load === 'latency';
  const format = formatValue(scenario);
  const percentile = (title: string, name: keyof NonNullable<Sample['latency']>) =>
    medianColumn(title, (sample) => sample.latency?.[name], formatMicroseconds);
  const ratio = (of: Goal['of']) => ratioColumn('ours / theirs', picks[of ?? 'value']);
  return [
    { title: '', cell: (_result, peer) => peer },
    medianColumn(isLatency ? 'p99' : scenario.unit, value, format),
    {
      title: 'min – max',
      cell: (result, peer) => {
        const found = spreadIn(result, peer, value);
        return found ? `${format(found.min)} – ${format(found.max)}` : 'failed';
      },
    },
    // What stands under different loads is not to be compared.
    ...(isLatency && scenario.halfThePeakOf === 'each' ? [] : [ratio(undefined)]),
    ...(isLatency ? [] : [ratioColumn('per CPU second', perCpuSecond)]),
    ...(scenario.load === 'rooms'
      ? [
          medianColumn('leaves/s', picks.leaves, formatCount),
          ratio('leaves'),
          medianColumn('bytes/room', picks.memory, formatCount),
          ratio('memory'),
        ]
      : []),
    medianColumn('server CPU', (sample) => sample.serverCpu, formatPercent),
    medianColumn('generator CPU', (sample) => sample.generatorCpu, formatPercent),
    ...(isCompressed(scenario) ? [medianColumn('bytes on the wire', (sample) => sample.meanPayload, formatCount)] : []),
    medianColumn('messages/s', (sample) => sample.rate, formatCount),
    percentile('p50', 'p50'),
    ...(isLatency ? [percentile('p90', 'p90'), percentile('p99.9', 'p999')] : [percentile('p99', 'p99')]),
  ];
}

/** Whether a goal is met: by the median of the rounds. */
function isReached(goal: Goal, { median }: Spread): boolean {
  if ('atLeast' in goal) return median >= goal.atLeast;
  return median <= ('atMost' in goal ? goal.atMost : goal.atMostMore);
}

/** Ours beside what the goal names: a ratio, or a difference. Undefined where one of them has no figures. */
function compareWith(goal: Goal, result: Measured, earlier: readonly Measured[], pick: Pick): Spread | undefined {
  const there = goal.scenario === undefined ? result : earlier.find(({ scenario }) => scenario.name === goal.scenario);
  if (there === undefined) return undefined;
  return ('atMostMore' in goal ? differenceOf : ratioOf)(byRound(result, ours, pick), byRound(there, goal.peer, pick));
}

function describeGoal(goal: Goal): string {
  const whom = goal.scenario === undefined ? goal.peer : `${goal.peer} in ${goal.scenario}`;
  const what = goal.of === undefined ? '' : `${goal.of}: `;
  if ('atMostMore' in goal) return `${what}at most ${goal.atMostMore} more than ${whom}`;
  return what + ('atLeast' in goal ? `at least ${goal.atLeast} × ${whom}` : `at most ${goal.atMost} × ${whom}`);
}

function formatGoals(result: Measured, earlier: readonly Measured[]): string[] {
  return (result.scenario.goals ?? []).flatMap((goal) => {
    const found = compareWith(goal, result, earlier, picks[goal.of ?? 'value']);
    if (!found) return [];
    const verdict = isReached(goal, found) ? 'reached' : 'MISSED';
    if ('atMostMore' in goal) return [`  goal: ${describeGoal(goal)}: ${Math.round(found.median)} more, ${verdict}`];
    const perCpu = goal.of === undefined ? compareWith(goal, result, earlier, perCpuSecond) : undefined;
    const also = perCpu ? ` (per CPU second: ${formatRatio(perCpu.median)} ×)` : '';
    return [`  goal: ${describeGoal(goal)}: ${formatRatio(found.median)} ×, ${verdict}${also}`];
  });
}

/**
 * The table of one scenario, its goals and what went wrong.
 *
 * @param earlier results of the same run, which a goal may refer to
 */
export function formatScenario(result: ScenarioResult, earlier: readonly Measured[] = []): string {
  const { scenario, failures } = result;
  const columns = columnsOf(scenario)
    .map(({ title, cell }) => [title, ...peersOf(result).map((peer) => cell(result, peer))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''));
  const rows = columns[0]!.map((_, row) => columns.map((column) => column[row]!));
  return [
    `${scenario.title} (${scenario.name})`,
    formatTable(rows),
    ...formatGoals(result, earlier),
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
