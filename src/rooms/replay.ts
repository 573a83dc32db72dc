import type { Entry, LogPage, Position } from './adapter';

/** What somebody missed who comes back to a room. */
export interface Missed {
  readonly entries: readonly Entry[];
  /** Something may be missing in them. */
  readonly gap: boolean;
}

/**
 * What came behind a position: read from the log, which takes a while, and followed meanwhile; so that between the last of it and what
 * the room gets next there is nothing, neither missing nor twice.
 */
export class Replay {
  #followed: Entry[] = [];
  /** The room itself has missed what came before it, last. */
  #lost: Position | undefined;
  #page: LogPage | undefined;

  constructor(private readonly ended: (replay: Replay) => void) {}

  /** The feed has given the room another entry. */
  follow(entry: Entry): void {
    this.#followed.push(entry);
  }

  /** The feed has told the room of a gap: what came before this position it may not have given. */
  lose(position: Position): void {
    this.#lost = position;
  }

  /** The log as it was read. */
  read(page: LogPage): void {
    this.#page = page;
  }

  /** @param position what the room got last */
  take(position: Position): Missed {
    this.ended(this);
    const page = this.#page;
    if (page === undefined || page.position.epoch !== position.epoch) return { entries: [], gap: true };
    // The log may be ahead of the room, which gets the rest in its turn.
    const entries = page.entries.filter(({ offset }) => offset <= position.offset);
    for (const entry of this.#followed) {
      if (entry.epoch === position.epoch && entry.offset > page.position.offset) entries.push(entry);
    }
    const lost = this.#lost;
    const isLost = lost !== undefined && lost.epoch === position.epoch && lost.offset > page.position.offset;
    return { entries, gap: page.gap || isLost };
  }

  /** Nobody asks for it any more. */
  cancel(): void {
    this.ended(this);
  }
}
