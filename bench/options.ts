/** The command line of the bench. */

import { parseArgs } from 'node:util';
import { BenchError } from './errors';
import { ours, type Peer, peers, serviceFor } from './peers';
import { type Scenario, scenarios } from './scenarios';

export const usage = `npm run bench -- [options]

  Without options: the main scenarios and those whom we compare ourselves with there, in under two minutes.

  --full             all scenarios with all peers, longer and more rounds: the better part of an hour
  --only NAME        only this scenario, or those whose names begin so, with all peers; may be repeated
  --peers A,B        only these servers
  --growth           throughput as connections, members, messages and rooms grow
  --allocation       what a message allocates on the server's heap
                     (with one of these two, scenarios are measured only where --full or --only asks for them)
  --rounds N         how often each is measured, in turn (2, with --full 3; memory and growth 1, with --full 2)
  --warmup MS        load before the clock runs, in processor time of the server
  --duration MS      what is measured, the same
  --json FILE        writes all figures, of each round, with the machine and versions
  --charts FOLDER    draws the figures as SVG
  --draw FILE        measures nothing, and draws the charts of a file that --json has written
  --profile FOLDER   leaves a CPU profile of each server there, and prints where the time went (one round)
  --list             prints the names of scenarios and peers
  --help`;

export interface BenchOptions {
  scenarios: readonly Scenario[];
  /** Those who were named, or all. */
  peers: readonly Peer[];
  /** Only a named peer must be able to run; of all, those that can are taken. */
  peersAreNamed: boolean;
  /** Of all peers, only those that a scenario's goals name, ours, and the limits. */
  rivalsOnly: boolean;
  rounds: number;
  /** Of memory, which takes longer to measure and hardly differs from round to round, and of growth, which has many steps. */
  slowRounds: number;
  warmup: number;
  duration: number;
  growth: boolean;
  allocation: boolean;
  json?: string;
  charts?: string;
  draw?: string;
  profile?: string;
  list: boolean;
  help: boolean;
  /** As it would be typed. */
  command: string;
}

/** Part of every quick run: what a server on Node can do at all, and ours over HTTP/1.1 beside HTTP/2. */
const ALWAYS: readonly string[] = ['net', 'http2', 'http1'];

/** Who is measured in a scenario. */
export function takingPart({ peers, rivalsOnly }: BenchOptions, scenario: Scenario): readonly Peer[] {
  const rivals = [ours, ...ALWAYS, ...(scenario.goals ?? []).map(({ peer }) => peer)];
  return peers.filter(
    (peer) => serviceFor(peer, scenario) !== undefined && (!rivalsOnly || rivals.includes(peer.name)),
  );
}

function positiveInteger(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new BenchError(`--${name} needs a positive integer, not '${value}'`);
  return number;
}

function namesOf(list: readonly { name: string }[]): string {
  return list.map(({ name }) => name).join(', ');
}

function chooseByName(only: readonly string[]): readonly Scenario[] {
  for (const wanted of only) {
    if (!scenarios.some(({ name }) => name.startsWith(wanted))) {
      throw new BenchError(`No scenario begins with '${wanted}'. There are: ${namesOf(scenarios)}`);
    }
  }
  // A whole name means that scenario alone, even where another one begins with it.
  return scenarios.filter(({ name }) =>
    only.some(
      (wanted) => name === wanted || (name.startsWith(wanted) && !scenarios.some((other) => other.name === wanted)),
    ),
  );
}

function choosePeers(wanted: string | undefined): readonly Peer[] {
  if (wanted === undefined) return peers;
  const names = wanted.split(',');
  for (const name of names) {
    if (!peers.some((peer) => peer.name === name)) {
      throw new BenchError(`No peer is called '${name}'. There are: ${namesOf(peers)}`);
    }
  }
  return peers.filter(({ name }) => names.includes(name));
}

/** Throws a `BenchError` that names the wrong argument. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { only, ...values } = parse(args);
  const { full = false, growth = false, allocation = false, profile } = values;
  if (values.draw !== undefined && values.charts === undefined) {
    throw new BenchError('--draw needs --charts FOLDER: where the charts are to go');
  }
  const quick = !full && only === undefined;
  const somethingElse = growth || allocation;
  const once = profile !== undefined;
  return {
    scenarios: only ? chooseByName(only) : scenarios.filter((one) => full || (one.quick && !somethingElse)),
    peers: choosePeers(values.peers),
    peersAreNamed: values.peers !== undefined,
    rivalsOnly: quick && values.peers === undefined,
    rounds: positiveInteger('rounds', values.rounds, once ? 1 : full ? 3 : 2),
    slowRounds: positiveInteger('rounds', values.rounds, full && !once ? 2 : 1),
    warmup: positiveInteger('warmup', values.warmup, full ? 600 : 200),
    duration: positiveInteger('duration', values.duration, full ? 1_500 : 400),
    growth,
    allocation,
    ...(values.json !== undefined && { json: values.json }),
    ...(values.charts !== undefined && { charts: values.charts }),
    ...(values.draw !== undefined && { draw: values.draw }),
    ...(profile !== undefined && { profile }),
    list: values.list ?? false,
    help: values.help ?? false,
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        full: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        peers: { type: 'string' },
        growth: { type: 'boolean' },
        allocation: { type: 'boolean' },
        rounds: { type: 'string' },
        warmup: { type: 'string' },
        duration: { type: 'string' },
        json: { type: 'string' },
        charts: { type: 'string' },
        draw: { type: 'string' },
        profile: { type: 'string' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new BenchError(`${(error as Error).message}\n\n${usage}`);
  }
}
