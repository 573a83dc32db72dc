/**
 * Who has left while the broker could not be told: otherwise whoever left a room that nobody of this node is in any more would
 * be present there for the others as long as this node lives.
 */
export class UnsaidLeaves {
  readonly #rooms = new Map<string, Set<string>>();
  /** Who came while the broker was away: as it knows nothing of them, they may leave unsaid. */
  readonly #unknown = new Set<string>();

  /** @param isUnknown the broker is away, and has not heard of this connection in this room */
  entered(room: string, id: string, isUnknown: boolean): void {
    if (this.#forget(room, id)) return;
    if (isUnknown) this.#unknown.add(keyOf(room, id));
  }

  left(room: string, ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#unknown.delete(keyOf(room, id))) continue;
      const left = this.#rooms.get(room);
      if (left === undefined) this.#rooms.set(room, new Set([id]));
      else left.add(id);
    }
  }

  /** The broker is back: who has left what, to be said now; and who is present is about to be said. */
  take(): Array<[room: string, ids: readonly string[]]> {
    const taken = Array.from(this.#rooms, ([room, ids]): [string, string[]] => [room, [...ids]]);
    this.#rooms.clear();
    this.#unknown.clear();
    return taken;
  }

  /** @returns whether the broker may still believe that it is present */
  #forget(room: string, id: string): boolean {
    const left = this.#rooms.get(room);
    if (left?.delete(id) !== true) return false;
    if (left.size === 0) this.#rooms.delete(room);
    return true;
  }
}

function keyOf(room: string, id: string): string {
  return `${room}\n${id}`;
}
