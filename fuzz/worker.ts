/** The thread that tries the inputs. Whoever started it watches its heart, and cuts it off when an input hangs. */

import { parentPort, workerData } from 'node:worker_threads';
import type { StoredInput } from './corpus';
import { Random } from './random';
import { shrink } from './shrink';
import { Broken, type Target } from './target';

/** What a worker is started with. */
export interface WorkerTask {
  /** The module of the target. */
  file: string;
  stored: readonly StoredInput[];
  seed: number;
  /** Where to begin: at a stored input, which have the numbers below zero, the last one -1, or behind them. */
  next: number;
  /** The number of the first generated input, and of the one behind the last. */
  from: number;
  end: number;
  /** Milliseconds since 1970 at which to stop. */
  deadline: number;
  /** The number of the input that is being tried. */
  heart: Int32Array;
}

export type WorkerMessage =
  | { type: 'progress'; tried: number }
  | { type: 'failing'; input: number; error: string }
  | { type: 'shrunk'; input: number; bytes: Uint8Array };

const port = parentPort!;
const task = workerData as WorkerTask;
const { target } = require(task.file) as { target: Target };
const corpus = task.stored.map(({ bytes }) => Buffer.from(bytes));

/** What was thrown where nobody catches it, while an input was tried. */
let stray: unknown;
process.on('uncaughtException', (error) => {
  stray ??= error;
});
process.on('unhandledRejection', (error) => {
  stray ??= error;
});

function tell(message: WorkerMessage): void {
  port.postMessage(message);
}

/** What an input breaks, or undefined. */
async function faultOf(input: Buffer): Promise<Error | undefined> {
  stray = undefined;
  try {
    const done = target.run(input);
    if (done !== undefined) await done;
  } catch (error) {
    stray ??= error;
  }
  if (stray === undefined) return undefined;
  return stray instanceof Error ? stray : new Error(`Thrown: ${String(stray)}`);
}

/** Faults that differ in nothing but values are one. */
function kindOf(error: Error): string {
  return `${error.name} ${error.message.split(/[:\n]/)[0]}`.replace(/\d+/g, '#').slice(0, 100);
}

const known = new Set<string>();

async function report(number: number, make: () => Buffer, found: Error): Promise<void> {
  const kind = kindOf(found);
  if (known.has(kind)) return;
  known.add(kind);
  // Once more, with a stack to read.
  Error.stackTraceLimit = 30;
  const again = await faultOf(make());
  Error.stackTraceLimit = 0;
  const error =
    again ?? new Broken(`${found.message} (the first time only: the target keeps something between inputs)`);
  tell({ type: 'failing', input: number, error: error.stack ?? error.message });
  const bytes = await shrink(make(), async (candidate) => {
    const fault = await faultOf(candidate);
    return fault !== undefined && kindOf(fault) === kind;
  });
  tell({ type: 'shrunk', input: number, bytes });
}

async function main(): Promise<void> {
  // Refused inputs throw, and a stack for each would be most of the work.
  Error.stackTraceLimit = 0;
  const { heart, from, end, seed, deadline } = task;
  for (let number = task.next; number < 0; number++) {
    const stored = corpus[corpus.length + number]!;
    Atomics.store(heart, 0, number);
    const fault = await faultOf(Buffer.from(stored));
    if (fault !== undefined) await report(number, () => Buffer.from(stored), fault);
  }
  let told = Date.now();
  for (let number = from; number < end; number++) {
    Atomics.store(heart, 0, number);
    stray = undefined;
    let fault: unknown;
    try {
      const done = target.run(target.generate(new Random(seed, number), corpus));
      if (done !== undefined) await done;
      fault = stray;
    } catch (error) {
      fault = error;
    }
    if (fault !== undefined) {
      const error = fault instanceof Error ? fault : new Error(`Thrown: ${String(fault)}`);
      await report(number, () => target.generate(new Random(seed, number), corpus), error);
    }
    if ((number & 63) !== 0) continue;
    const now = Date.now();
    if (now >= deadline) {
      tell({ type: 'progress', tried: number + 1 - from });
      return;
    }
    if (now - told < 1000) continue;
    told = now;
    tell({ type: 'progress', tried: number + 1 - from });
    await new Promise((resolve) => setImmediate(resolve));
  }
  tell({ type: 'progress', tried: Math.max(end - from, 0) });
}

// What a target leaves running must not keep the thread, nor end it early.
const alive = setInterval(() => {}, 1000);
main().finally(() => {
  clearInterval(alive);
  process.exit(0);
});
