import { randomBytes } from 'node:crypto';

/** Rooms that share a generation: an eviction is a gap for one in so many of the rooms that were never written to. */
const slots = 1024;

/**
 * Names the lives of logs in memory, without remembering logs that are gone: a log that is thrown away ends the epoch of all
 * rooms in its slot that have no log. Those who had read of it then find another epoch, and who read of a room that was never
 * written to finds, nearly always, the one that it had.
 */
export class Epochs {
  readonly #life = randomBytes(6).toString('base64url');
  readonly #generations = new Uint32Array(slots);

  /** Of a room that has no log, and of the next one that it gets. */
  of(room: string): string {
    return `${this.#life}.${this.#generations[slotOf(room)]}`;
  }

  /** The log of the room is thrown away. */
  end(room: string): void {
    this.#generations[slotOf(room)]! += 1;
  }
}

/** FNV-1a over the UTF-16 code units. */
function slotOf(room: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < room.length; index++) {
    hash = Math.imul(hash ^ room.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % slots;
}
