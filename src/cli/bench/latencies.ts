import { createHistogram } from 'node:perf_hooks';

/** One bar of a histogram. */
export interface Bin {
  /** In milliseconds, inclusive. */
  from: number;
  /** In milliseconds, exclusive; null for the last, which has no end. */
  to: number | null;
  count: number;
}

/** How long something took, in milliseconds. Percentiles are true to three figures. */
export interface LatencySummary {
  /** How many were measured: the sum of the histogram. */
  count: number;
  min: number;
  mean: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
  /** From the first bin that has any to the last, ascending: five for each power of ten. */
  histogram: Bin[];
}

const nanoseconds = 1e6;

/** An hour, in nanoseconds: what takes longer counts as that. */
const longest = 3.6e12;

/** Milliseconds: 1 µs, 1.6 µs, 2.5 µs, 4 µs, 6.3 µs, 10 µs, … 630 s. */
const bounds: readonly number[] = Array.from({ length: 9 }, (_, decade) =>
  [1, 1.6, 2.5, 4, 6.3].map((step) => Number((step * 10 ** (decade - 3)).toPrecision(2))),
).flat();

/** Records how long something took, at the cost of some 40 ns each. */
export class Latencies {
  private readonly recorded = createHistogram({ lowest: 1, highest: longest, figures: 3 });
  /** The first for what is below the first bound. */
  private readonly counts = new Float64Array(bounds.length + 1);

  /** @param latency in milliseconds */
  record(latency: number): void {
    this.recorded.record(Math.min(longest, Math.max(1, Math.round(latency * nanoseconds))));
    this.counts[binOf(latency)]!++;
  }

  /** Forgets everything. */
  reset(): void {
    this.recorded.reset();
    this.counts.fill(0);
  }

  /** Null where nothing was recorded. */
  summary(): LatencySummary | null {
    const { count, min, mean, max } = this.recorded;
    if (count === 0) return null;
    const percentile = (share: number) => inMilliseconds(this.recorded.percentile(share));
    return {
      count,
      min: inMilliseconds(min),
      mean: inMilliseconds(mean),
      p50: percentile(50),
      p90: percentile(90),
      p99: percentile(99),
      p999: percentile(99.9),
      max: inMilliseconds(max),
      histogram: this.histogram(),
    };
  }

  private histogram(): Bin[] {
    const first = this.counts.findIndex((count) => count > 0);
    const last = this.counts.findLastIndex((count) => count > 0);
    const bins = Array.from(this.counts, (count, index) => {
      return { from: bounds[index - 1] ?? 0, to: bounds[index] ?? null, count };
    });
    return bins.slice(first, last + 1);
  }
}

/** How many bounds are no larger. */
function binOf(latency: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bounds[middle]! <= latency) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** To whole nanoseconds. */
function inMilliseconds(value: number): number {
  return Math.round(value) / nanoseconds;
}
