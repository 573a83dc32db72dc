import type { WebSocketConnection } from '../connection/websocket-connection';
import type { RoomCounters } from '../diagnostics/room-counters';
import { Backlog } from './backlog';
import type { Delivery } from './delivery';
import type { Member, Membership } from './membership';
import type { Room } from './room';

/**
 * A slow member has not got messages of a room that were dropped, and can take messages again. It is called just before the
 * next one of that room is sent, or behind the last one that waited: what it sends to the member stands where they are
 * missing.
 *
 * Also for every member of a room of which something was lost between the nodes.
 *
 * @param dropped how many are missing there; null where that is not known, because they were lost on the way from other nodes
 */
export type GapListener = (member: WebSocketConnection, room: string, dropped: number | null) => void;

const open = 1;

/**
 * Holds back what a hub publishes to members that are slow, and lets it go when they have caught up.
 *
 * @internal
 */
export class SlowMembers {
  readonly listeners = new Set<GapListener>();

  constructor(private readonly counters: RoomCounters) {}

  hold(membership: Membership, room: Room, delivery: Delivery): void {
    const { member } = membership;
    let { backlog } = membership;
    if (backlog === null) {
      backlog = new Backlog(member, this.#count, this.#countDelivered);
      membership.backlog = backlog;
      member.counters?.slowConsumer(member, room.policy, room.name);
      this.#releaseLater(membership, backlog);
    }
    if (member.readyState === open) backlog.hold(room, delivery.held);
    // What waits cannot be sent any more.
    if (member.readyState !== open) membership.backlog = null;
  }

  /** Messages of a room were lost on their way from other nodes. */
  lost(membership: Membership, room: Room): void {
    if (membership.backlog === null) this.#tellGap(membership.member, room.name, Number.POSITIVE_INFINITY);
    else membership.backlog.lost(room);
  }

  /** The member has left the room. */
  leave(membership: Membership, room: Room): void {
    membership.backlog?.leave(room, (other) => membership.rooms.has(other));
  }

  readonly #count = (room: Room): void => {
    room.dropped++;
    this.counters.dropped++;
  };

  readonly #countDelivered = (room: Room): void => {
    // Otherwise it was sent to this member alone.
    if (room.name !== '') this.counters.delivered++;
  };

  #releaseLater(membership: Membership, backlog: Backlog): void {
    membership.member.whenDrained(() => {
      // It may have left all its rooms, or be slow for the second time since.
      if (membership.backlog === backlog) this.#release(membership, backlog);
    });
  }

  #release(membership: Membership, backlog: Backlog): void {
    const { member } = membership;
    const isDone = backlog.release(new Map(), (room, missing) => this.#tellGap(member, room.name, missing));
    if (membership.backlog !== backlog) return;
    if (isDone || member.readyState !== open) membership.backlog = null;
    else this.#releaseLater(membership, backlog);
  }

  #tellGap(member: Member, room: string, missing: number): void {
    const dropped = Number.isFinite(missing) ? missing : null;
    for (const listener of this.listeners) {
      try {
        const result: unknown = listener(member as WebSocketConnection, room, dropped);
        if (result instanceof Promise) result.catch((error) => member.failWith(error));
      } catch (error) {
        member.failWith(error);
      }
    }
  }
}
