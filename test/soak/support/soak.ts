import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '../../../bench/children';
import type { CrowdState, Orders } from './crowd-process';
import type { Sample } from './server';
import { type Life, verdictOn } from './verdict';

export interface SoakOptions {
  /** At the same time. */
  readonly connections: number;
  /** How long the crowd is there, all in all. */
  readonly seconds: number;
  /** So many go every second, and as many come. */
  readonly churn: number;
  /** Hears of every sample. */
  readonly note?: (line: string) => void;
}

export interface SoakResult {
  readonly lives: readonly Life[];
  readonly crowd: readonly CrowdState[];
  /** What is wrong; nothing, when all is well. */
  readonly faults: readonly string[];
}

const crowds = 2;
/** Milliseconds for a process to answer, and for a crowd to come or go. */
const patience = 30_000;
const comingAndGoing = 180_000;

function start(name: string, ...args: string[]): Child {
  const file = path.join(__dirname, `${name}.ts`);
  return startChild(name, [process.execPath, '-r', 'ts-node/register/transpile-only', file, ...args]);
}

/**
 * Lets a crowd come to a server, be there, and go; and once more, longer. What the second one leaves behind is compared with
 * what the first one has left behind, by when everything was loaded, compiled and warm.
 */
export async function soak({ connections, seconds, churn, note = () => {} }: SoakOptions): Promise<SoakResult> {
  const server = start('server');
  const parts: Child[] = [];
  try {
    const { port } = (await server.nextLine(patience)) as { port: number };
    for (let index = 0; index < crowds; index++) parts.push(start('crowd-process', String(port), String(index * 1e7)));

    const sample = async (): Promise<Sample> => {
      server.tell('sample');
      return (await server.nextLine(patience)) as Sample;
    };
    const order = async (orders?: Orders): Promise<CrowdState[]> => {
      for (const part of parts) part.tell(orders === undefined ? '' : JSON.stringify(orders));
      return Promise.all(parts.map(async (part) => (await part.nextLine(patience)) as CrowdState));
    };
    const until = async (isDone: (open: number) => boolean): Promise<Sample> => {
      const deadline = Date.now() + comingAndGoing;
      for (;;) {
        // Not a sample: to collect the garbage of so many connections again and again keeps them from coming.
        server.tell('open');
        const open = (await server.nextLine(patience)) as number;
        const crowd = await order();
        if (isDone(open)) return sample();
        if (Date.now() > deadline) {
          const wrong = crowd.flatMap((part) => part.wrong).slice(0, 5);
          throw new Error(`${open} connections were open after ${comingAndGoing / 1000} s; ${wrong.join('; ')}`);
        }
        await sleep(500);
      }
    };

    /** What has just been given up takes a while until it is gone, as memory of buffers and timers that are over. */
    const settled = async (before: Sample): Promise<Sample> => {
      await sleep(1_000);
      const after = await sample();
      return after.heap + after.buffers < 0.99 * (before.heap + before.buffers) ? settled(after) : after;
    };

    const live = async (length: number, name: string): Promise<Life> => {
      await order({ size: Math.ceil(connections / crowds), churn: 0 });
      await until((open) => open >= connections);
      await order({ size: Math.ceil(connections / crowds), churn: churn / crowds });
      const samples: Sample[] = [];
      const pause = Math.max(1_000, Math.min(10_000, length / 12));
      for (const end = Date.now() + length; Date.now() < end; ) {
        await sleep(pause);
        const taken = await sample();
        samples.push(taken);
        note(`${name}: ${describeSample(taken)}`);
      }
      await order({ size: 0, churn: 0 });
      const after = await settled(await until((open) => open === 0));
      note(`${name}, everybody gone: ${describeSample(after)}`);
      return { samples, after };
    };

    const lives = [await live(seconds * 250, 'first'), await live(seconds * 750, 'second')];
    const crowd = await order();
    return { lives, crowd, faults: verdictOn(lives as [Life, Life], crowd, connections) };
  } finally {
    await Promise.all([...parts, server].map((child) => child.stop()));
  }
}

function describeSample({ open, opened, messages, heap, buffers, rss, waiting, files, rooms }: Sample): string {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return (
    `${open} open of ${opened}, ${messages} messages, ${rooms} rooms, ${files} files; ` +
    `heap ${mb(heap)}, buffers ${mb(buffers)}, resident ${mb(rss)}, waiting ${mb(waiting)}`
  );
}
