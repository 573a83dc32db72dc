import { type AdapterStatus, adapterStatuses } from './adapter-status';
import type { Counters } from './counters';

/** What only grows. */
export interface RoomTotals {
  published: number;
  delivered: number;
  dropped: number;
}

/**
 * What a hub counts. It does not belong to a board; while connections of one are in its rooms, that board counts it.
 */
export class RoomCounters implements RoomTotals {
  rooms = 0;
  /** Connections in rooms: who is in two counts twice. */
  members = 0;
  published = 0;
  delivered = 0;
  dropped = 0;
  /** No board counts it: its rooms are nobody's but the package's own. */
  isHidden = false;
  readonly #boards = new Set<Counters>();

  /** @param adapter the status of the hub's adapter */
  constructor(readonly adapter: () => AdapterStatus) {}

  /** A connection of this board has come. */
  joined(board: Counters | undefined): void {
    if (board === undefined || this.isHidden || this.#boards.has(board)) return;
    this.#boards.add(board);
    board.hubs.follow(this);
  }

  /** Whether this board counts it. */
  isCountedBy(board: Counters): boolean {
    return this.#boards.has(board);
  }

  /** Nobody is in it any more: so that boards keep nothing of hubs that are gone. */
  emptied(): void {
    for (const board of this.#boards) if (board.hubs.leave(this)) this.#boards.delete(board);
  }

  /** Tells the boards. */
  adapterChanged(status: string, problem: Error | undefined): void {
    for (const board of this.#boards) board.adapterChanged(status, problem);
  }
}

/** The hubs that connections of one board are in. */
export class HubCounters {
  /** With what each had counted before. */
  readonly #hubs = new Map<RoomCounters, Readonly<RoomTotals>>();
  /** Of hubs that were left. */
  readonly #past: RoomTotals = { published: 0, delivered: 0, dropped: 0 };
  readonly #own = new Set<RoomCounters>();

  /** A hub that is counted for as long as the board lives. */
  own(hub: RoomCounters, board: Counters): void {
    this.#own.add(hub);
    hub.joined(board);
  }

  follow(hub: RoomCounters): void {
    const { published, delivered, dropped } = hub;
    this.#hubs.set(hub, { published, delivered, dropped });
  }

  /** @returns false for one that is never left */
  leave(hub: RoomCounters): boolean {
    if (this.#own.has(hub)) return false;
    addSince(this.#past, hub, this.#hubs.get(hub));
    this.#hubs.delete(hub);
    return true;
  }

  snapshot(): RoomTotals & { rooms: number; members: number; adapter: AdapterStatus } {
    const sum = { rooms: 0, members: 0, ...this.#past };
    let adapter: AdapterStatus = 'ready';
    for (const [hub, before] of this.#hubs) {
      sum.rooms += hub.rooms;
      sum.members += hub.members;
      addSince(sum, hub, before);
      const status = hub.adapter();
      if (adapterStatuses.indexOf(status) > adapterStatuses.indexOf(adapter)) adapter = status;
    }
    return { ...sum, adapter };
  }
}

function addSince(sum: RoomTotals, hub: RoomTotals, before: Readonly<RoomTotals> | undefined): void {
  sum.published += hub.published - (before?.published ?? 0);
  sum.delivered += hub.delivered - (before?.delivered ?? 0);
  sum.dropped += hub.dropped - (before?.dropped ?? 0);
}
