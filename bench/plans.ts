/** What a run will measure, whom with, how often and for how long. */

import { BenchError } from './errors';
import { growthSeries } from './growth';
import { windowFor } from './load';
import { type BenchOptions, takingPart } from './options';
import { installPackages } from './packages';
import { needsRedis, type Peer } from './peers';
import { whyNoRedis } from './redis';
import type { Plan } from './run-scenario';
import type { Scenario } from './scenarios';
import { hasOpenSsl } from './workshop';

/** Starting, connecting and stopping, in seconds. */
const OVERHEAD = 0.7;

/** Seconds for each second of a server's processor time: it waits for the network, too. */
const WAITING = 1.3;

/** What opening 10,000 connections and collecting garbage takes, in seconds. */
const IDLE = 8;

/** The same, and joining and leaving all rooms several times. */
const ROOMS = 10;

/**
 * Installs what is needed of bench/package.json, and leaves out what cannot be done on this machine.
 *
 * @throws BenchError for a peer that was named and cannot run, and when nothing is left
 */
export function makePlans(options: BenchOptions, note: (text: string) => void): Plan[] {
  const wanted = plansFor(options);
  const taking = new Map(wanted.flatMap(({ peers }) => peers).map((peer) => [peer.name, peer]));
  install([...taking.values()], options);
  const absent = new Set<string>();
  for (const peer of taking.values()) {
    const reason = peer.whyNotHere?.();
    if (reason === undefined) continue;
    if (options.peersAreNamed) throw new BenchError(reason);
    note(`Without ${peer.name}: ${reason}`);
    absent.add(peer.name);
  }
  const withoutTls = wanted.some(({ scenario }) => scenario.tls) && !hasOpenSsl();
  if (withoutTls) note('Without TLS: there are no headers of OpenSSL (on Debian: apt-get install libssl-dev).');
  const noRedis =
    wanted.some(({ scenario, peers }) => peers.some((peer) => needsRedis(peer, scenario))) && whyNoRedis();
  if (noRedis) note(`Without what goes through Redis: ${noRedis}`);
  const canTakePart = (peer: Peer, scenario: Scenario) =>
    !absent.has(peer.name) && !(noRedis && needsRedis(peer, scenario));
  const plans = wanted
    .filter(({ scenario }) => !(scenario.tls && withoutTls))
    .map((plan) => ({ ...plan, peers: plan.peers.filter((peer) => canTakePart(peer, plan.scenario)) }))
    .filter(({ peers }) => peers.length > 0);
  if (plans.length === 0 && !options.allocation) {
    throw new BenchError('There is nothing to measure: none of these peers has a part in these scenarios.');
  }
  return plans;
}

/** What is to be measured, whether or not this machine can. */
function plansFor(options: BenchOptions): Plan[] {
  const plans = options.scenarios.map((scenario) => ({
    scenario,
    peers: takingPart(options, scenario),
    rounds: scenario.load === 'idle' || scenario.load === 'rooms' ? options.slowRounds : options.rounds,
  }));
  if (!options.growth) return plans;
  const names = new Set(options.peers.map(({ name }) => name));
  const growth = growthSeries.flatMap(({ steps }) =>
    steps.map(({ scenario, peers }) => ({
      scenario,
      // The same programs with servers of their own, in part.
      peers: peers.filter(({ name }) => names.has(name)),
      rounds: options.slowRounds,
    })),
  );
  return [...plans, ...growth];
}

function install(taking: readonly Peer[], { charts }: BenchOptions): void {
  const reasons = [...taking.flatMap(({ needs }) => needs ?? []), ...(charts === undefined ? [] : ['charts'])];
  if (reasons.length > 0) installPackages(reasons);
}

/** Seconds, on an idle machine. */
function estimate({ scenario, peers, rounds }: Plan, options: BenchOptions): number {
  const { warmup, duration } = windowFor(scenario, options);
  const load = (WAITING * (warmup + duration)) / 1_000;
  // A peak is found before latency is measured.
  if (scenario.load === 'idle') return peers.length * rounds * IDLE;
  if (scenario.load === 'rooms') return peers.length * rounds * ROOMS;
  const each = OVERHEAD + load * (scenario.load === 'latency' ? 2 : 1);
  return peers.length * rounds * each;
}

/** How many measurements there are, and how long they take. */
export function describePlans(plans: readonly Plan[], options: BenchOptions): string {
  const sum = (of: (plan: Plan) => number) => plans.reduce((total, plan) => total + of(plan), 0);
  const measurements = sum(({ peers, rounds }) => peers.length * rounds);
  const seconds = sum((plan) => estimate(plan, options));
  const time = seconds < 100 ? `${Math.ceil(seconds / 10) * 10} seconds` : `${Math.round(seconds / 60)} minutes`;
  return `Measurements: ${measurements}, which take about ${time} on an idle machine.`;
}
