/** How long, in milliseconds, an id is remembered at least. */
export const idMemory = 2 * 60_000;

/**
 * The offsets that ids got within two minutes. They are kept in two generations: a whole generation is forgotten at once, so
 * that no id needs a time of its own.
 */
export class RecentIds {
  readonly #limit: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #began = Number.NEGATIVE_INFINITY;

  /** @param limit ids of one generation: where more than that come within two minutes, the memory is shorter */
  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  get(id: string, now: number): number | undefined {
    this.#grow(now);
    return this.#young.get(id) ?? this.#old.get(id);
  }

  set(id: string, offset: number, now: number): void {
    this.#grow(now);
    this.#young.set(id, offset);
  }

  #grow(now: number): void {
    const age = now - this.#began;
    if (age < idMemory && this.#young.size < this.#limit) return;
    this.#old = age < 2 * idMemory ? this.#young : new Map();
    this.#young = new Map();
    this.#began = now;
  }
}
