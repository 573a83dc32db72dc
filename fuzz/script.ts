/**
 * Reads an input as a script: one number after the other, and bytes. Every input is a script; where it ends, all that is
 * read is zero.
 */
export class Script {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isOver(): boolean {
    return this.at >= this.bytes.length;
  }

  /** A whole number from 0 to `limit - 1`; `limit` is at most 256. */
  below(limit: number): number {
    return this.byte() % limit;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** So many of the bytes that follow, or as many as there are. */
  take(count: number): Buffer {
    const taken = Buffer.from(this.bytes.subarray(this.at, this.at + count));
    this.at += taken.length;
    return taken;
  }

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  /** A number of two bytes. */
  word(): number {
    return this.byte() * 256 + this.byte();
  }
}
