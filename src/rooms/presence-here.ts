import type { Presence } from './adapter';

/** Within this time, in milliseconds, the presence of every room is said again, so that the broker keeps it. */
const keptWithin = 20 * 60_000;

/** Which connections of this node are present in which rooms. */
export class PresenceHere {
  readonly #rooms = new Map<string, Map<string, Presence>>();
  /** Where the last round of what is to be kept ended. */
  #round: Iterator<[string, Map<string, Presence>]> | undefined;

  add(room: string, presence: Presence): void {
    let present = this.#rooms.get(room);
    if (present === undefined) {
      present = new Map();
      this.#rooms.set(room, present);
    }
    present.set(presence.id, presence);
  }

  remove(room: string, id: string): void {
    const present = this.#rooms.get(room);
    if (present?.delete(id) && present.size === 0) this.#rooms.delete(room);
  }

  get(room: string, id: string): Presence | undefined {
    return this.#rooms.get(room)?.get(id);
  }

  in(room: string): readonly Presence[] {
    return [...(this.#rooms.get(room)?.values() ?? [])];
  }

  /** The next rooms whose presence is to be said again, when that is asked for every so many milliseconds. */
  nextToKeep(interval: number): Map<string, readonly Presence[]> {
    const kept = new Map<string, readonly Presence[]>();
    const count = Math.ceil((this.#rooms.size * interval) / keptWithin);
    while (kept.size < count) {
      this.#round ??= this.#rooms.entries();
      const next = this.#round.next();
      if (next.done) {
        this.#round = undefined;
        break;
      }
      kept.set(next.value[0], [...next.value[1].values()]);
    }
    return kept;
  }
}
