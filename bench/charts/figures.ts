/** The figures that charts are drawn from: what `npm run bench -- --json FILE` writes, read back. */

import type { Machine } from '../machine';
import type { Measured } from '../results';
import { spreadOf } from '../statistics';

export interface Figures {
  /** ISO 8601. */
  date: string;
  /** The command line that a reader would type to measure the same. */
  command: string;
  machine: Machine;
  results: readonly Measured[];
}

/** How often each was measured, for the caption: `3`, or `1–3`. */
export function roundsOf(results: readonly Measured[]): string {
  const counts = results.flatMap(({ samples }) => Object.values(samples).map((rounds) => rounds.length));
  const { min, max } = spreadOf(counts);
  return min === max ? String(max) : `${min}–${max}`;
}
