import type { WebSocketConnection } from '../connection/websocket-connection';
import type { AdapterError } from '../protocol/errors';
import type { Draft, Entry, RoomData } from '../rooms/adapter';
import { Pending } from '../rooms/append-queue';
import type { ChatContent, ChatMember, ChatMessage } from './answers';
import { isTooDeep } from './plain-data';

const open = 1;

/** What somebody said, as it is kept in the log of its room. */
export interface Saying extends ChatContent {
  readonly from: ChatMember;
}

/**
 * What is in the log of a chat's room: what somebody said, unless a program published something else to it. Whoever may write to
 * the log may write what it likes, so nothing of it is passed on that is not looked at.
 */
export function sayingOf({ data }: { readonly data: RoomData }): Saying | undefined {
  if (typeof data === 'string' || Buffer.isBuffer(data)) return undefined;
  const { from, text, data: own } = data as Partial<Saying>;
  if (typeof from?.id !== 'string' || typeof from.name !== 'string') return undefined;
  const author = { id: from.id, name: from.name };
  if (typeof text === 'string') return { from: author, text };
  return own === undefined || isTooDeep(own) ? undefined : { from: author, data: own };
}

/** Keys, and the ids that nodes give where there are several: those have a tilde, which a key cannot have. */
const idPattern = /^[A-Za-z0-9_~-]{8,64}$/;

/** The name that its sender gave a message, or, where there are several nodes, that its node did. */
export function keyOf({ id }: Draft): string | undefined {
  return idPattern.test(id) ? id : undefined;
}

/** The name that its sender gave a message: what a node gave says nothing to who has sent it. */
export function ownKeyOf(draft: Draft): string | undefined {
  return draft.id.includes('~') ? undefined : keyOf(draft);
}

/** Entries of a log as messages; without what programs published. */
export function messagesOf<Data>(room: string, entries: readonly Entry[]): ChatMessage<Data>[] {
  const messages: ChatMessage<Data>[] = [];
  for (const entry of entries) {
    const saying = sayingOf(entry);
    if (saying === undefined) continue;
    const { from, text, data } = saying;
    const content = text === undefined ? { data: data as Data } : { text };
    const key = keyOf(entry);
    const { offset, at } = entry;
    messages.push({ room, from, ...content, offset, at, ...(key !== undefined && { key }) });
  }
  return messages;
}

/** Who is told what becomes of a message. */
export interface Speaker {
  readonly socket: WebSocketConnection;
  /** It has its place in the log. */
  sent(said: Said, offset: number): void;
  /** It is in the room: after `sent`, and once, however often it was said. */
  heard(said: Said, offset: number): void;
  /** It was given up. */
  unsent(said: Said, error: AdapterError): void;
}

/** A message of a connection of this node on its way into the log. */
export class Said extends Pending {
  /** Known once the log has it, which can be before the room does. */
  offset: number | undefined;
  #waiting: Speaker[];
  #isHeard = false;

  constructor(
    room: string,
    draft: Draft,
    bytes: number,
    /** How all messages of its sender begin. */
    readonly head: string,
    readonly saying: Saying,
    /** Who said it first. */
    readonly speaker: Speaker,
    private readonly owner: { appended(said: Said): void; failed(said: Said, error: AdapterError): void },
  ) {
    super(room, draft, bytes);
    this.#waiting = [speaker];
  }

  /** The connections that have said it, and wait to hear where it is. */
  get sockets(): WebSocketConnection[] {
    return this.#waiting.map(({ socket }) => socket);
  }

  /** It is said again under the same key, on this connection or, by who came back, on another one. */
  again(speaker: Speaker): void {
    this.#waiting = this.#waiting.filter(({ socket }) => socket.readyState === open);
    this.#waiting.push(speaker);
  }

  /** The room has it: tells who listens for messages, once. */
  heard(offset: number): void {
    if (this.#isHeard) return;
    this.#isHeard = true;
    this.speaker.heard(this, offset);
  }

  /** Takes out who is to be told now. @returns those, and whether others still wait */
  take(isToBeTold: (socket: WebSocketConnection) => boolean): { told: Speaker[]; waits: boolean } {
    const told = this.#waiting.filter(({ socket }) => isToBeTold(socket));
    this.#waiting = this.#waiting.filter((speaker) => !told.includes(speaker));
    return { told, waits: this.#waiting.length > 0 };
  }

  override appended(offset: number): void {
    this.offset = offset;
    this.owner.appended(this);
  }

  override failed(error: AdapterError): void {
    this.owner.failed(this, error);
  }
}

/** The newest messages whose JSON together has no more than so many bytes; and whether that leaves out some. */
export function newestWithin(
  messages: readonly ChatMessage[],
  bytes: number,
): { newest: ChatMessage[]; isCut: boolean } {
  let left = bytes;
  let first = messages.length;
  while (first > 0) {
    left -= Buffer.byteLength(JSON.stringify(messages[first - 1]));
    if (left < 0) break;
    first--;
  }
  return { newest: messages.slice(first), isCut: first > 0 };
}
