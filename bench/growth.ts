/**
 * Growth: the same work with more connections, members, bytes or rooms, and where throughput falls as they grow. Each step is
 * a scenario with peers of its own; the charts find its figures by its name.
 */

import { formatCount, formatTable } from './format';
import { ours, type Peer, peers } from './peers';
import { type Measured, peersOf, perCpuSecond, spreadIn } from './results';
import type { LoadScenario } from './scenarios';
import type { Spread } from './statistics';

export interface GrowthStep {
  /** How many connections, members, bytes or rooms. */
  at: number;
  scenario: LoadScenario;
  /** Who takes part; the servers may be others than in the scenarios of the same peers. */
  peers: readonly Peer[];
}

export interface GrowthSeries {
  /** The names of its scenarios begin with `growth-`, this and `-`. */
  name: 'connections' | 'members' | 'size' | 'rooms';
  title: string;
  /** What grows. */
  what: string;
  steps: readonly GrowthStep[];
}

/** Who takes part where it can. */
const taking = [ours, 'ws', 'bun', 'net'];

const growthPeers = peers.filter(({ name }) => taking.includes(name));
const growthPeersWithRooms = growthPeers.filter(({ name }) => name !== 'net');

/** The same program with another server, which can do nothing but echo. */
function withServer(peer: Peer, server: string, env: Readonly<Record<string, string>> = {}): Peer {
  return { ...peer, does: { echo: { server } }, env: { ...peer.env, ...env } };
}

const decadesWithMiddle = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000];

/** One in flight on each: however many there are, it is one read and one write for each message. */
const connections: GrowthSeries = {
  name: 'connections',
  title: 'As connections grow: echo of 32 B text, 1 in flight on each',
  what: 'connections',
  steps: decadesWithMiddle.map((at) => ({
    at,
    scenario: {
      name: `growth-connections-${at}`,
      title: `Echo, 32 B text, ${at} connections, 1 in flight`,
      load: 'echo',
      unit: 'messages/s',
      connections: at,
      message: { type: 'text', size: 32 },
      inFlight: 1,
    },
    peers: growthPeers,
  })),
};

const members: GrowthSeries = {
  name: 'members',
  title: 'As members grow: fan-out of 64 B text, 16 in flight',
  what: 'members of the room',
  steps: decadesWithMiddle
    .filter((at) => at >= 10)
    .map((at) => ({
      at,
      scenario: {
        name: `growth-members-${at}`,
        title: `Fan-out to ${at}, 64 B text, 16 in flight`,
        load: 'fanout',
        unit: 'deliveries/s',
        connections: at,
        message: { type: 'text', size: 64 },
        inFlight: 16,
      },
      peers: growthPeers,
    })),
};

const SMALLEST = 16;
const LARGEST = 16 * 1024 * 1024;

function sizesByFour(): number[] {
  const sizes: number[] = [];
  for (let size = SMALLEST; size <= LARGEST; size *= 4) sizes.push(size);
  return sizes;
}

const size: GrowthSeries = {
  name: 'size',
  title: 'As messages grow: echo of binary, 8 connections, 1 in flight on each',
  what: 'size of a message',
  steps: sizesByFour().map((at) => ({
    at,
    scenario: {
      name: `growth-size-${at}`,
      title: `Echo, ${at} B binary, 8 connections, 1 in flight`,
      load: 'echo',
      unit: 'messages/s',
      connections: 8,
      message: { type: 'binary', size: at },
      inFlight: 1,
    },
    // Ours refuses more than 1 MiB unless it is told otherwise.
    peers: growthPeers.map((peer) => (peer.name === ours ? withServer(peer, 'large') : peer)),
  })),
};

/**
 * Every message is published to a room that only its sender is in, the next one of the sender's each time. There are at most
 * as many connections as rooms, so that nobody is in another's.
 */
const rooms: GrowthSeries = {
  name: 'rooms',
  title: 'As rooms grow: echo of 32 B text through rooms of one member, 8 in flight on each connection',
  what: 'rooms',
  steps: [1, 10, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000].map((at) => {
    const sharing = Math.min(at, 64);
    const env = { BENCH_ROOMS: String(at), BENCH_CONNECTIONS: String(sharing) };
    return {
      at,
      scenario: {
        name: `growth-rooms-${at}`,
        title: `Echo through ${at} rooms, 32 B text, ${sharing} connections, 8 in flight`,
        load: 'echo',
        unit: 'messages/s',
        connections: sharing,
        message: { type: 'text', size: 32 },
        inFlight: 8,
      },
      peers: growthPeersWithRooms.map((peer) =>
        withServer(peer, peer.name === ours ? 'rooms' : `rooms-${peer.name}`, env),
      ),
    };
  }),
};

export const growthSeries: readonly GrowthSeries[] = [connections, members, size, rooms];

/** A step at which ours loses more of its throughput than others. */
export interface Cliff {
  series: GrowthSeries['name'];
  from: number;
  to: number;
  /** Throughput for each CPU second after the step, by that before it. */
  kept: number;
  /** The same of those who lose less, by name. */
  others: Readonly<Record<string, number>>;
  /** Nobody loses as much: the cliff is ours. */
  isOurs: boolean;
}

/** What rounds on a busy machine differ by without meaning anything. */
const NOISE = 1.25;

/** Judged by the best rounds of work per second of the server's processor time: what else the machine does only takes away. */
export function findCliffs(series: GrowthSeries, results: readonly Measured[]): Cliff[] {
  const measured = measuredSteps(series, results);
  return measured.slice(1).flatMap((after, i) => {
    const before = measured[i]!;
    const kept = new Map(
      [...after.work].flatMap(([peer, { max }]) => {
        const earlier = before.work.get(peer);
        return earlier === undefined ? [] : [[peer, max / earlier.max] as const];
      }),
    );
    const mine = kept.get(ours);
    if (mine === undefined || mine * NOISE > 1) return [];
    const others = [...kept].filter(([peer]) => peer !== ours);
    const better = others.filter(([, theirs]) => theirs > mine * NOISE);
    if (better.length === 0) return [];
    return [
      {
        series: series.name,
        from: before.at,
        to: after.at,
        kept: mine,
        others: Object.fromEntries(better),
        isOurs: better.length === others.length,
      },
    ];
  });
}

interface MeasuredStep {
  at: number;
  /** Per CPU second, by peer. */
  work: Map<string, Spread>;
}

function measuredSteps(series: GrowthSeries, results: readonly Measured[]): MeasuredStep[] {
  return series.steps.flatMap(({ at, scenario }) => {
    const result = results.find((one) => one.scenario.name === scenario.name);
    if (result === undefined) return [];
    const work = peersOf(result).flatMap((peer) => {
      const found = spreadIn(result, peer, perCpuSecond);
      return found === undefined ? [] : [[peer, found] as const];
    });
    return [{ at, work: new Map(work) }];
  });
}

/** A table of the series, and below it what fell; empty for a series without results. */
export function formatGrowth(series: GrowthSeries, results: readonly Measured[]): string {
  const measured = measuredSteps(series, results);
  if (measured.length === 0) return '';
  const names = [...new Set(measured.flatMap(({ work }) => [...work.keys()]))];
  const rows = measured.map(({ at, work }) => [
    String(at),
    ...names.map((name) => (work.has(name) ? formatCount(work.get(name)!.median) : '')),
  ]);
  const unit = series.steps[0]!.scenario.unit.replace('/s', ' per CPU second');
  return [
    `${series.title} (${unit})`,
    formatTable([[series.what, ...names], ...rows]),
    ...findCliffs(series, results).map(formatCliff),
  ].join('\n');
}

function formatCliff({ from, to, kept, others, isOurs }: Cliff): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const theirs = Object.entries(others).map(([peer, share]) => `${peer} ${percent(share)}`);
  const verdict = isOurs ? 'a cliff that is OURS' : 'others fall too';
  return `  from ${from} to ${to}: ours keeps ${percent(kept)} of its throughput, ${theirs.join(', ')}: ${verdict}`;
}
