import type { HistogramSnapshot } from './metrics';

/** Upper bounds for what takes from a millisecond to the default `handshakeTimeout`, in seconds. */
export const durationBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** How often something was how large, in fixed buckets. */
export class Histogram {
  /** Of each bucket by itself. */
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  /** @param bounds the largest value of each bucket, ascending */
  constructor(private readonly bounds: readonly number[]) {
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#count++;
    this.#sum += value;
    const bucket = this.bounds.findIndex((bound) => value <= bound);
    if (bucket !== -1) this.#counts[bucket]! += 1;
  }

  snapshot(): HistogramSnapshot {
    let below = 0;
    const buckets = this.bounds.map((le, index) => {
      below += this.#counts[index]!;
      return { le, count: below };
    });
    return { buckets, count: this.#count, sum: this.#sum };
  }
}
