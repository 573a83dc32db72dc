import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { handled } from '../connection/handled';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { type Counters, uncounted } from '../diagnostics/counters';
import type { RoomCounters } from '../diagnostics/room-counters';
import { type AdapterError, InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { Eventually, LogPage, LogQuery } from '../rooms/adapter';
import { type DisconnectOptions, disconnectionOf, resolveDisconnect } from '../rooms/disconnect';
import { type HistoryQuery, resolveHistoryQuery } from '../rooms/history-query';
import { Hub } from '../rooms/hub';
import { HubErrors } from '../rooms/hub-errors';
import type { Publication } from '../rooms/publication';
import { publishTo } from '../rooms/published';
import { checkRoomName } from '../rooms/room-name';
import { SharedRooms } from '../rooms/shared-rooms';
import { type Announced, announce, type SayOptions } from './announcement';
import { type ChatContent, type ChatHistory, type ChatMember, type ChatMessage, positionAnswer } from './answers';
import { ChatRoom, type Seat } from './chat-room';
import { ChatSession } from './chat-session';
import type { Invitation } from './invitation';
import type { ChatDraft, ResolvedChatOptions, Verdict } from './options';
import { messagesOf } from './said';
import { type SchemaVerdict, type StandardSchema, verdictOf } from './schema';

/** What happens in the rooms of one mount, and what its listeners get. */
export interface ChatEvents<Data = unknown> {
  /** Somebody joined a room. */
  join: [socket: WebSocketConnection, room: string, member: ChatMember];
  /** Somebody left a room, or the connection is gone. */
  leave: [socket: WebSocketConnection, room: string, member: ChatMember];
  /** Something was said, and is on its way to the others. */
  message: [socket: WebSocketConnection, message: ChatMessage<Data>];
  /**
   * A hook, or a listener of one of these events, threw or rejected; the connection goes on. Of a `ChatServer`, also what
   * goes wrong without a connection. Without a listener the error is written to the console; it never ends the process.
   */
  error: [error: unknown, socket: WebSocketConnection | undefined];
}

/** Rooms that speak the chat protocol, apart from all others: what `rooms()` and `ChatServer` are made of. */
export class Chat<Data = unknown> extends EventEmitter<ChatEvents<Data>> {
  /** @internal */
  readonly options: ResolvedChatOptions;
  /** Where it is counted what no connection is behind. */
  protected readonly counters: Counters = uncounted;
  readonly #hub: Hub;
  /** What nobody listens for. */
  readonly #errors = new HubErrors();
  readonly #shared: SharedRooms;
  readonly #rooms = new Map<string, ChatRoom>();

  /** @internal */
  constructor(options: ResolvedChatOptions) {
    super();
    this.options = options;
    this.#shared = new SharedRooms({
      ...options.shared,
      onStatus: (status, problem) => {
        this.#hub.statusChanged(status, problem);
        if (status !== 'degraded') return;
        for (const room of this.#rooms.values()) room.away();
      },
      onTold: (message) => {
        const disconnection = disconnectionOf(message, 'disconnect');
        if (disconnection !== undefined) this.#hub.disconnectHere(disconnection);
      },
    });
    const { slowConsumer } = options;
    this.#hub = new Hub(slowConsumer === undefined ? {} : { slowConsumer });
    // Rooms follow their logs themselves, since what is said in them goes there, too.
    this.#hub.share({
      get status() {
        return options.shared.adapter.status;
      },
      opened() {},
      emptied() {},
      publish: (publishing, settled = this.#settled) => {
        publishTo(this.#shared, publishing, settled, this.#shared.notices);
      },
    });
    this.#hub.on('gap', (socket, room) => socket.send(positionAnswer(room, null, true)));
  }

  readonly #settled = (error?: AdapterError): void => {
    if (error === undefined) return;
    if (this.listenerCount('error') > 0) this.report(error, undefined);
    else this.#errors.report(error);
  };

  /** The names of the rooms that somebody on this node is in. */
  get rooms(): string[] {
    return Array.from(this.#rooms.keys());
  }

  /** Who is in the room, on all nodes, the longest there first; nobody, where nobody on this node is. */
  members(room: string): ChatMember[] {
    return this.#rooms.get(room)?.members() ?? [];
  }

  /** How many are in the room, on all nodes; 0 where nobody on this node is. */
  count(room: string): number {
    return this.#rooms.get(room)?.count ?? 0;
  }

  /**
   * The members of these rooms, as what to publish to: `.to('general').except(socket).publish({ … })`. What is published
   * goes out as it is, with no sender, offset or time: a string as text, bytes as a binary message, any other value as
   * its JSON. It is for who is there: `say()` is what those who come back get, too.
   *
   * @throws InvalidOptionError for no room at all, or what is no room name
   */
  to(...rooms: string[]): Publication {
    return this.#hub.to(...rooms);
  }

  /**
   * Says something in a room, as one of its members would: it has its place in the log, and is kept as the others are.
   *
   * @param content a text, or the data of a message where there is a schema for it; it is not validated
   * @returns where it stands in the room's log. Rejects with an AdapterError when the broker has not taken it in time
   * @throws InvalidOptionError for what is no room name, or cannot be said
   */
  say(room: string, content: Data | string, options: SayOptions = {}): Promise<Announced> {
    checkRoomName(room);
    const announcement = announce(this.#shared, room, content, options);
    this.#rooms.get(room)?.announced(announcement);
    return handled(announcement.said);
  }

  /**
   * A page of what was said in a room: the latest, or what came before a position, or what came behind one.
   *
   * @returns rejects with an AdapterError while the broker does not answer, with InvalidOptionError for a query that cannot
   *   be, and with InvalidStateError for rooms that keep no history
   */
  async history(room: string, query: HistoryQuery = {}): Promise<ChatHistory<Data>> {
    checkRoomName(room);
    const { count } = this.options.shared.history;
    if (count === 0) throw new InvalidStateError("These rooms keep no history: make them with the option 'history'");
    const { entries, position, more, gap } = await this.read(room, resolveHistoryQuery(query));
    return { messages: messagesOf<Data>(room, entries), position, more, gap };
  }

  /** @internal */
  read(room: string, query: LogQuery): Eventually<LogPage> {
    return this.#shared.read(room, query);
  }

  /**
   * Closes the connections of a user, as `identify` knows them, that are in a room; on all nodes that the broker reaches.
   *
   * @returns how many on this node
   * @throws InvalidOptionError for an option that is missing, unknown or wrong
   */
  disconnect(options: DisconnectOptions): number {
    const disconnection = resolveDisconnect(options);
    this.#shared.tell({ disconnect: disconnection });
    return this.#hub.disconnectHere(disconnection);
  }

  /** How many messages members of a room, or of all rooms, did not get because they were slow; on this node. */
  dropped(room?: string): number {
    return this.#hub.dropped(room);
  }

  /** @internal */
  protected get roomCounters(): RoomCounters {
    return this.#hub.counters;
  }

  /** Takes a connection that speaks the chat protocol from now on. @internal */
  open(socket: WebSocketConnection, request: IncomingMessage, invitation?: Invitation): void {
    try {
      this.#identify(socket, request);
    } catch (error) {
      socket.failWith(error);
      return;
    }
    if (this.admits(socket)) new ChatSession(this, socket, request).start(invitation);
  }

  /** Whether somebody may stay, now that it is known who it is; who may not has been closed. */
  protected admits(_socket: WebSocketConnection): boolean {
    return true;
  }

  #identify(socket: WebSocketConnection, request: IncomingMessage): void {
    const user: unknown = this.options.identify?.(socket, request);
    if (user === undefined) return;
    if (typeof user !== 'string' || user === '') {
      const hint = isThenable(user) ? ': await it in a middleware before' : '';
      throw new InvalidOptionError(
        `The hook 'identify' must return a string, or undefined, not ${describe(user)}${hint}`,
      );
    }
    socket.user = user;
  }

  /** @internal */
  mayJoin(socket: WebSocketConnection, room: string, request: IncomingMessage): Verdict {
    const { authorizeJoin } = this.options;
    return (
      authorizeJoin === undefined || this.#ask('authorizeJoin', socket, () => authorizeJoin(socket, room, request))
    );
  }

  /** @internal */
  mayPublish(
    socket: WebSocketConnection,
    { room, member }: Seat,
    content: ChatContent,
    request: IncomingMessage,
  ): Verdict {
    const { authorizePublish } = this.options;
    if (authorizePublish === undefined) return true;
    const draft: ChatDraft = { room: room.name, from: member, ...content };
    return this.#ask('authorizePublish', socket, () => authorizePublish(socket, draft, request));
  }

  /** What the schema makes of data; a validator that fails is reported. @internal */
  validate(schema: StandardSchema, data: unknown, socket: WebSocketConnection): Eventually<SchemaVerdict> {
    const failed = (error: unknown): SchemaVerdict => {
      this.report(error, socket);
      return { fault: 'The data of this message could not be validated' };
    };
    try {
      const result: unknown = schema['~standard'].validate(data);
      return isThenable(result) ? Promise.resolve(result).then(verdictOf).catch(failed) : verdictOf(result);
    } catch (error) {
      return failed(error);
    }
  }

  /** The broker does not answer. @internal */
  get isAway(): boolean {
    return this.#shared.isAway;
  }

  /** @internal */
  send(socket: WebSocketConnection, answer: string): void {
    this.#hub.sendInTurn(socket, answer);
  }

  /** The room of this name, from its first member on this node to its last. @internal */
  room(name: string): ChatRoom {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = new ChatRoom(name, {
        hub: this.#hub,
        shared: this.#shared,
        maxMembersListed: this.options.maxMembersListed,
        emptied: this.#emptied,
      });
      this.#rooms.set(name, room);
    }
    return room;
  }

  readonly #emptied = (room: ChatRoom): void => {
    const { name } = room;
    if (this.#rooms.get(name) !== room) return;
    this.#rooms.delete(name);
    this.#shared.unfollow(name);
  };

  /** Says what the application did wrong. @internal */
  report(error: unknown, socket: WebSocketConnection | undefined): void {
    const counters = socket?.counters ?? this.counters;
    counters.handlerErrors++;
    if (this.listenerCount('error') === 0) counters.log.mistake(error);
    else this.notify('error', error, socket);
  }

  #ask(hook: string, socket: WebSocketConnection, ask: () => unknown): Verdict {
    const judge = (answer: unknown): boolean => {
      if (typeof answer !== 'boolean') {
        const words = `The hook '${hook}' must return true to allow or false to forbid, not ${describe(answer)}`;
        this.report(new InvalidOptionError(words), socket);
      }
      return answer === true;
    };
    const failed = (error: unknown): false => {
      this.report(error, socket);
      return false;
    };
    try {
      const answer = ask();
      return isThenable(answer) ? Promise.resolve(answer).then(judge).catch(failed) : judge(answer);
    } catch (error) {
      return failed(error);
    }
  }

  /**
   * Like `emit`, but what a listener throws, or rejects with, is reported: the rooms go on, and everybody else hears it.
   *
   * @internal
   */
  notify<Name extends keyof ChatEvents>(name: Name, ...details: ChatEvents[Name]): void {
    const socket = (name === 'error' ? undefined : details[0]) as WebSocketConnection | undefined;
    // A listener for errors that fails itself has nobody left to tell.
    const failed = name === 'error' ? console.error : (error: unknown) => this.report(error, socket);
    for (const listener of this.rawListeners(name)) {
      try {
        const result: unknown = Reflect.apply(listener, this, details);
        if (isThenable(result)) Promise.resolve(result).catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
