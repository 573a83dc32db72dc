import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoredInput } from './corpus';
import { Random } from './random';
import type { Target } from './target';
import type { WorkerMessage, WorkerTask } from './worker';

/** What to try a target with. */
export interface Campaign {
  target: Target;
  /** The target's module. */
  file: string;
  stored: readonly StoredInput[];
  seed: number;
  /** The number of the first generated input. */
  from: number;
  inputs: number;
  /** Stops then, though inputs are left. */
  seconds?: number;
  /** Processor time that one input may take, in seconds, before it counts as one that hangs. Default 10. */
  patience?: number;
  onProgress?: (tried: number) => void;
  signal?: AbortSignal;
}

/** An input that broke something. */
export interface Finding {
  target: string;
  seed: number;
  /** Its number, or the name of the stored input. */
  input: number | string;
  what: string;
  /** The input, made smaller where that could be done. */
  bytes: Buffer;
}

export interface Outcome {
  tried: number;
  findings: Finding[];
}

/** A target with more different faults than that is not worth the time. */
const mostFindings = 5;

/** What JavaScript objects of the thread may take together, in MiB. */
const heapLimit = 512;

/** What the whole process may take, in bytes: buffers lie outside of the heap. */
const memoryLimit = 2 * 1024 ** 3;

/**
 * Tries inputs in a thread of their own, so that one that never ends, or eats all memory, is found and told like all
 * others. The run goes on behind it.
 */
export async function run(campaign: Campaign): Promise<Outcome> {
  const { seconds = Number.POSITIVE_INFINITY } = campaign;
  const deadline = Date.now() + seconds * 1000;
  const end = campaign.from + campaign.inputs;
  const outcome: Outcome = { tried: 0, findings: [] };
  let next = -campaign.stored.length;
  for (;;) {
    const stretch = await runThread(campaign, { next, end, deadline }, (tried) =>
      campaign.onProgress?.(outcome.tried + tried),
    );
    outcome.findings.push(...stretch.findings);
    outcome.tried += stretch.tried;
    if (stretch.brokeAt === undefined || outcome.findings.length >= mostFindings) return outcome;
    // Behind the input that the thread did not survive.
    next = stretch.brokeAt + 1;
  }
}

interface Stretch extends Outcome {
  /** The input that ended the thread. */
  brokeAt?: number;
}

function runThread(
  campaign: Campaign,
  { next, end, deadline }: { next: number; end: number; deadline: number },
  onProgress: (tried: number) => void,
): Promise<Stretch> {
  const { target, seed, stored, patience = 10 } = campaign;
  const from = Math.max(next, campaign.from);
  const heart = new Int32Array(new SharedArrayBuffer(4));
  const task: WorkerTask = { file: campaign.file, stored, seed, next, from, end, deadline, heart };
  heart[0] = next < 0 ? next : from;
  const worker = new Worker(path.join(__dirname, 'worker.ts'), {
    workerData: task,
    execArgv: ['-r', 'ts-node/register'],
    resourceLimits: { maxOldGenerationSizeMb: heapLimit },
  });
  const stretch: Stretch = { tried: 0, findings: [] };
  const nameOf = (input: number) => (input < 0 ? stored[stored.length + input]!.name : input);
  const bytesOf = (input: number) => {
    const corpus = stored.map(({ bytes }) => Buffer.from(bytes));
    return input < 0 ? corpus[stored.length + input]! : target.generate(new Random(seed, input), corpus);
  };
  const add = (input: number, what: string) => {
    const finding = { target: target.name, seed, input: nameOf(input), what, bytes: bytesOf(input) };
    stretch.findings.push(finding);
    return finding;
  };
  /** Ends the thread for good, because of the input that it is at. */
  const cut = (what: string) => {
    const at = Atomics.load(heart, 0);
    stretch.brokeAt = at;
    if (at >= from) stretch.tried = at + 1 - from;
    if (stretch.findings.at(-1)?.input !== nameOf(at)) add(at, what);
    void worker.terminate();
  };

  let beat = Number.NaN;
  let usedThen = 0;
  let since = 0;
  const watch = setInterval(() => {
    if (stretch.brokeAt !== undefined) return;
    const now = Atomics.load(heart, 0);
    const { user, system } = process.cpuUsage();
    const used = (user + system) / 1e6;
    if (now !== beat) {
      beat = now;
      usedThen = used;
      since = performance.now();
    } else if (used - usedThen > patience || performance.now() - since > patience * 12_000) {
      cut(`The input has not ended after ${patience} seconds of processor time`);
    }
    if (process.memoryUsage.rss() > memoryLimit) cut(`The process has grown above ${memoryLimit} bytes`);
  }, 250);

  return new Promise((resolve) => {
    const stop = () => void worker.terminate();
    campaign.signal?.addEventListener('abort', stop);
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'progress') {
        stretch.tried = message.tried;
        onProgress(message.tried);
      } else if (message.type === 'failing') {
        add(message.input, message.error);
        if (stretch.findings.length >= mostFindings) stop();
      } else {
        const finding = stretch.findings.find(({ input }) => input === nameOf(message.input));
        if (finding !== undefined) finding.bytes = Buffer.from(message.bytes);
      }
    });
    worker.on('error', (error) => cut(`The thread ended: ${error.message}`));
    worker.on('exit', () => {
      clearInterval(watch);
      campaign.signal?.removeEventListener('abort', stop);
      resolve(stretch);
    });
  });
}
