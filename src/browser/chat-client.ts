import { ChatError } from './chat-error';
import { ChatRoom, type RoomLink } from './chat-room';
import { Emitter, report } from './emitter';
import { type ChatClientOptions, type ResolvedOptions, resolveOptions } from './options';
import type { RoomAnswer, UnknownAnswer } from './protocol';
import { type ConnectionState, ReconnectingSocket } from './reconnecting-socket';
import type { JoinOptions } from './room-types';
import { type ChatUrl, webSocketUrl } from './web-socket';

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
  /** Nobody wants it any more: it is not asked for again. */
  isVain?(): boolean;
}

/** A request that the server owes an answer to, and when it is asked for again. */
interface Asked extends Owed {
  readonly request: string;
  timer?: ReturnType<typeof setTimeout>;
}

/** The longest time, in seconds, that a server may have us wait before we ask again. */
const longestWait = 60;

/**
 * Takes part in the chat rooms of `rooms()` or `ChatServer`, over one connection that is made anew when it is lost.
 *
 * @typeParam Data what messages carry where the server has a schema for them
 */
export class ChatClient<Data = unknown> extends Emitter<ChatClientEvents> {
  readonly #rooms = new Map<string, ChatRoom<Data>>();
  readonly #owed = new Map<number, Asked>();
  readonly #options: ResolvedOptions;
  readonly #socket: ReconnectingSocket;
  readonly #link: RoomLink;
  #name: string | undefined;
  #lastId = 0;

  /**
   * Connects at once.
   *
   * @param url of the mount, as `wss://example.org/support`, or relative to the page; also a function that gives it, as with
   *   a fresh ticket: then the client also comes back when its credentials have expired (4401)
   * @throws TypeError for what is no URL, and for options that nobody knows or that cannot be
   */
  constructor(url: ChatUrl, options: ChatClientOptions = {}) {
    super(['state', 'error', 'other']);
    this.#options = resolveOptions(options);
    this.#name = this.#options.name;
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
    this.#socket = new ReconnectingSocket(url, this.#options, {
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
    const asked = { ...owed, request: `{"id":${id},${request.slice(1)}` };
    this.#owed.set(id, asked);
    this.#socket.send(asked.request);
    return id;
  }

  #lost(code: number, isForGood: boolean): void {
    if (code === 1009) this.#giveUpLongest();
    const owed = [...this.#owed.values()];
    this.#owed.clear();
    for (const { timer, lost } of owed) {
      clearTimeout(timer);
      lost();
    }
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
        if (error.code === 'rate-limited' && this.#askLater(request?.id, answer.retryAfter, error)) return true;
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

  /**
   * Asks again for what the server had too much of, when it says, and a little later: many may have been told the same.
   *
   * @returns false where it does not say when
   */
  #askLater(id: unknown, retryAfter: unknown, error: ChatError): boolean {
    const asked = this.#owed.get(id as number);
    if (asked === undefined || typeof retryAfter !== 'number' || !(retryAfter >= 0 && retryAfter <= longestWait))
      return false;
    const again = () => {
      if (!asked.isVain?.()) this.#socket.send(asked.request);
      else this.#take(id)?.refused(error);
    };
    asked.timer = setTimeout(again, 1000 * retryAfter * (1 + Math.random()));
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
