/** All rounds of one scenario. */

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { BenchError } from './errors';
import type { Setup } from './load';
import { measure, measurePeak } from './measure';
import { type Peer, peers } from './peers';
import { formatSample } from './report';
import type { ScenarioResult } from './results';
import type { Scenario } from './scenarios';

export interface Plan {
  scenario: Scenario;
  peers: readonly Peer[];
  rounds: number;
}

/** Told after each measurement, for people who wait. */
type Progress = (line: string) => void;

/**
 * A B C A B C …: what else the machine does in the meantime weighs on all of them alike.
 *
 * @param profiles a folder for CPU profiles, if any
 */
export async function runScenario(
  setup: Setup,
  { scenario, peers, rounds }: Plan,
  progress: Progress,
  profiles?: string,
): Promise<ScenarioResult> {
  const result: ScenarioResult = {
    scenario,
    samples: Object.fromEntries(peers.map(({ name }) => [name, []])),
    failures: [],
  };
  for (let round = 1; round <= rounds; round++) {
    const peak = peakForAll(setup, scenario);
    for (const peer of peers) {
      const label = `${scenario.name}, round ${round} of ${rounds}, ${peer.name}`;
      try {
        const sample = await measure(withProfile(setup, scenario, peer, profiles), scenario, peer, await peak);
        result.samples[peer.name]!.push(sample);
        progress(`${label}: ${formatSample(scenario, sample)}`);
      } catch (error) {
        // One peer that cannot do one scenario must not cost the figures of all others.
        if (!(error instanceof BenchError)) throw error;
        result.samples[peer.name]!.push(undefined);
        result.failures.push({ peer: peer.name, round, reason: error.message });
        progress(`${label}: ${error.message}`);
      }
    }
  }
  return result;
}

/** Found anew for each round: what the machine does else may have changed. */
async function peakForAll(setup: Setup, scenario: Scenario): Promise<number | undefined> {
  if (scenario.load !== 'latency' || scenario.halfThePeakOf === 'each') return undefined;
  const measured = peers.find(({ name }) => name === scenario.halfThePeakOf)!;
  return measurePeak(setup, scenario, measured);
}

export const profileName = (scenario: Scenario, peer: string): string => `${scenario.name}-${peer}.cpuprofile`;

function withProfile(setup: Setup, scenario: Scenario, peer: Peer, profiles: string | undefined): Setup {
  if (profiles === undefined) return setup;
  const folder = resolve(profiles);
  mkdirSync(folder, { recursive: true });
  return {
    ...setup,
    nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${profileName(scenario, peer.name)}`],
  };
}
