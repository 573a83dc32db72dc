import { type AdapterError, InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { Draft } from '../rooms/adapter';
import { Pending } from '../rooms/append-queue';
import type { SharedRooms } from '../rooms/shared-rooms';
import type { ChatMember } from './answers';
import { maxDepth, plainOf } from './plain-data';
import type { Saying } from './said';

/** Who says something that no client says. */
export interface SayOptions {
  /** The name, or the id and the name, that members see as its sender. @default 'server' */
  from?: string | ChatMember;
}

/** Where something that a program has said stands in its room's log. */
export interface Announced {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Something that a program says in a room of a chat, on its way into the log. */
export class Announcement extends Pending {
  readonly said: Promise<Announced>;
  /** It is in the log, or was given up. */
  isOver = false;
  #resolve!: (announced: Announced) => void;
  #reject!: (error: AdapterError) => void;

  constructor(room: string, draft: Draft) {
    super(room, draft, JSON.stringify(draft.data).length);
    this.said = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  override appended(offset: number): void {
    this.isOver = true;
    this.#resolve({ offset, at: this.draft.at });
  }

  override failed(error: AdapterError): void {
    this.isOver = true;
    this.#reject(error);
  }
}

/**
 * Puts something that a program says on its way.
 *
 * @param content a text, or the data of a message where the rooms have a schema for it
 * @throws InvalidOptionError for what cannot be said
 */
export function announce(
  shared: SharedRooms,
  room: string,
  content: unknown,
  { from = 'server' }: SayOptions,
): Announcement {
  const author = typeof from === 'string' ? { id: from, name: from } : from;
  if (typeof author?.id !== 'string' || typeof author.name !== 'string') {
    throw new InvalidOptionError(`Option 'from' must be a name, or { id, name }, not ${describe(from)}`);
  }
  const said = typeof content === 'string' ? { text: content } : { data: plainOf(content) };
  if (typeof content !== 'string' && said.data === undefined) {
    throw new InvalidOptionError(
      `say() takes a text, or data that has JSON of at most ${maxDepth} levels, not ${describe(content)}`,
    );
  }
  const { id, name } = author;
  const saying: Saying = { from: { id, name }, ...said };
  const announcement = new Announcement(room, shared.draft(saying));
  const refusal = shared.queue.add(announcement);
  if (refusal !== undefined) announcement.failed(refusal);
  return announcement;
}
