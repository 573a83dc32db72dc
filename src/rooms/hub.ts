import type { WebSocketConnection } from '../connection/websocket-connection';
import { channels } from '../diagnostics/channels';
import { RoomCounters } from '../diagnostics/room-counters';
import { type AdapterError, InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { checkFunction, describe, refuseUnknownOptions } from '../protocol/options';
import type { AdapterProblem, AdapterStatus, LogPage } from './adapter';
import { Delivery } from './delivery';
import {
  closeUser,
  type Disconnection,
  type DisconnectOptions,
  resolveDisconnect,
  userOptionNames,
} from './disconnect';
import { type HistoryQuery, resolveHistoryQuery } from './history-query';
import { HubErrors } from './hub-errors';
import { HubSharing, type Sharing } from './hub-sharing';
import { LocalDelivery } from './local-delivery';
import { type Member, Membership } from './membership';
import { payloadOf } from './payload';
import { Publication, type Publish } from './publication';
import { Room } from './room';
import { checkRoomName, checkRoomNames } from './room-name';
import {
  refuseAdapter,
  resolveSharedRoomsOptions,
  type SharedRoomsOptions,
  sharedRoomsOptionNames,
} from './shared-rooms-options';
import { checkSlowConsumer, policyOf, type SlowConsumer } from './slow-consumer';
import { type GapListener, SlowMembers } from './slow-members';
import { isPublishWatched, watchedPublish } from './watched-publish';

const open = 1;

/** How the rooms of a hub are. */
export interface HubOptions extends SharedRoomsOptions {
  /** What becomes of a room's messages for a member that is slow. @default 'close' */
  slowConsumer?: SlowConsumer;
}

/** What happens in a hub, and what its listeners get. */
export interface HubEvents {
  /** A member misses messages of a room: see GapListener. */
  gap: Parameters<GapListener>;
  /**
   * What was published has not reached the other nodes: the broker was away for too long, or too much waited for it. Without
   * a listener it is written to the console, at most once a minute for each code; it never ends the process.
   */
  error: [error: AdapterError];
}

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
  /** @internal */
  readonly counters = new RoomCounters(() => this.#sharing?.status ?? 'ready');
  readonly #slowConsumer: SlowConsumer;
  readonly #slowMembers = new SlowMembers(this.counters);
  readonly #local = new LocalDelivery(this.#rooms, this.#memberships, this.#slowMembers, this.counters);
  /** Stands for what goes to single members: nobody is in it. */
  readonly #direct = new Room('', 'close');
  /** Of each board: all of its connections. */
  readonly #boards = new Set<Iterable<WebSocketConnection>>();
  readonly #errors = new HubErrors();
  /** Where there are neither other nodes nor a history, nothing of what they need is there. */
  readonly #shared: HubSharing | undefined;
  #sharing: Sharing | undefined;
  readonly #keepsHistory: boolean;

  /** @throws InvalidOptionError for an option that is unknown or wrong */
  constructor(options: HubOptions = {}) {
    refuseAdapter('new Hub()', options);
    refuseUnknownOptions('new Hub()', options, ['slowConsumer', ...sharedRoomsOptionNames]);
    const { slowConsumer = 'close' } = options;
    checkSlowConsumer(slowConsumer);
    this.#slowConsumer = slowConsumer;
    const resolved = resolveSharedRoomsOptions(options, 'hub');
    this.#keepsHistory = resolved.history.count > 0;
    if (resolved.isLocal && !this.#keepsHistory) return;
    this.#shared = new HubSharing(resolved, {
      deliver: ({ rooms, payload, key }) => this.#local.deliver(rooms, [], payload, key),
      lost: (room) => this.#lost(room),
      disconnectHere: (disconnection) => this.disconnectHere(disconnection),
      disconnectUserHere: (disconnection) => this.#disconnectUserHere(disconnection),
      failed: (error) => this.#errors.report(error),
      statusChanged: (status, problem) => this.statusChanged(status, problem),
    });
    this.#sharing = this.#shared;
  }

  /** Has something else join the rooms with those of other nodes. @internal */
  share(sharing: Sharing): void {
    this.#sharing = sharing;
  }

  /**
   * Joining twice is joining once.
   *
   * @param room any string of 1 to 256 characters
   * @returns whether the member is in the room now: false when its connection is no longer open, which can be so after
   *   every `await`, and is nobody's mistake
   * @throws InvalidOptionError for what is no room name, or no connection; for a new room, what `slowConsumer` throws
   */
  join(member: WebSocketConnection, room: string): boolean {
    checkMember(member);
    checkRoomName(room);
    if (member.readyState !== open) return false;
    const membership = this.#memberships.get(member) ?? this.#enter(member);
    const there = this.#rooms.get(room);
    const joined = there ?? new Room(room, policyOf(room, this.#slowConsumer));
    if (!membership.rooms.has(joined)) {
      this.counters.members++;
      this.counters.joined(member.counters);
    }
    joined.memberships.add(membership);
    membership.rooms.add(joined);
    if (there === undefined) {
      this.#rooms.set(room, joined);
      this.counters.rooms++;
      this.#sharing?.opened(room);
    }
    return true;
  }

  /** @returns whether it was in the room */
  leave(member: WebSocketConnection, room: string): boolean {
    const membership = this.#memberships.get(member);
    const left = this.#rooms.get(room);
    if (membership === undefined || left === undefined || !membership.rooms.delete(left)) return false;
    this.#remove(membership, left);
    this.#slowMembers.leave(membership, left);
    return true;
  }

  /** Leaves every room; what a connection that closes does by itself. */
  leaveAll(member: WebSocketConnection): void {
    const membership = this.#memberships.get(member);
    if (membership === undefined) return;
    for (const room of membership.rooms) this.#remove(membership, room);
    membership.rooms.clear();
    membership.backlog = null;
  }

  /**
   * The members of these rooms, as what to publish to. A room that nobody is in is no mistake.
   *
   * @throws InvalidOptionError for no room at all, or what is no room name
   */
  to(...rooms: string[]): Publication {
    return new Publication(this.#publish, checkRoomNames('to()', rooms), []);
  }

  /**
   * The members of these rooms that are on this node, whatever the adapter; otherwise as `to()`.
   *
   * @throws InvalidOptionError for no room at all, or what is no room name
   */
  here(...rooms: string[]): Publication {
    return new Publication(this.#publishHere, checkRoomNames('here()', rooms), []);
  }

  /**
   * What was published to a room, of all nodes: with the option `history`.
   *
   * @returns the oldest first. Rejects with an AdapterError while the broker does not answer, with InvalidOptionError for a
   *   query that cannot be, and with InvalidStateError for a hub without history
   */
  async history(room: string, query: HistoryQuery = {}): Promise<LogPage> {
    checkRoomName(room);
    if (this.#keepsHistory) return this.#shared!.history(room, resolveHistoryQuery(query));
    throw new InvalidStateError("This hub keeps no history: make it with the option 'history'");
  }

  /**
   * Sends to one member, behind what waits for it because it is slow; it is dropped for no other message's sake.
   *
   * @internal
   */
  sendInTurn(member: WebSocketConnection, text: string): void {
    const membership = this.#memberships.get(member);
    if (membership === undefined || membership.backlog === null) member.send(text);
    else this.#slowMembers.hold(membership, this.#direct, new Delivery(new Map(), text, [this.#direct], undefined));
  }

  /** Who is in the room on this node, in the order of joining; a copy. */
  members(room: string): WebSocketConnection[] {
    const found = this.#rooms.get(room);
    if (found === undefined) return [];
    return Array.from(found.memberships, (membership) => membership.member as WebSocketConnection);
  }

  /** How many are in the room on this node. */
  count(room: string): number {
    return this.#rooms.get(room)?.memberships.size ?? 0;
  }

  /** The rooms that the member is in, in the order of joining; without a member, all rooms there are. A copy. */
  rooms(member?: WebSocketConnection): string[] {
    if (member === undefined) return Array.from(this.#rooms.keys());
    return Array.from(this.#memberships.get(member)?.rooms ?? [], (room) => room.name);
  }

  /**
   * How many messages members did not get because they were slow: of the room, since it is there, or of all rooms that
   * there ever were. A message that a later one with its key took the place of is not among them, nor is what waited for
   * a member that left, or was closed.
   */
  dropped(room?: string): number {
    return room === undefined ? this.counters.dropped : (this.#rooms.get(room)?.dropped ?? 0);
  }

  /**
   * Closes the connections of a user, those whose `socket.user` it is, as far as they are in a room; on all nodes. While the
   * broker is away the others hear it when it is back; a node that is cut off from the broker alone does not hear it.
   *
   * @returns how many on this node
   * @throws InvalidOptionError for an option that is missing, unknown or wrong
   */
  disconnect(options: DisconnectOptions): number {
    const disconnection = resolveDisconnect(options);
    this.#shared?.disconnect(disconnection);
    return this.disconnectHere(disconnection);
  }

  /** @throws InvalidOptionError for another event, or a listener that is no function */
  on<Name extends keyof HubEvents>(event: Name, listener: (...details: HubEvents[Name]) => void): this {
    checkFunction('listener', listener);
    this.#listeners(event).add(listener);
    return this;
  }

  off<Name extends keyof HubEvents>(event: Name, listener: (...details: HubEvents[Name]) => void): this {
    this.#listeners(event).delete(listener);
    return this;
  }

  #listeners<Name extends keyof HubEvents>(event: Name): Set<(...details: HubEvents[Name]) => void> {
    const listeners = { gap: this.#slowMembers.listeners, error: this.#errors.listeners }[event];
    if (listeners !== undefined) return listeners as Set<(...details: HubEvents[Name]) => void>;
    throw new InvalidOptionError(`A Hub has the events 'gap' and 'error', not ${describe(event)}`);
  }

  /** @internal */
  disconnectHere(disconnection: Disconnection): number {
    const { room } = disconnection;
    return closeUser(disconnection, room === undefined ? this.#memberships.keys() : this.members(room));
  }

  /** Has `disconnectUser()` look through these connections, as they are then. @internal */
  alsoDisconnects(connections: Iterable<WebSocketConnection>): void {
    this.#boards.add(connections);
  }

  /** Closes the connections of a user on all boards that share the hub, on all nodes, in a room or not. @internal */
  disconnectUser(options: Omit<DisconnectOptions, 'room'>): number {
    const disconnection = resolveDisconnect(options, userOptionNames);
    this.#shared?.disconnectUser(disconnection);
    return this.#disconnectUserHere(disconnection);
  }

  #disconnectUserHere(disconnection: Disconnection): number {
    let closed = 0;
    for (const connections of this.#boards) closed += closeUser(disconnection, connections);
    return closed;
  }

  /** The status of the adapter has changed. @internal */
  statusChanged(status: AdapterStatus, problem: AdapterProblem | undefined): void {
    if (channels.adapter.hasSubscribers) channels.adapter.publish({ hub: this, status, ...(problem && { problem }) });
    this.counters.adapterChanged(status, problem);
  }

  /** What other nodes have published is lost: how much is not known. */
  #lost(name: string): void {
    const room = this.#rooms.get(name);
    for (const membership of room?.memberships ?? []) this.#slowMembers.lost(membership, room!);
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
    this.counters.members--;
    if (room.memberships.size > 0) return;
    this.#rooms.delete(room.name);
    this.counters.rooms--;
    if (this.#rooms.size === 0) this.counters.emptied();
    this.#sharing?.emptied(room.name);
  }

  readonly #publish: Publish = (...publishing) => this.#watched(this.#publishEverywhere, publishing);

  readonly #publishHere: Publish = (...publishing) => this.#watched(this.#publishOnlyHere, publishing);

  #watched(publish: Publish, [names, except, data, key, settled]: Parameters<Publish>): void {
    this.counters.published++;
    if (!isPublishWatched()) {
      publish(names, except, data, key, settled);
      return;
    }
    const details = { hub: this, rooms: names, data };
    watchedPublish(details, settled, (told) => publish(names, except, data, key, told));
  }

  readonly #publishEverywhere: Publish = (names, except, data, key, settled) => {
    const payload = payloadOf(data);
    // First, so that the order on other nodes is that of the calls, also of those that are made while this one goes round.
    if (this.#sharing !== undefined) this.#sharing.publish({ rooms: names, payload, key }, settled);
    else if (settled !== undefined) for (const _ of names) settled();
    this.#local.deliver(names, except, payload, key);
  };

  readonly #publishOnlyHere: Publish = (names, except, data, key, settled) => {
    this.#local.deliver(names, except, payloadOf(data), key);
    if (settled !== undefined) for (const _ of names) settled();
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
