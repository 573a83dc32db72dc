import { afterFlush } from '../connection/flush-queue';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { Delivery } from './delivery';
import { type Member, Membership } from './membership';
import { payloadOf } from './payload';
import { Publication, type Publish } from './publication';
import { Room } from './room';
import { checkRoomName } from './room-name';

const open = 1;

type Publishing = [rooms: readonly string[], except: readonly WebSocketConnection[], payload: string | Buffer];

/**
 * Who is in which room. A room is there while somebody is in it, and a connection that closes leaves all of its rooms.
 * Rooms of one hub have nothing to do with those of another.
 *
 * ```ts
 * const hub = new Hub();
 * app.ws('/live/:match', (socket, req) => { hub.join(socket, req.params.match); });
 * hub.to('final').publish({ goals: [1, 0] });
 * ```
 */
export class Hub {
  readonly #rooms = new Map<string, Room>();
  readonly #memberships = new Map<Member, Membership>();
  /** Rooms with batches, until the end of this iteration. */
  #published: Room[] = [];
  #publishes = 0;
  /**
   * What is published while a publish goes round, as by a member that a transport in this process makes answer at once: it
   * comes behind it, so that everybody has both in the same order. Null while none does.
   */
  #waiting: Array<[names: readonly string[], except: readonly WebSocketConnection[], payload: string | Buffer]> | null =
    null;

  /**
   * Joining twice is joining once.
   *
   * @param room any string of 1 to 256 characters
   * @returns whether the member is in the room now: false when its connection is no longer open, which can be so after
   *   every `await`, and is nobody's mistake
   * @throws InvalidOptionError for what is no room name, or no connection
   */
  join(member: WebSocketConnection, room: string): boolean {
    checkMember(member);
    checkRoomName(room);
    if (member.readyState !== open) return false;
    const membership = this.#memberships.get(member) ?? this.#enter(member);
    let joined = this.#rooms.get(room);
    if (joined === undefined) {
      joined = new Room(room);
      this.#rooms.set(room, joined);
    }
    joined.memberships.add(membership);
    membership.rooms.add(joined);
    return true;
  }

  /** @returns whether it was in the room */
  leave(member: WebSocketConnection, room: string): boolean {
    const membership = this.#memberships.get(member);
    const left = this.#rooms.get(room);
    if (membership === undefined || left === undefined || !membership.rooms.delete(left)) return false;
    this.#remove(membership, left);
    return true;
  }

  /** Leaves every room; what a connection that closes does by itself. */
  leaveAll(member: WebSocketConnection): void {
    const membership = this.#memberships.get(member);
    if (membership === undefined) return;
    for (const room of membership.rooms) this.#remove(membership, room);
    membership.rooms.clear();
  }

  /**
   * The members of these rooms, as what to publish to. A room that nobody is in is no mistake.
   *
   * @throws InvalidOptionError for no room at all, or what is no room name
   */
  to(...rooms: string[]): Publication {
    if (rooms.length === 0) throw new InvalidOptionError('to() needs the name of at least one room');
    for (const room of rooms) checkRoomName(room);
    return new Publication(this.#publish, rooms, []);
  }

  /** Who is in the room, in the order of joining; a copy. */
  members(room: string): WebSocketConnection[] {
    const found = this.#rooms.get(room);
    if (found === undefined) return [];
    return Array.from(found.memberships, (membership) => membership.member as WebSocketConnection);
  }

  /** How many are in the room. */
  count(room: string): number {
    return this.#rooms.get(room)?.memberships.size ?? 0;
  }

  /** The rooms that the member is in, in the order of joining; without a member, all rooms there are. A copy. */
  rooms(member?: WebSocketConnection): string[] {
    if (member === undefined) return Array.from(this.#rooms.keys());
    return Array.from(this.#memberships.get(member)?.rooms ?? [], (room) => room.name);
  }

  #enter(member: Member): Membership {
    const membership = new Membership(member);
    this.#memberships.set(member, membership);
    member.whenClosed(this.#onClosed);
    return membership;
  }

  /** One function for all members: no closure for each, nor for each room. */
  readonly #onClosed = (member: Member): void => {
    this.leaveAll(member as WebSocketConnection);
    this.#memberships.delete(member);
  };

  #remove(membership: Membership, room: Room): void {
    room.memberships.delete(membership);
    if (room.memberships.size === 0) this.#rooms.delete(room.name);
  }

  readonly #publish: Publish = (names, except, data) => {
    const payload = payloadOf(data);
    if (this.#waiting !== null) {
      // Bytes are still the publisher's.
      this.#waiting.push([names, except, typeof payload === 'string' ? payload : Buffer.from(payload)]);
      return;
    }
    const waiting: Publishing[] = [];
    this.#waiting = waiting;
    try {
      this.#deliver(names, except, payload);
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) this.#deliver(...next);
    } finally {
      this.#waiting = null;
    }
  };

  #deliver(names: readonly string[], except: readonly WebSocketConnection[], payload: string | Buffer): void {
    const rooms: Room[] = [];
    for (const name of names) {
      const room = this.#rooms.get(name);
      if (room !== undefined) rooms.push(room);
    }
    const first = rooms[0];
    if (first === undefined) return;
    const publish = ++this.#publishes;
    for (const member of except) {
      const membership = this.#memberships.get(member);
      if (membership !== undefined) membership.passed = publish;
    }
    if (first.batches === undefined) this.#openBatches(first);
    const delivery = new Delivery(first.batches!, payload);
    for (const room of rooms) {
      // Whoever closes in between leaves the set while it is walked, which a set allows.
      for (const membership of room.memberships) {
        if (membership.passed === publish) continue;
        membership.passed = publish;
        delivery.to(membership.member);
      }
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

function checkMember(member: Member): void {
  if (member?.masks === true) {
    throw new InvalidOptionError(
      'join() takes connections of a server; this one is a client, whose frames cannot be shared',
    );
  }
  if (typeof member?.sendShared === 'function') return;
  throw new InvalidOptionError(
    `join() takes a connection and the name of a room; the connection is ${describe(member)}`,
  );
}
