import type { WebSocketConnection } from '../connection/websocket-connection';
import type { AdapterError } from '../protocol/errors';
import type { Entry, Envelope, Eventually, LogPage, Position, Presence, PresenceChange } from '../rooms/adapter';
import type { Pending } from '../rooms/append-queue';
import type { Feed, FeedOwner } from '../rooms/feed';
import type { Hub } from '../rooms/hub';
import type { Publication } from '../rooms/publication';
import type { Missed, Replay } from '../rooms/replay';
import type { SharedRooms } from '../rooms/shared-rooms';
import { attemptSteps } from '../rooms/steps';
import type { Announcement } from './announcement';
import {
  type ChatContent,
  type ChatMember,
  type Joined,
  messageAnswer,
  messageHead,
  placedAnswer,
  positionAnswer,
  presenceAnswer,
} from './answers';
import { Outage } from './outage';
import { OwnMessages } from './own-messages';
import { type Attendance, Roster, type RosterChange } from './roster';
import { keyOf, messagesOf, newestWithin, Said, type Saying, type Speaker, sayingOf } from './said';

/** One connection in one room. */
export interface Seat {
  readonly room: ChatRoom;
  readonly member: ChatMember;
  /** Grows with every seat of the room. */
  readonly number: number;
  /** How all of its messages begin; see `messageHead`. */
  readonly head: string;
}

/** Who comes to a room. */
export interface Guest {
  readonly socket: WebSocketConnection;
  /** The connection's own id. */
  readonly connection: string;
  readonly member: ChatMember;
}

/** What the rooms of a chat have in common. */
export interface ChatRoomInit {
  /** Of the connections of this node. */
  readonly hub: Hub;
  readonly shared: SharedRooms;
  readonly maxMembersListed: number;
  /** Nobody of this node is in it any more, and nothing that was said here is on its way. */
  emptied(room: ChatRoom): void;
}

/** One room of the chat on this node, from its first member here to its last: who is in it, and what is said in it. */
export class ChatRoom implements FeedOwner {
  readonly feed: Feed;
  readonly #seats = new Map<WebSocketConnection, Seat>();
  readonly #roster = new Roster();
  readonly #said = new OwnMessages({
    has: (offset) => this.feed.isLive && this.feed.position !== null && offset <= this.feed.position.offset,
    waits: (socket) => this.#outage?.parked.has(socket) === true,
    givenUp: (id) => this.#outage?.givenUp(id),
    emptied: () => this.#closeIfEmpty(),
  });
  /** What programs said here that has not arrived, by id. */
  readonly #announced = new Set<string>();
  readonly #everyone: Publication;
  #outage: Outage | undefined;
  #lastSeat = 0;
  /** Those who are about to come. */
  #expected = 0;

  constructor(
    readonly name: string,
    private readonly init: ChatRoomInit,
  ) {
    this.#everyone = init.hub.here(name);
    this.feed = init.shared.follow(name, this);
  }

  /** How many members, on all nodes. */
  get count(): number {
    return this.#roster.size;
  }

  /** Who is in it, on all nodes, the longest there first; at most `limit`. */
  members(limit = Number.POSITIVE_INFINITY): ChatMember[] {
    return this.#roster.list(limit);
  }

  /** What a member is called that is in it, on whatever connection. */
  nameOf(member: string): string | undefined {
    return this.#roster.nameOf(member);
  }

  /** Done when the room has caught up with what was said, or the broker is found to be away. */
  settled(): Eventually<void> {
    let isSettled = false;
    let settle = () => {
      isSettled = true;
    };
    this.feed.whenSettled(() => settle());
    if (isSettled) return;
    return new Promise((resolve) => {
      settle = resolve;
    });
  }

  /** What came behind a position; undefined where the broker is away, and where nothing did. */
  *replay(since: Position): Generator<Eventually<LogPage>, Replay | undefined, LogPage> {
    const { isLive, position } = this.feed;
    if (!isLive || (position !== null && isSame(since, position))) return undefined;
    try {
      return yield* this.feed.replay(since);
    } catch {
      return undefined;
    }
  }

  /** Somebody is about to come: the room stays until it has. */
  expect(): void {
    this.#expected++;
  }

  /** Who was expected has come, or will not. */
  expected(): void {
    this.#expected--;
    this.#closeIfEmpty();
  }

  /**
   * Gives a seat to who comes, or another name to who is there, and tells the others.
   *
   * @returns undefined when the connection has closed meanwhile
   */
  seat({ socket, connection, member }: Guest): Seat | undefined {
    const before = this.#seats.get(socket);
    if (before !== undefined && before.member.name === member.name) return before;
    const { hub, shared } = this.init;
    if (!hub.join(socket, this.name)) return undefined;
    this.#lastSeat++;
    const number = before?.number ?? this.#lastSeat;
    const seat: Seat = { room: this, member, number, head: messageHead(this.name, member) };
    this.#seats.set(socket, seat);
    this.#tellOthers(socket, this.#roster.change([{ connection, member }], []));
    shared.enter(this.name, connection, member);
    return seat;
  }

  /** Takes the seat back, and tells the others. */
  unseat(socket: WebSocketConnection, connection: string): void {
    if (!this.#seats.delete(socket)) return;
    const { hub, shared } = this.init;
    hub.leave(socket, this.name);
    this.#outage?.parked.delete(socket);
    this.#tellOthers(socket, this.#roster.change([], [connection]));
    shared.leave(this.name, connection);
    this.#said.settle();
    this.#closeIfEmpty();
  }

  /**
   * What who has come is told about the room.
   *
   * @param missed what came behind `since`, where it could be read; otherwise it follows when the broker is back
   */
  welcome(socket: WebSocketConnection, seat: Seat, since: Position | undefined, missed: Missed | undefined): Joined {
    const { position } = this.feed;
    const isBehind = missed === undefined && since !== undefined && (position === null || !isSame(since, position));
    const waits = position === null || isBehind || this.#outage?.parked.has(socket) === true;
    if (waits) {
      this.#outage ??= new Outage();
      // Who joins again has got nothing since it joined first.
      this.#outage.parked.set(socket, this.#outage.parked.get(socket) ?? since);
    }
    for (const entry of missed?.entries ?? []) this.init.shared.remember(entry);
    // An answer that fills all that may wait for a client would have the next message close it as a slow consumer.
    const all = waits ? [] : messagesOf(this.name, missed?.entries ?? []);
    const { newest, isCut } = newestWithin(all, socket.spare / 2);
    return {
      room: this.name,
      member: seat.member,
      members: this.members(this.init.maxMembersListed),
      count: this.count,
      position: waits ? null : position,
      missed: newest,
      gap: !waits && (isCut || (missed?.gap ?? false)),
    };
  }

  /**
   * Sends a message to everyone but its sender, now or when it has its place in the log.
   *
   * @returns why it is not taken
   */
  say(seat: Seat, content: ChatContent, key: string | undefined, speaker: Speaker): AdapterError | undefined {
    const again = key === undefined ? undefined : this.#said.get(key);
    if (again !== undefined) {
      again.again(speaker);
      this.#said.appended(again);
      return undefined;
    }
    const { shared } = this.init;
    const saying: Saying = { from: seat.member, ...content };
    const draft = shared.draft(saying, key === undefined ? {} : { id: key });
    const said = new Said(this.name, draft, sizeOf(content), seat.head, saying, speaker, this.#said);
    this.#said.add(said);
    const refusal = shared.queue.add(said);
    if (refusal !== undefined) this.#said.forget(said);
    else if (shared.isAway) this.#tellEarly(said);
    return refusal;
  }

  /** A program has said something here. */
  announced(announcement: Announcement): void {
    if (announcement.isOver) return;
    const { id } = announcement.draft;
    this.#announced.add(id);
    const isOver = () => void this.#announced.delete(id);
    announcement.said.then(isOver, () => {
      isOver();
      this.#outage?.givenUp(id);
    });
    if (this.init.shared.isAway) this.#tellEarly(announcement);
  }

  /** The broker is away: what waits for it is told to those who are here. */
  away(): void {
    for (const pending of this.init.shared.queue.waitingFor(this.name)) this.#tellEarly(pending);
  }

  entry(entry: Entry): void {
    const said = this.#said.get(entry.id);
    const isOurs = said !== undefined && entry.node === this.init.shared.node;
    this.#announced.delete(entry.id);
    this.init.shared.remember(entry);
    const saying = isOurs ? said.saying : sayingOf(entry);
    if (saying === undefined) {
      this.published(entry);
      return;
    }
    const head = isOurs ? said.head : messageHead(this.name, saying.from);
    const text = messageAnswer(head, saying, entry.offset, entry.at, keyOf(entry));
    const sockets = said?.sockets ?? [];
    if (this.#outage === undefined) this.#everyone.except(...sockets).publish(text);
    else this.#tellAfterOutage(this.#outage, entry, text, sockets);
    if (said !== undefined) this.#said.sent(said, entry.offset);
    if (isOurs) said.heard(entry.offset);
  }

  gap(position: Position): void {
    const waiting = this.#outage?.parked.keys() ?? [];
    this.#everyone.except(...waiting).publish(positionAnswer(this.name, position, true));
    // What the log has had, and has no more, will not come.
    const onTheirWay = this.init.shared.queue.waitingFor(this.name);
    this.#outage?.lost(new Set(onTheirWay.map(({ draft }) => draft.id)));
    this.#said.settleLost();
  }

  presence({ joins, leaves }: PresenceChange): void {
    const attendances = joins.flatMap(({ id, value }): Attendance[] => {
      const { id: member, name } = value as Partial<ChatMember>;
      if (typeof member !== 'string' || typeof name !== 'string') return [];
      return [{ connection: id, member: { id: member, name } }];
    });
    this.#tellOthers(undefined, this.#roster.change(attendances, leaves));
  }

  presentHere(): readonly Presence[] {
    return this.init.shared.presentHere(this.name);
  }

  /** The feed is live: those who came while the broker was away get what they missed. */
  live(): void {
    for (const [socket, since] of this.#outage?.parked ?? []) {
      // Where the log was when it came is not known.
      if (since === undefined) this.#unpark(socket, { entries: [], gap: true }, undefined);
      else attemptSteps(this.#catchUp(socket, since));
    }
    this.#said.settle();
  }

  /** What a program has published goes out as it is; of this node it has gone already. */
  published(envelope: Envelope): void {
    const { hub, shared } = this.init;
    const { node, data, rooms = [this.name], key } = envelope;
    if (node === shared.node || (typeof data === 'object' && !Buffer.isBuffer(data))) return;
    if (!shared.isRepeated(envelope)) hub.here(...rooms).publish(data, key === undefined ? {} : { key });
  }

  *#catchUp(socket: WebSocketConnection, since: Position) {
    const replay = yield* this.feed.replay(since);
    const { position } = this.feed;
    // It has left meanwhile, and perhaps come again.
    if (position === null || this.#outage?.parked.get(socket) !== since) replay.cancel();
    else this.#unpark(socket, replay.take(position), since);
  }

  /** From now on who came while the broker was away gets what the others get. */
  #unpark(socket: WebSocketConnection, { entries, gap }: Missed, since: Position | undefined): void {
    const outage = this.#outage!;
    const seat = this.#seats.get(socket)!;
    outage.parked.delete(socket);
    const [first] = entries;
    const lost = first === undefined ? this.feed.position! : { epoch: first.epoch, offset: first.offset - 1 };
    // Without a gap it is where it was: offsets need not grow by one, so the one before the first says less.
    const { hub } = this.init;
    hub.sendInTurn(
      socket,
      positionAnswer(this.name, gap || since === undefined || first === undefined ? lost : since, gap),
    );
    for (const entry of entries) {
      this.init.shared.remember(entry);
      const saying = sayingOf(entry);
      const said = this.#said.get(entry.id);
      if (saying === undefined) continue;
      if (said?.sockets.includes(socket)) this.#said.sent(said, entry.offset);
      else if (outage.hasEarly(entry.id, seat.number)) {
        hub.sendInTurn(socket, placedAnswer(this.name, entry.id, entry.offset, entry.at));
      } else {
        const head = messageHead(this.name, saying.from);
        hub.sendInTurn(socket, messageAnswer(head, saying, entry.offset, entry.at, keyOf(entry)));
      }
    }
    this.#said.settle();
    if (outage.isOver) this.#outage = undefined;
  }

  #tellEarly(pending: Pending): void {
    const { draft } = pending;
    // It was in the log already, and in the room; only its publisher does not know that.
    if (this.#said.get(draft.id) !== pending && !this.#announced.has(draft.id)) return;
    const saying = sayingOf(draft);
    // Said again on another node than before: those who are here have it.
    if (saying === undefined || this.init.shared.remembers(draft)) return;
    this.#outage ??= new Outage();
    if (this.#outage.wasEarly(draft.id)) return;
    this.#outage.toldEarly(draft.id, this.#lastSeat);
    const sockets = this.#said.get(draft.id)?.sockets ?? [];
    this.#everyone
      .except(...sockets)
      .publish(messageAnswer(messageHead(this.name, saying.from), saying, null, draft.at, draft.id));
  }

  #tellAfterOutage(outage: Outage, entry: Entry, text: string, senders: readonly WebSocketConnection[]): void {
    const placed = placedAnswer(this.name, entry.id, entry.offset, entry.at);
    for (const [socket, { number }] of this.#seats) {
      if (outage.parked.has(socket) || senders.includes(socket)) continue;
      this.init.hub.sendInTurn(socket, outage.hasEarly(entry.id, number) ? placed : text);
    }
    outage.placed(entry.id);
    if (outage.isOver) this.#outage = undefined;
  }

  #tellOthers(socket: WebSocketConnection | undefined, change: RosterChange): void {
    if (change.joins.length === 0 && change.leaves.length === 0) return;
    const others = socket === undefined ? this.#everyone : this.#everyone.except(socket);
    others.publish(presenceAnswer(this.name, change, this.count));
  }

  #closeIfEmpty(): void {
    if (this.#seats.size > 0 || this.#expected > 0 || !this.#said.isEmpty) return;
    this.init.emptied(this);
  }
}

function isSame(one: Position, other: Position): boolean {
  return one.epoch === other.epoch && one.offset === other.offset;
}

/** About how much memory it takes while it waits. */
function sizeOf({ text, data }: ChatContent): number {
  return text === undefined ? JSON.stringify(data).length : text.length;
}
