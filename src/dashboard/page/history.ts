import type { Counts, Sample } from '../wire';

/** Milliseconds that are kept: as long as the server keeps them. */
const kept = 600_000;

/** Milliseconds between two samples beyond which there is a gap: the connection was lost, or the server stood still. */
const gap = 2_500;

/** The samples that the page has, the oldest first. Those of before a server's restart stay. */
export class History {
  #samples: Sample[] = [];

  get last(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** Takes samples that are in order; what it has of the same time gives way. */
  add(samples: readonly Sample[]): void {
    const [first] = samples;
    if (first === undefined) return;
    this.#samples = [...this.#samples.filter(({ at }) => at < first.at), ...samples];
    const oldest = this.last!.at - kept;
    this.#samples = this.#samples.filter(({ at }) => at >= oldest);
  }

  /** The last so many seconds. */
  window(seconds: number): readonly Sample[] {
    const from = (this.last?.at ?? 0) - 1000 * seconds;
    return this.#samples.filter(({ at }) => at >= from);
  }
}

export type Column = (number | null)[];

/** One column for the time in seconds, and one for each value; where samples are missing there is a row of nothing. */
export function columns(
  samples: readonly Sample[],
  values: readonly ((sample: Sample) => number | null)[],
): [times: number[], ...Column[]] {
  const times: number[] = [];
  const rows: Column[] = values.map(() => []);
  let before: number | undefined;
  for (const sample of samples) {
    if (before !== undefined && sample.at - before > gap) {
      times.push((before + 1000) / 1000);
      for (const row of rows) row.push(null);
    }
    times.push(sample.at / 1000);
    for (const [index, value] of values.entries()) rows[index]!.push(value(sample));
    before = sample.at;
  }
  return [times, ...rows];
}

/** How often each code came in these samples, the most frequent first. */
export function totals(
  samples: readonly Sample[],
  countsOf: (sample: Sample) => Counts,
): [code: string, count: number][] {
  const all = new Map<string, number>();
  for (const sample of samples) {
    for (const [code, count] of Object.entries(countsOf(sample))) all.set(code, (all.get(code) ?? 0) + count);
  }
  return [...all].sort((one, other) => other[1] - one[1]);
}
