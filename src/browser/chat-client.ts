import { ChatError } from './chat-error';
import { ChatRoom, type RoomLink } from './chat-room';
import { Emitter, report } from './emitter';
import { type ChatClientOptions, type ResolvedOptions, resolveOptions } from './options';
import type { RoomAnswer, UnknownAnswer } from './protocol';
import { type ConnectionState, ReconnectingSocket } from './reconnecting-socket';
import type { JoinOptions } from './room-types';
import { webSocketUrl } from './web-socket';

/** Where to connect; a function is asked before each attempt, for a fresh token for example, and may take its time. */
export type ChatUrl = string | URL | (() => string | URL | Promise<string | URL>);

/** What a client tells, and with what. */
export interface ChatClientEvents {
  /** The connection changed. */
  state: [state: ConnectionState];
  /** The server did not understand something; what was asked for by a method rejects that method's promise instead. */
  error: [error: ChatError];
  /** Something that is not of the chat protocol, as what the server says with `publish()` or `broadcast()`: the JSON's value, else the text or bytes. */
  other: [value: unknown];
}

/** What to do with the answer to a request. */
interface Owed {
  answered(answer: unknown): void;
  refused(error: ChatError): void;
  lost(): void;
}

/**
 * Takes part in the chat rooms of `rooms()` or `ChatServer`, over one connection that is made anew when it is lost.
 *
 * @typeParam Data what messages carry where the server has a schema for them
 */
export class ChatClient<Data = unknown> extends Emitter<ChatClientEvents> {
  readonly #rooms = new Map<string, ChatRoom<Data>>();
  readonly #owed = new Map<number, Owed>();
  readonly #options: ResolvedOptions;
  readonly #socket: ReconnectingSocket;
  readonly #link: RoomLink;
  #name: string | undefined;
  #lastId = 0;

  /**
   * Connects at once.
   *
   * @param url of the mount, as `wss://example.org/support`, or relative to the page; also a function that gives it
   * @throws TypeError for what is no URL, and for options that nobody knows or that cannot be
   */
  constructor(url: ChatUrl, options: ChatClientOptions = {}) {
    super(['state', 'error', 'other']);
    this.#options = resolveOptions(options);
    this.#name = this.#options.name;
    const urlOf = typeof url === 'function' ? url : () => url;
    if (typeof url !== 'function') webSocketUrl(url);
    const client = this;
    this.#link = {
      get name() {
        return client.#name;
      },
      get isOpen() {
        return client.#socket.isOpen;
      },
      get hasSpace() {
        return client.#queued < client.#options.maxQueued;
      },
      maxQueued: this.#options.maxQueued,
      ask: (request, owed) => this.#ask(request, owed),
      gone: (room) => this.#rooms.get(room.name) === room && this.#rooms.delete(room.name),
    };
    this.#socket = new ReconnectingSocket(urlOf, this.#options, {
      opened: () => this.#eachRoom((room) => room.opened()),
      received: (data) => this.#received(data),
      lost: (code, isForGood) => this.#lost(code, isForGood),
      changed: (state) => this.emit('state', state),
      get isOwed() {
        return client.#owed.size > 0;
      },
    });
    this.#socket.connect();
  }

  get state(): ConnectionState {
    return this.#socket.state;
  }

  /** The name that rooms are joined with, if one was given. */
  get name(): string | undefined {
    return this.#name;
  }

  /** The rooms that were joined and not left, by name. */
  get rooms(): ReadonlyMap<string, ChatRoom<Data>> {
    return this.#rooms;
  }

  /** Joins a room, now and after each loss of the connection; a room that was joined already is the same object. */
  join(name: string, options: JoinOptions = {}): ChatRoom<Data> {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = new ChatRoom<Data>(name, options, this.#link);
      this.#rooms.set(name, room);
      if (this.state.status === 'closed') room.lost(true);
      else if (this.#socket.isOpen) room.opened();
    }
    return room;
  }

  /**
   * Takes another name, in all rooms.
   *
   * @returns done when the server has agreed; without a connection at once, and the rooms are joined with the new name then
   * @throws ChatError when the server does not agree; then the name is the old one
   */
  async rename(name: string): Promise<void> {
    const before = this.#name;
    this.#name = name;
    try {
      await Promise.all(Array.from(this.#rooms.values(), (room) => room.rename()));
    } catch (error) {
      if (this.#name === name) this.#name = before;
      throw error;
    }
  }

  /** Connects at once, rather than when the next attempt is due; after the state `'closed'` begins anew, and joins its rooms. */
  connect(): void {
    const wasClosed = this.state.status === 'closed';
    this.#socket.connect();
    if (wasClosed) this.#eachRoom((room) => room.revived());
  }

  /** Closes the connection for good. What waits to be sent is rejected. */
  close(): void {
    this.#socket.close();
  }

  get #queued(): number {
    let queued = 0;
    for (const room of this.#rooms.values()) queued += room.queued;
    return queued;
  }

  #eachRoom(call: (room: ChatRoom<Data>) => void): void {
    for (const room of [...this.#rooms.values()]) if (this.#rooms.get(room.name) === room) call(room);
  }

  #ask(request: string, owed: Owed): number {
    const id = ++this.#lastId;
    this.#owed.set(id, owed);
    this.#socket.send(`{"id":${id},${request.slice(1)}`);
    return id;
  }

  #lost(code: number, isForGood: boolean): void {
    if (code === 1009) this.#giveUpLongest();
    const owed = [...this.#owed.values()];
    this.#owed.clear();
    for (const { lost } of owed) lost();
    this.#eachRoom((room) => room.lost(isForGood));
  }

  /** A message that is too big closes the connection each time it is sent. Which one it was only its length tells. */
  #giveUpLongest(): void {
    const sent = Array.from(this.#rooms.values(), (room) => room.longest).filter((message) => message !== undefined);
    const [longest] = sent.sort((one, other) => other.request.length - one.request.length);
    longest?.giveUp(new ChatError('message-too-big', 'The server takes no message of this size'));
  }

  /** Whatever a server sends, it must not end the client. */
  #received(data: unknown): void {
    try {
      const value: unknown = parsed(data);
      if (!this.#understood((value ?? {}) as UnknownAnswer)) this.emit('other', value);
    } catch (error) {
      report(error);
    }
  }

  #understood(answer: UnknownAnswer): boolean {
    const { type, id, room, request } = answer;
    switch (type) {
      case 'error': {
        const error = new ChatError(String(answer.code), String(answer.message));
        const owed = this.#take(request?.id);
        if (owed) owed.refused(error);
        // What a server says that does not know our probe.
        else if (request?.type !== 'ping') this.emit('error', error);
        return true;
      }
      case 'joined':
      case 'sent':
      case 'history':
        this.#take(id)?.answered(answer);
        return true;
      case 'left':
        // The answer to our own request comes when the room may have been joined again.
        if (this.#take(id)) return true;
        break;
      case 'message':
      case 'placed':
      case 'presence':
      case 'position':
        break;
      case 'pong':
        return true;
      default:
        return false;
    }
    this.#rooms.get(room as string)?.received(answer as RoomAnswer<Data>);
    return true;
  }

  #take(id: unknown): Owed | undefined {
    const owed = this.#owed.get(id as number);
    this.#owed.delete(id as number);
    return owed;
  }
}

/** The value of a JSON text; anything else as it is. */
function parsed(data: unknown): unknown {
  try {
    return JSON.parse(data as string);
  } catch {
    return data;
  }
}
