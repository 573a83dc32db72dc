import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { Hub } from '../rooms/hub';
import type { Publication } from '../rooms/publication';
import type { ChatMember, ChatMessage } from './answers';
import { ChatRoom, type Seat } from './chat-room';
import { ChatSession } from './chat-session';
import type { Invitation } from './invitation';
import type { ChatDraft, ResolvedChatOptions, Verdict } from './options';

/** What happens in the rooms of one mount, and what its listeners get. */
export interface ChatEvents {
  /** Somebody joined a room. */
  join: [socket: WebSocketConnection, room: string, member: ChatMember];
  /** Somebody left a room, or the connection is gone. */
  leave: [socket: WebSocketConnection, room: string, member: ChatMember];
  /** Something was said, and is on its way to the others. */
  message: [socket: WebSocketConnection, message: ChatMessage];
  /**
   * A hook, or a listener of one of these events, threw or rejected; the connection goes on. Of a `ChatServer`, also what
   * goes wrong without a connection. Without a listener the error is written to the console; it never ends the process.
   */
  error: [error: unknown, socket: WebSocketConnection | undefined];
}

/** Rooms that speak the chat protocol, apart from all others: what `rooms()` and `ChatServer` are made of. */
export class Chat extends EventEmitter<ChatEvents> {
  /** @internal */
  readonly options: ResolvedChatOptions;
  readonly #hub = new Hub();
  readonly #rooms = new Map<string, ChatRoom>();

  /** @internal */
  constructor(options: ResolvedChatOptions) {
    super();
    this.options = options;
  }

  /** The names of the rooms that somebody is in. */
  get rooms(): string[] {
    return Array.from(this.#rooms.keys());
  }

  /** Who is in the room, the longest there first. */
  members(room: string): ChatMember[] {
    return this.#rooms.get(room)?.members() ?? [];
  }

  /** How many are in the room. */
  count(room: string): number {
    return this.#rooms.get(room)?.size ?? 0;
  }

  /**
   * The members of these rooms, as what to publish to: `.to('general').except(socket).publish({ … })`. What is published
   * goes out as it is, with no sender, offset or time: a string as text, bytes as a binary message, any other value as
   * its JSON.
   *
   * @throws InvalidOptionError for no room at all, or what is no room name
   */
  to(...rooms: string[]): Publication {
    return this.#hub.to(...rooms);
  }

  /** Takes a connection that speaks the chat protocol from now on. @internal */
  open(socket: WebSocketConnection, request: IncomingMessage, invitation?: Invitation): void {
    new ChatSession(this, socket, request).start(invitation);
  }

  /** @internal */
  mayJoin(socket: WebSocketConnection, room: string, request: IncomingMessage): Verdict {
    const { authorizeJoin } = this.options;
    return (
      authorizeJoin === undefined || this.#ask('authorizeJoin', socket, () => authorizeJoin(socket, room, request))
    );
  }

  /** @internal */
  mayPublish(socket: WebSocketConnection, { room, member }: Seat, text: string, request: IncomingMessage): Verdict {
    const { authorizePublish } = this.options;
    if (authorizePublish === undefined) return true;
    const draft: ChatDraft = { room: room.name, from: member, text };
    return this.#ask('authorizePublish', socket, () => authorizePublish(socket, draft, request));
  }

  /** @returns undefined when the connection has closed meanwhile @internal */
  enter(socket: WebSocketConnection, name: string, member: ChatMember): Seat | undefined {
    const room = this.#rooms.get(name) ?? new ChatRoom(name, this.#hub);
    const seat = room.seat(socket, member);
    if (seat !== undefined) this.#rooms.set(name, room);
    return seat;
  }

  /** @internal */
  exit(socket: WebSocketConnection, { room }: Seat): void {
    room.unseat(socket);
    if (room.size === 0) this.#rooms.delete(room.name);
  }

  /** Says what the application did wrong. @internal */
  report(error: unknown, socket: WebSocketConnection | undefined): void {
    if (this.listenerCount('error') === 0) console.error(error);
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
