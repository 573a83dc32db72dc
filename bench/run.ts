/** `npm run bench`: measures every scenario with every peer, in turn, and prints what came out. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import {
  type Allocation,
  allocationByFunction,
  formatAllocation,
  formatFunctions,
  measureAllocation,
} from './allocation';
import { writeCharts } from './charts/draw';
import type { Figures } from './charts/figures';
import { killChildren } from './children';
import { chooseCores } from './cores';
import { BenchError } from './errors';
import { formatGrowth, growthSeries } from './growth';
import type { Setup } from './load';
import { describeMachine, type Machine } from './machine';
import { type BenchOptions, readOptions, usage } from './options';
import { installPackages } from './packages';
import { ours, peers } from './peers';
import { describePlans, makePlans } from './plans';
import { topSelfTimes } from './profile';
import { formatMachine, formatScenario, legend } from './report';
import type { ScenarioResult } from './results';
import { profileName, runScenario } from './run-scenario';
import { scenarios } from './scenarios';
import { openWorkshop, whyNotHere } from './workshop';

const PROFILE_LINES = 25;

/** Progress goes to stderr, so that stdout holds the result and nothing else. */
function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function printProfiles(folder: string, options: BenchOptions, { scenario, samples, failures }: ScenarioResult): void {
  for (const peer of Object.keys(samples)) {
    const path = join(folder, profileName(scenario, peer));
    // Only Node leaves one.
    if (failures.some((failure) => failure.peer === peer) || !existsSync(path)) continue;
    const lines = topSelfTimes(path, PROFILE_LINES, options.duration).map(
      ({ where, share }) => `    ${(share * 100).toFixed(1).padStart(5)} %  ${where}`,
    );
    console.log(`  ${peer}: own time by function, of the time it was busy (${path})\n${lines.join('\n')}`);
  }
}

interface Findings {
  results: readonly ScenarioResult[];
  allocation: readonly Allocation[];
}

/** What goes into the JSON, and into charts. */
function figuresOf(options: BenchOptions, machine: Machine, { results, allocation }: Findings) {
  const { command, warmup, duration } = options;
  return {
    date: new Date().toISOString(),
    command,
    machine,
    warmup,
    duration,
    results,
    ...(allocation.length > 0 && { allocation }),
  };
}

function draw(figures: Figures, folder: string): void {
  for (const file of writeCharts(figures, folder)) note(`Drawn: ${file}`);
}

function readFigures(file: string): Figures {
  let figures: Partial<Figures> | null;
  try {
    figures = JSON.parse(readFileSync(file, 'utf8')) as Partial<Figures> | null;
  } catch (error) {
    throw new BenchError(`--draw cannot read the figures of ${file}: ${(error as Error).message}`);
  }
  const { date, command, machine, results } = figures ?? {};
  if (date === undefined || command === undefined || machine === undefined || !Array.isArray(results)) {
    throw new BenchError(`--draw needs a file that --json has written, and ${file} is none`);
  }
  if (results.length === 0)
    throw new BenchError(`--draw finds no figures in ${file}: the run was ended before the first`);
  return { date, command, machine, results };
}

function printList(): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  console.log('Scenarios:');
  for (const { name, title, quick } of scenarios)
    console.log(`  ${name.padEnd(width)}${title}${quick ? '' : ' (--full)'}`);
  console.log('Peers:');
  for (const { name, title } of peers) console.log(`  ${name.padEnd(width)}${title}`);
}

/** Exits in order, so that what has to be done on exit is done. */
function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

async function measureAll(options: BenchOptions): Promise<void> {
  exitOnSignals();
  const reason = whyNotHere();
  if (reason !== undefined) throw new BenchError(reason);
  // What this installs, servers find in the workshop.
  const plans = makePlans(options, note);
  const workshop = openWorkshop();
  process.once('exit', () => {
    killChildren();
    workshop.remove();
  });
  const cores = chooseCores();
  const machine = describeMachine(cores);
  const { warmup, duration, json, charts, profile } = options;
  const setup: Setup = { workshop, cores, warmup, duration };
  console.log(`${formatMachine(machine)}\n`);
  if (plans.length > 0) note(describePlans(plans, options));
  if (json !== undefined) mkdirSync(dirname(resolve(json)), { recursive: true });
  if (charts !== undefined) mkdirSync(resolve(charts), { recursive: true });

  const results: ScenarioResult[] = [];
  const allocation: Allocation[] = [];
  // Each time there is something new, because a long run may be interrupted.
  const write = () => {
    if (json === undefined) return;
    writeFileSync(json, `${JSON.stringify(figuresOf(options, machine, { results, allocation }), null, 2)}\n`);
  };
  // A place that cannot be written to is found out now, and not behind an hour of measuring.
  write();
  for (const plan of plans) {
    const result = await runScenario(setup, plan, note, profile);
    console.log(`${formatScenario(result, results)}\n`);
    if (profile !== undefined) printProfiles(profile, options, result);
    results.push(result);
    write();
  }
  if (options.growth) for (const series of growthSeries) console.log(`${formatGrowth(series, results)}\n`);
  if (options.allocation) {
    note('Allocation: about half a minute');
    allocation.push(...(await measureAllocation({ setup })));
    console.log(`${formatAllocation(allocation)}\n`);
    if (profile !== undefined) await printAllocatingFunctions(setup);
    write();
  }
  if (results.length > 0) console.log(legend);
  if (charts !== undefined) draw(figuresOf(options, machine, { results, allocation }), charts);
  if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
}

async function printAllocatingFunctions(setup: Setup): Promise<void> {
  const wanted = { message: 'text', inFlight: 32 } as const;
  const peer = peers.find(({ name }) => name === ours)!;
  console.log(`${formatFunctions(ours, wanted, await allocationByFunction({ setup }, peer, wanted))}\n`);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  if (options.list) return printList();
  if (options.draw === undefined) return measureAll(options);
  const figures = readFigures(options.draw);
  installPackages(['charts']);
  draw(figures, options.charts!);
}

main().catch((error: unknown) => {
  note(error instanceof BenchError ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = 1;
});
