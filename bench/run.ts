/** `npm run bench`: measures every scenario with every peer, in turn, and prints what came out. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { killChildren } from './children';
import { chooseCores } from './cores';
import { BenchError } from './errors';
import { formatCount } from './format';
import { describeMachine } from './machine';
import { measure, type Setup } from './measure';
import { type BenchOptions, readOptions, usage } from './options';
import { type Peer, peers } from './peers';
import { topSelfTimes } from './profile';
import { formatMachine, formatScenario, legend, type ScenarioResult } from './report';
import { type Scenario, scenarios } from './scenarios';
import { openWorkshop } from './workshop';

const PROFILE_LINES = 25;

/** Progress goes to stderr, so that stdout holds the result and nothing else. */
function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A B C A B C …: what else the machine does in the meantime weighs on all of them alike. */
async function measureScenario(options: BenchOptions, setup: Setup, scenario: Scenario): Promise<ScenarioResult> {
  const taking = options.peers.filter((peer) => !(scenario.message?.compressed && peer.isBare));
  const result: ScenarioResult = {
    scenario,
    samples: new Map(taking.map(({ name }) => [name, []])),
    failures: [],
  };
  const rounds = scenario.load === 'idle' ? options.idleRounds : options.rounds;
  for (let round = 1; round <= rounds; round++) {
    for (const peer of taking) {
      const label = `${scenario.name}, round ${round} of ${rounds}, ${peer.name}`;
      try {
        const sample = await measure(withProfile(options, setup, scenario, peer), scenario, peer);
        result.samples.get(peer.name)!.push(sample);
        note(`${label}: ${formatCount(sample.value)} ${scenario.unit}`);
      } catch (error) {
        // One peer that cannot do one scenario must not cost the figures of all others.
        if (!(error instanceof BenchError)) throw error;
        result.samples.get(peer.name)!.push(undefined);
        result.failures.push({ peer: peer.name, round, reason: error.message });
        note(`${label}: ${error.message}`);
      }
    }
  }
  return result;
}

const profileName = (scenario: Scenario, peer: Peer): string => `${scenario.name}-${peer.name}.cpuprofile`;

function withProfile(options: BenchOptions, setup: Setup, scenario: Scenario, peer: Peer): Setup {
  if (options.profile === undefined) return setup;
  const folder = resolve(options.profile);
  mkdirSync(folder, { recursive: true });
  return {
    ...setup,
    nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${profileName(scenario, peer)}`],
  };
}

function printProfiles(options: BenchOptions, result: ScenarioResult): void {
  if (options.profile === undefined) return;
  for (const peer of options.peers) {
    if (!result.samples.has(peer.name) || result.failures.some((failure) => failure.peer === peer.name)) continue;
    const path = join(options.profile, profileName(result.scenario, peer));
    const lines = topSelfTimes(path, PROFILE_LINES, options.duration).map(
      ({ where, share }) => `    ${(share * 100).toFixed(1).padStart(5)} %  ${where}`,
    );
    console.log(`  ${peer.name}: own time by function, of the time it was busy (${path})\n${lines.join('\n')}`);
  }
}

function writeJson(file: string, options: BenchOptions, machine: object, results: readonly ScenarioResult[]): void {
  const { warmup, duration } = options;
  const content = {
    date: new Date().toISOString(),
    machine,
    warmup,
    duration,
    results: results.map(({ scenario, samples, failures }) => ({
      scenario,
      samples: Object.fromEntries(samples),
      failures,
    })),
  };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

function printList(): void {
  console.log('Scenarios:');
  for (const { name, title, fullOnly } of scenarios)
    console.log(`  ${name.padEnd(16)} ${title}${fullOnly ? ' (--full)' : ''}`);
  console.log('Peers:');
  for (const { name, title } of peers) console.log(`  ${name.padEnd(16)} ${title}`);
}

/** Exits in order, so that what has to be done on exit is done. */
function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  if (options.list) return printList();

  for (const peer of options.peers) peer.check?.();
  exitOnSignals();
  const workshop = openWorkshop();
  process.once('exit', () => {
    killChildren();
    workshop.remove();
  });

  const cores = chooseCores();
  const machine = describeMachine(cores);
  const setup: Setup = { workshop, cores, warmup: options.warmup, duration: options.duration };
  console.log(`${formatMachine(machine)}\n`);

  const results: ScenarioResult[] = [];
  for (const scenario of options.scenarios) {
    const result = await measureScenario(options, setup, scenario);
    results.push(result);
    console.log(`${formatScenario(result)}\n`);
    printProfiles(options, result);
  }
  console.log(legend);
  if (options.json !== undefined) writeJson(options.json, options, machine, results);
  if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  note(error instanceof BenchError ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = 1;
});
