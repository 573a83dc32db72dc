import { afterFlush } from '../connection/flush-queue';
import type { RoomCounters } from '../diagnostics/room-counters';
import { Delivery } from './delivery';
import type { Member, Membership } from './membership';
import type { Room } from './room';
import type { SlowMembers } from './slow-members';

type Publishing = [
  rooms: readonly string[],
  except: readonly Member[],
  payload: string | Buffer,
  key: string | undefined,
];

/**
 * Hands what is published to the members that are here: one message after the other, to each member once, by reference to one
 * encoding.
 *
 * @internal
 */
export class LocalDelivery {
  /** Rooms with batches, until the end of this iteration. */
  #published: Room[] = [];
  #publishes = 0;
  /**
   * What is published while a publish goes round, as by a member that a transport in this process makes answer at once: it
   * comes behind it, so that everybody has both in the same order. Null while none does.
   */
  #waiting: Publishing[] | null = null;

  constructor(
    private readonly rooms: ReadonlyMap<string, Room>,
    private readonly memberships: ReadonlyMap<Member, Membership>,
    private readonly slowMembers: SlowMembers,
    private readonly counters: RoomCounters,
  ) {}

  /** @param except members that do not get it */
  deliver(...[names, except, payload, key]: Publishing): void {
    if (this.#waiting !== null) {
      // Bytes are still the publisher's.
      this.#waiting.push([names, except, typeof payload === 'string' ? payload : Buffer.from(payload), key]);
      return;
    }
    const waiting: Publishing[] = [];
    this.#waiting = waiting;
    try {
      this.#deliverNow(names, except, payload, key);
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) this.#deliverNow(...next);
    } finally {
      this.#waiting = null;
    }
  }

  #deliverNow(...[names, except, payload, key]: Publishing): void {
    const rooms: Room[] = [];
    for (const name of names) {
      const room = this.rooms.get(name);
      if (room !== undefined) rooms.push(room);
    }
    const first = rooms[0];
    if (first === undefined) return;
    const publish = ++this.#publishes;
    for (const member of except) {
      const membership = this.memberships.get(member);
      if (membership !== undefined) membership.passed = publish;
    }
    if (first.batches === undefined) this.#openBatches(first);
    const delivery = new Delivery(first.batches!, payload, rooms, key);
    for (const room of rooms) {
      const canBeSlow = room.policy !== 'close';
      let delivered = 0;
      // Whoever closes in between leaves the set while it is walked, which a set allows.
      for (const membership of room.memberships) {
        if (membership.passed === publish) continue;
        membership.passed = publish;
        if (membership.backlog !== null || (canBeSlow && membership.member.isSlow)) {
          this.slowMembers.hold(membership, room, delivery);
        } else {
          delivery.to(membership.member);
          delivered++;
        }
      }
      this.counters.delivered += delivered;
    }
  }

  #openBatches(room: Room): void {
    room.batches = new Map();
    if (this.#published.push(room) === 1) afterFlush(this.#closeBatches);
  }

  /** A batch does not outlast its iteration, or a quiet room would hold a whole slab for a few bytes. */
  readonly #closeBatches = (): void => {
    for (const room of this.#published) room.batches = undefined;
    this.#published = [];
  };
}
