/** The command line of the bench. */

import { parseArgs } from 'node:util';
import { BenchError } from './errors';
import { type Peer, peers } from './peers';
import { type Scenario, scenarios } from './scenarios';

export const usage = `npm run bench -- [options]

  --full             all scenarios, longer and more rounds (without it: under two minutes)
  --only NAME        only this scenario, or those whose names begin so; may be repeated
  --peers A,B        only these servers
  --rounds N         how often each is measured, in turn (3, with --full 5; memory 1, with --full 3)
  --warmup MS        load before the clock runs, in processor time of the server
  --duration MS      what is measured, the same
  --json FILE        writes all figures, of each round, with the machine and versions
  --profile FOLDER   leaves a CPU profile of each server there, and prints where the time went (one round)
  --list             prints the names of scenarios and peers
  --help`;

export interface BenchOptions {
  scenarios: readonly Scenario[];
  peers: readonly Peer[];
  rounds: number;
  /** Of scenarios about memory, which takes longer to measure and hardly differs from round to round. */
  idleRounds: number;
  warmup: number;
  duration: number;
  full: boolean;
  json?: string;
  profile?: string;
  list: boolean;
  help: boolean;
}

function positiveInteger(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new BenchError(`--${name} needs a positive integer, not '${value}'`);
  return number;
}

function chooseScenarios(only: readonly string[] | undefined, full: boolean): readonly Scenario[] {
  if (only === undefined) return scenarios.filter((scenario) => full || scenario.fullOnly !== true);
  for (const wanted of only) {
    if (!scenarios.some(({ name }) => name.startsWith(wanted))) {
      throw new BenchError(
        `No scenario begins with '${wanted}'. There are: ${scenarios.map(({ name }) => name).join(', ')}`,
      );
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
      throw new BenchError(`No peer is called '${name}'. There are: ${peers.map((peer) => peer.name).join(', ')}`);
    }
  }
  return peers.filter(({ name }) => names.includes(name));
}

/** Throws a `BenchError` that names the wrong argument. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parse(args);
  const full = values.full ?? false;
  return {
    scenarios: chooseScenarios(values.only, full),
    peers: choosePeers(values.peers),
    rounds: positiveInteger('rounds', values.rounds, values.profile !== undefined ? 1 : full ? 5 : 3),
    idleRounds: positiveInteger('rounds', values.rounds, full && values.profile === undefined ? 3 : 1),
    warmup: positiveInteger('warmup', values.warmup, full ? 1_000 : 300),
    duration: positiveInteger('duration', values.duration, full ? 3_000 : 700),
    full,
    ...(values.json !== undefined && { json: values.json }),
    ...(values.profile !== undefined && { profile: values.profile }),
    list: values.list ?? false,
    help: values.help ?? false,
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
        rounds: { type: 'string' },
        warmup: { type: 'string' },
        duration: { type: 'string' },
        json: { type: 'string' },
        profile: { type: 'string' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new BenchError(`${(error as Error).message}\n\n${usage}`);
  }
}
