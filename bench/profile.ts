/** Reads a CPU profile that a server has left, and lists where its time went. */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A function as the inspector names it. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[];
  samples: number[];
  /** Microseconds, one for each sample. */
  timeDeltas: number[];
}

export interface SelfTime {
  /** `function file:line`. */
  where: string;
  /** Of the time in which the server was not idle, 0 to 1. */
  share: number;
}

/**
 * The functions with the most time of their own.
 *
 * @param window only the last so many milliseconds in which the server was busy: what comes before is start and warm-up
 */
export function topSelfTimes(path: string, count: number, window: number): SelfTime[] {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile;
  const names = new Map(nodes.map(({ id, callFrame }) => [id, describeFunction(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  for (let i = samples.length - 1; i >= 0 && busy < window * 1_000; i--) {
    const name = names.get(samples[i]!) ?? '(unknown)';
    if (name === '(idle)') continue;
    const time = timeDeltas[i] ?? 0;
    busy += time;
    times.set(name, (times.get(name) ?? 0) + time);
  }
  return [...times]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([where, time]) => ({ where, share: time / busy }));
}

/** `function file:line`. */
export function describeFunction({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${url.startsWith('node:') ? url : basename(url)}:${lineNumber + 1}`;
}
