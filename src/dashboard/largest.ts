/** Keeps the `limit` largest of what it is shown, in one pass and without sorting what it leaves out. */
export class Largest<Item> {
  readonly #kept: { readonly item: Item; readonly size: number }[] = [];

  constructor(readonly limit: number) {}

  add(item: Item, size: number): void {
    const kept = this.#kept;
    if (kept.length === this.limit && kept[this.limit - 1]!.size >= size) return;
    let index = kept.length;
    while (index > 0 && kept[index - 1]!.size < size) index--;
    kept.splice(index, 0, { item, size });
    if (kept.length > this.limit) kept.pop();
  }

  /** The largest first. */
  get items(): readonly { readonly item: Item; readonly size: number }[] {
    return this.#kept;
  }
}
