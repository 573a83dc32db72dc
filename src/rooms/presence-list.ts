import type { Presence, PresenceChange } from './adapter';

/**
 * Who is present in a room from other nodes, as this node knows it: so that asking for it waits for nobody. Changes that come
 * while the whole list is on its way are applied to it again, which does no harm to those that it has already.
 */
export class PresenceList {
  /** Null where nobody is: mostly, where there are many rooms. */
  #present: Map<string, Presence> | null = null;
  #changesMeanwhile: PresenceChange[] | null = null;

  /** Of all other nodes. */
  values(): Iterable<Presence> {
    return this.#present?.values() ?? [];
  }

  /** From now on the whole list is on its way. */
  expectAll(): void {
    this.#changesMeanwhile = [];
  }

  /** It will not come. */
  expectNothing(): void {
    this.#changesMeanwhile = null;
  }

  /** @returns what is different from before */
  replace(all: readonly Presence[]): PresenceChange {
    const before = this.#present;
    this.#present = all.length === 0 ? null : new Map(all.map((each) => [each.id, each]));
    const meanwhile = this.#changesMeanwhile ?? [];
    this.#changesMeanwhile = null;
    for (const change of meanwhile) this.#apply(change);
    const joins = [...this.values()].filter((each) => !isSame(before?.get(each.id), each));
    const leaves = [...(before?.keys() ?? [])].filter((id) => this.#present?.has(id) !== true);
    return { joins, leaves };
  }

  /** @returns what of it is news */
  change(change: PresenceChange): PresenceChange {
    this.#changesMeanwhile?.push(change);
    return this.#apply(change);
  }

  #apply({ joins, leaves }: PresenceChange): PresenceChange {
    const left = leaves.filter((id) => this.#present?.delete(id));
    const joined = joins.filter((each) => !isSame(this.#present?.get(each.id), each));
    if (joined.length > 0) this.#present ??= new Map();
    for (const each of joined) this.#present?.set(each.id, each);
    if (this.#present?.size === 0) this.#present = null;
    return { joins: joined, leaves: left };
  }
}

function isSame(one: Presence | undefined, other: Presence): boolean {
  if (one === undefined) return false;
  try {
    return JSON.stringify(one.value) === JSON.stringify(other.value);
  } catch {
    // Nested deeper than anything that a node of ours says.
    return false;
  }
}
