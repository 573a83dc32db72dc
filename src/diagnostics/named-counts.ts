/** So many names that peers have chosen, as the codes that they close with, have counts of their own. */
const maxChosen = 100;

/** What the others are counted by, all together. */
const otherNames = 'other';

/** Counts by name; of names that peers choose, each of the first hundred by itself. */
export class NamedCounts {
  readonly #counts = new Map<string, number>();
  #chosen = 0;

  /** @param isChosen the name is the peer's choice, who may come with any number of them */
  add(given: string, isChosen = false): void {
    let name = given;
    if (isChosen && !this.#counts.has(given)) {
      if (this.#chosen < maxChosen) this.#chosen++;
      else name = otherNames;
    }
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
