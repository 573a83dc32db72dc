import { randomBytes } from 'node:crypto';
import type { WebSocketConnection } from '../connection/websocket-connection';
import type { Hub } from '../rooms/hub';
import type { Publication } from '../rooms/publication';
import { type ChatMember, type Joined, messageAnswer, messageHead, presenceAnswer } from './answers';
import type { Position } from './requests';

/** One member in one room. */
export interface Seat {
  readonly room: ChatRoom;
  readonly member: ChatMember;
  /** How all of its messages begin; see `messageHead`. */
  readonly head: string;
}

/** What a message got when it was said. */
export interface Stamp {
  readonly offset: number;
  readonly at: number;
}

/** One room of the chat, from its first member to its last: who is in it, and how much was said in it. */
export class ChatRoom {
  /** Tells this life of the room from others: offsets of different epochs cannot be compared. */
  readonly epoch = randomBytes(8).toString('base64url');
  readonly #seats = new Map<WebSocketConnection, Seat>();
  readonly #hub: Hub;
  readonly #everyone: Publication;
  #offset = 0;

  constructor(
    readonly name: string,
    hub: Hub,
  ) {
    this.#hub = hub;
    this.#everyone = hub.to(name);
  }

  /** Where the room is: the number of the message that was said last. */
  get position(): Position {
    return { epoch: this.epoch, offset: this.#offset };
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Who is in it, the longest there first; a copy of at most `limit`. */
  members(limit = Number.POSITIVE_INFINITY): ChatMember[] {
    const members: ChatMember[] = [];
    for (const { member } of this.#seats.values()) {
      if (members.length >= limit) break;
      members.push(member);
    }
    return members;
  }

  seatOf(socket: WebSocketConnection): Seat | undefined {
    return this.#seats.get(socket);
  }

  /**
   * Gives a seat to who comes, or another name to who is there, and tells the others. A new name is the old member
   * leaving and the new one joining, with the same id, in one piece of presence.
   *
   * @returns undefined when the connection has closed meanwhile
   */
  seat(socket: WebSocketConnection, member: ChatMember): Seat | undefined {
    const before = this.#seats.get(socket);
    if (before?.member.name === member.name) return before;
    if (!this.#hub.join(socket, this.name)) return undefined;
    const seat: Seat = { room: this, member, head: messageHead(this.name, member) };
    this.#seats.set(socket, seat);
    this.#tellOthers(socket, [member], before === undefined ? [] : [before.member]);
    return seat;
  }

  /** Takes the seat back, and tells the others. */
  unseat(socket: WebSocketConnection): void {
    const seat = this.#seats.get(socket);
    if (seat === undefined) return;
    this.#seats.delete(socket);
    this.#hub.leave(socket, this.name);
    this.#tellOthers(socket, [], [seat.member]);
  }

  /** What `seat` is told about the room. */
  welcome(seat: Seat, since: Position | undefined, maxMembersListed: number): Joined {
    const { position } = this;
    return {
      room: this.name,
      member: seat.member,
      members: this.members(maxMembersListed),
      count: this.size,
      position,
      missed: [],
      // No log is kept: that nothing was missed can be said only of who has seen the latest message.
      gap: since !== undefined && !(since.epoch === position.epoch && since.offset === position.offset),
    };
  }

  /** Sends a message to everyone but its sender, whose `head` it begins with. */
  say(socket: WebSocketConnection, head: string, text: string): Stamp {
    const offset = ++this.#offset;
    const at = Date.now();
    this.#everyone.except(socket).publish(messageAnswer(head, text, offset, at));
    return { offset, at };
  }

  #tellOthers(socket: WebSocketConnection, joins: readonly ChatMember[], leaves: readonly ChatMember[]): void {
    this.#everyone.except(socket).publish(presenceAnswer(this.name, joins, leaves));
  }
}
