/**
 * Which nodes live. A broker says so of those that have touched it lately; a node that has only just begun, or is only just
 * back, may be heard of before it is in that list.
 */
export class LiveNodes {
  #alive: ReadonlySet<string> = new Set();
  /** Until when, on this process's clock, a node lives whatever the list says. */
  readonly #grace = new Map<string, number>();

  /** @param presenceTtl milliseconds after which a node that is gone must be found out */
  constructor(private readonly presenceTtl: number) {}

  /** The node itself has said something. */
  heard(node: string): void {
    this.#grant(node, this.presenceTtl * 0.4);
  }

  /** The broker has said that somebody of the node is present, which it does of nodes that live. */
  found(node: string): void {
    this.#grant(node, this.presenceTtl * 0.1);
  }

  alive(nodes: Iterable<string>): void {
    this.#alive = new Set(nodes);
    const now = performance.now();
    for (const [node, until] of this.#grace) if (until < now) this.#grace.delete(node);
  }

  lives(node: string): boolean {
    return this.#alive.has(node) || (this.#grace.get(node) ?? 0) > performance.now();
  }

  #grant(node: string, milliseconds: number): void {
    const until = performance.now() + milliseconds;
    if (until > (this.#grace.get(node) ?? 0)) this.#grace.set(node, until);
  }
}
