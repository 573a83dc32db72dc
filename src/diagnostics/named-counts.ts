/** So many names have counts of their own: some are the peers' choice, as the codes that they close with. */
const maxNames = 100;

/** What the others are counted by, all together. */
const otherNames = 'other';

/** Counts by name: of the first hundred names each by itself. */
export class NamedCounts {
  readonly #counts = new Map<string, number>();

  add(given: string): void {
    const isNew = this.#counts.size >= maxNames && !this.#counts.has(given);
    const name = isNew ? otherNames : given;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** All of them together. */
  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  snapshot(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
