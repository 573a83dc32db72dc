import type { Presence } from '../rooms/adapter';

/** The connections of this node that are present, by room: what is to be taken back at the end. */
export class OwnPresence {
  /** Mostly one connection: a string is smaller than a set. */
  readonly #rooms = new Map<string, string | Set<string>>();

  add(room: string, present: readonly Presence[]): void {
    for (const { id } of present) {
      const known = this.#rooms.get(room);
      if (known === undefined) this.#rooms.set(room, id);
      else if (typeof known !== 'string') known.add(id);
      else if (known !== id) this.#rooms.set(room, new Set([known, id]));
    }
  }

  remove(room: string, ids: readonly string[]): void {
    for (const id of ids) {
      const known = this.#rooms.get(room);
      if (known === undefined) return;
      if (known === id || (typeof known !== 'string' && known.delete(id) && known.size === 0)) this.#rooms.delete(room);
    }
  }

  rooms(): Array<[room: string, ids: string[]]> {
    return Array.from(this.#rooms, ([room, ids]) => [room, typeof ids === 'string' ? [ids] : [...ids]]);
  }
}
