/** The figures that charts are drawn from: what `npm run bench -- --json FILE` writes, read back. */

import type { Machine } from '../machine';
import type { Sample } from '../measure';
import { ours } from '../peers';
import type { Scenario } from '../scenarios';
import { ratioOf, type Spread, spreadOf } from '../statistics';

export interface Figures {
  /** ISO 8601. */
  date: string;
  /** The command line that a reader would type to measure the same. */
  command: string;
  machine: Machine;
  results: readonly FigureResult[];
}

export interface FigureResult {
  scenario: Scenario;
  /** By peer, and by round; nothing where the measurement failed, which is null in JSON. */
  samples: Readonly<Record<string, readonly (Sample | null | undefined)[]>>;
}

/** What is looked at in a sample. */
export type Pick = (sample: Sample) => number | undefined;

export const value: Pick = (sample) => sample.value;

/** Work per second of the server's processor time. */
export const perCpuSecond: Pick = ({ value, serverCpu }) => (serverCpu ? value / serverCpu : undefined);

export const peersOf = (result: FigureResult): string[] => Object.keys(result.samples);

function byRound(result: FigureResult, peer: string, pick: Pick): (number | undefined)[] {
  return (result.samples[peer] ?? []).map((sample) => (sample ? pick(sample) : undefined));
}

/** Over all rounds; undefined where none succeeded. */
export function spreadIn(result: FigureResult, peer: string, pick: Pick): Spread | undefined {
  const values = byRound(result, peer, pick).filter((one) => one !== undefined);
  return values.length === 0 ? undefined : spreadOf(values);
}

/** Ours to theirs, round by round. */
export function ratioIn(result: FigureResult, peer: string, pick: Pick): Spread | undefined {
  return peer === ours ? undefined : ratioOf(byRound(result, ours, pick), byRound(result, peer, pick));
}

/** How often each was measured, for the caption: `3`, or `1–3`. */
export function roundsOf(results: readonly FigureResult[]): string {
  const counts = results.flatMap(({ samples }) => Object.values(samples).map((rounds) => rounds.length));
  const { min, max } = spreadOf(counts);
  return min === max ? String(max) : `${min}–${max}`;
}
