/** `npm run fuzz`: tries millions of inputs, and prints what broke. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Finding, type Outcome, run } from './campaign';
import { loadCorpus, store } from './corpus';
import { FuzzError } from './errors';
import { type FuzzOptions, readOptions, usage } from './options';
import { formatFinding, formatProgress, formatSummary, type Totals } from './report';
import type { Target } from './target';
import { fileOf } from './targets';

/** Each target has its turn so often in a long run, so that one that is stopped early has tried them all. */
const mostRounds = 10;

/** A turn has at least so many inputs, all targets together: beginning one takes as long as some thousands. */
const smallestRound = 500_000;

/** Milliseconds between two lines of progress. */
const progressInterval = 5000;

const stopping = new AbortController();

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  if (options.list) return printList(options.targets);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const found = options.replay === undefined ? await runAll(options) : await replay(options, options.replay);
  if (found) process.exitCode = 1;
}

function printList(targets: readonly Target[]): void {
  for (const { name, title } of targets) console.log(`${name.padEnd(16)} ${title}`);
}

/** @returns whether anything broke */
async function runAll({ targets, inputs, seconds, seed }: FuzzOptions): Promise<boolean> {
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  const totals = new Map<Target, Totals>(targets.map((target) => [target, { tried: 0, seconds: 0, findings: 0 }]));
  console.log(`seed ${seed}, ${inputs.toLocaleString('en')} inputs`);
  const rounds = Math.max(1, Math.min(mostRounds, Math.floor(inputs / smallestRound)));
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      const total = totals.get(target)!;
      // What is broken has to be mended first.
      if (stopping.signal.aborted || total.findings > 0) continue;
      const part = Math.ceil((inputs * target.share) / shares / rounds);
      const outcome = await runTarget(
        target,
        { part, from: round * part, seed, seconds: seconds / targets.length / rounds },
        total,
      );
      total.findings += outcome.findings.length;
      for (const finding of outcome.findings) tell(finding);
    }
  }
  console.log(formatSummary(seed, totals));
  return Array.from(totals.values()).some(({ findings }) => findings > 0);
}

async function runTarget(
  target: Target,
  { part, from, seed, seconds }: { part: number; from: number; seed: number; seconds: number },
  total: Totals,
): Promise<Outcome> {
  const begun = performance.now();
  let told = begun;
  const progress = (tried: number) => {
    const now = performance.now();
    if (now - told < progressInterval) return;
    told = now;
    console.log(formatProgress(target.name, total.tried + tried, tried / ((now - begun) / 1000)));
  };
  const outcome = await run({
    target,
    file: fileOf(target),
    stored: loadCorpus(target.name),
    seed,
    from,
    inputs: part,
    seconds,
    onProgress: progress,
    signal: stopping.signal,
  });
  total.tried += outcome.tried;
  total.seconds += (performance.now() - begun) / 1000;
  return outcome;
}

/** @returns whether it breaks something */
async function replay({ targets, seed }: FuzzOptions, file: string): Promise<boolean> {
  if (!existsSync(file)) throw new FuzzError(`There is no file ${file}`);
  const folder = path.basename(path.dirname(path.resolve(file)));
  const target = targets.length === 1 ? targets[0] : targets.find(({ name }) => name === folder);
  if (target === undefined)
    throw new FuzzError(`No target is called '${folder}', as the file's folder is: say --target NAME`);
  const stored = [{ name: file, bytes: readFileSync(file) }];
  const { findings } = await run({
    target,
    file: fileOf(target),
    stored,
    seed,
    from: 0,
    inputs: 0,
    signal: stopping.signal,
  });
  for (const finding of findings) console.log(formatFinding(finding));
  if (findings.length === 0) console.log(`${target.name}: nothing is wrong with ${file}`);
  return findings.length > 0;
}

function tell(finding: Finding): void {
  // A stored input is there already.
  const file = typeof finding.input === 'number' ? store(finding.target, finding.bytes) : undefined;
  console.log(formatFinding(finding, file));
}

main().catch((error: unknown) => {
  console.error(error instanceof FuzzError ? error.message : error);
  process.exitCode = 1;
});
