import type { HeldMessage } from './held-message';

/** One message that waits for one member. */
class Waiting {
  before: Waiting | undefined = undefined;
  behind: Waiting | undefined = undefined;
  nextWithoutKey: Waiting | undefined = undefined;

  constructor(
    readonly message: HeldMessage,
    /** Its place among the messages of all rooms. */
    readonly place: number,
    /** Messages of the room that are missing right before it. */
    public missing: number,
  ) {}
}

/**
 * What waits of one room for one slow member, in the order of publication, and how many are missing where. A list, because
 * messages leave it at its end and, replaced by a later one with their key, in its middle.
 *
 * @internal
 */
export class RoomQueue {
  /** Of all that waits. */
  bytes = 0;
  /** Messages that are missing behind all that waits; infinity where nobody knows how many. */
  missing = 0;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  /** Those without a key only ever leave in their order. */
  #firstWithoutKey: Waiting | undefined;
  #lastWithoutKey: Waiting | undefined;
  readonly #keys = new Map<string, Waiting>();

  /** What comes next. */
  get first(): { readonly message: HeldMessage; readonly place: number; missing: number } | undefined {
    return this.#first;
  }

  /** @param key what a later one takes its place by */
  add(message: HeldMessage, place: number, key: string | undefined): void {
    const waiting = new Waiting(message, place, this.missing);
    this.missing = 0;
    this.bytes += message.size;
    waiting.before = this.#last;
    if (this.#last === undefined) this.#first = waiting;
    else this.#last.behind = waiting;
    this.#last = waiting;
    if (key !== undefined) this.#keys.set(key, waiting);
    else {
      if (this.#lastWithoutKey === undefined) this.#firstWithoutKey = waiting;
      else this.#lastWithoutKey.nextWithoutKey = waiting;
      this.#lastWithoutKey = waiting;
    }
  }

  /** Takes out what comes next. @returns the bytes that no longer wait, as all that take something out */
  take(): number {
    return this.#remove(this.#first!, 0);
  }

  /** Takes out what waits longest without a key, or else what waits longest, as missing. */
  dropOldest(): number {
    return this.#remove(this.#firstWithoutKey ?? this.#first!, 1);
  }

  /** Takes out the message of this key, if one waits: the one that comes instead is no loss. */
  replace(key: string): number {
    const waiting = this.#keys.get(key);
    return waiting === undefined ? 0 : this.#remove(waiting, 0);
  }

  /** The same, with no more than these messages, and as if nothing were missing. */
  only(wanted: (message: HeldMessage) => boolean): RoomQueue {
    const queue = new RoomQueue();
    for (let each = this.#first; each !== undefined; each = each.behind) {
      const { message, place } = each;
      const isKeyed = message.key !== undefined && this.#keys.get(message.key) === each;
      if (wanted(message)) queue.add(message, place, isKeyed ? message.key : undefined);
    }
    return queue;
  }

  #remove(waiting: Waiting, dropped: number): number {
    const { before, behind, message } = waiting;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    if (waiting === this.#firstWithoutKey) {
      this.#firstWithoutKey = waiting.nextWithoutKey;
      if (this.#firstWithoutKey === undefined) this.#lastWithoutKey = undefined;
    } else if (message.key !== undefined) {
      this.#keys.delete(message.key);
    }
    this.bytes -= message.size;
    if (behind === undefined) this.missing += waiting.missing + dropped;
    else behind.missing += waiting.missing + dropped;
    return message.size;
  }
}
