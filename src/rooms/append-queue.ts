import { AdapterError } from '../protocol/errors';
import type { Draft, Eventually } from './adapter';
import { reportMistake, run, wait } from './steps';

/** A draft on its way into the log of a room, and what its publisher wants to know of it. */
export abstract class Pending {
  /** It was handed to the broker at least once: whether it has arrived is not known. */
  tried = false;
  /** When it began to wait, by a clock that nobody sets. */
  since = 0;

  /** @param bytes about how much memory its payload takes */
  constructor(
    readonly room: string,
    readonly draft: Draft,
    readonly bytes: number,
  ) {}

  /** It is in the log. */
  abstract appended(offset: number): void;
  /** It was given up. */
  abstract failed(error: AdapterError): void;
}

/** How much may wait for a broker, and how long. */
export interface QueueLimits {
  /** Messages. */
  readonly maxQueued: number;
  /** Bytes of their payloads together. */
  readonly maxQueuedBytes: number;
  /** Milliseconds. It is less than the time within which an adapter knows an id again. */
  readonly publishTimeout: number;
}

/** One call has at most so many drafts, or so many bytes. */
const batchCount = 256;
const batchBytes = 256 * 1024;

/** What waits for the log of one room, the oldest first. It is there while something waits, or a call is under way. */
interface RoomQueue {
  readonly waiting: Pending[];
  /** A call with the first of them is under way; also when they were given up meanwhile. */
  isSending: boolean;
  /** The adapter has refused some of the first: each goes alone, until it is found out which. */
  goesAlone: number;
}

/** What the queue hands its drafts to. */
export interface AppendTarget {
  append(room: string, drafts: readonly Draft[]): Eventually<readonly number[]>;
  /** Whether it is worth asking: not while the broker is away, nor before the room has caught up. */
  takes(room: string): boolean;
}

/**
 * Drafts on their way into logs, in order for each room. While a call for a room is under way, what follows is collected for
 * the next one: the order is kept without waiting for each, and a busy room needs few calls. A call that failed is made again
 * when the broker is back; the adapter leaves out what had arrived after all.
 */
export class AppendQueue {
  readonly #rooms = new Map<string, RoomQueue>();
  #count = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #closedBecause: string | undefined;

  constructor(
    private readonly target: AppendTarget,
    private readonly limits: QueueLimits,
  ) {}

  /** Drafts that wait, or are on their way. */
  get size(): number {
    return this.#count;
  }

  /** What waits for a room, the oldest first. */
  waitingFor(room: string): readonly Pending[] {
    return this.#rooms.get(room)?.waiting ?? [];
  }

  /** @returns undefined, or why it is not taken: too much waits already, or everything is closed */
  add(pending: Pending): AdapterError | undefined {
    const { room, draft } = pending;
    const refusal = this.#refusal(pending);
    if (refusal !== undefined) return refusal;
    if (this.#rooms.has(room) || !this.target.takes(room)) {
      this.#wait(pending);
      return undefined;
    }
    const offsets = this.#tryNow(room, draft);
    if (offsets !== undefined && !(offsets instanceof Promise)) {
      tellAppended(pending, offsets[0]!);
      return undefined;
    }
    pending.tried = true;
    const queue = this.#wait(pending);
    if (offsets !== undefined) this.#settle(room, queue, [pending], () => offsets);
    return undefined;
  }

  /** Makes the calls again that failed. */
  resume(): void {
    for (const room of [...this.#rooms.keys()]) this.resumeFor(room);
  }

  resumeFor(room: string): void {
    const queue = this.#rooms.get(room);
    if (queue?.isSending === false) this.#send(room, queue);
  }

  /** Gives up everything that waits, and takes nothing more. */
  close(reason: string): void {
    this.#closedBecause ??= reason;
    for (const [room, queue] of [...this.#rooms]) this.#giveUp(room, queue, queue.waiting.length, reason);
  }

  #refusal({ bytes }: Pending): AdapterError | undefined {
    if (this.#closedBecause !== undefined) {
      return new AdapterError(`The message was not taken: ${this.#closedBecause}`, { code: 'UNAVAILABLE' });
    }
    const { maxQueued, maxQueuedBytes } = this.limits;
    const tooMany = this.#count >= maxQueued;
    if (!tooMany && (this.#count === 0 || this.#bytes + bytes <= maxQueuedBytes)) return undefined;
    const limit = tooMany ? `maxQueued: ${maxQueued}` : `maxQueuedBytes: ${maxQueuedBytes}`;
    const words = `The message was not taken: ${this.#count} wait for the broker already (option ${limit})`;
    return new AdapterError(words, { code: 'QUEUE_FULL' });
  }

  /** What an adapter within this process takes at once needs no queue. */
  #tryNow(room: string, draft: Draft): Eventually<readonly number[]> | undefined {
    try {
      return this.target.append(room, [draft]);
    } catch {
      return undefined;
    }
  }

  #wait(pending: Pending): RoomQueue {
    let queue = this.#rooms.get(pending.room);
    if (queue === undefined) {
      queue = { waiting: [], isSending: false, goesAlone: 0 };
      this.#rooms.set(pending.room, queue);
    }
    pending.since = performance.now();
    queue.waiting.push(pending);
    this.#count++;
    this.#bytes += pending.bytes;
    this.#timer ??= setInterval(() => this.#check(), Math.min(1000, this.limits.publishTimeout)).unref();
    return queue;
  }

  #send(room: string, queue: RoomQueue): void {
    // Behind a pause of the whole process the adapter may have forgotten an id that it has appended already.
    this.#giveUpLate(room, queue);
    if (queue.waiting.length === 0 || !this.target.takes(room)) return;
    const batch = batchOf(queue.waiting, queue.goesAlone > 0 ? 1 : batchCount);
    for (const pending of batch) pending.tried = true;
    const drafts = batch.map(({ draft }) => draft);
    this.#settle(room, queue, batch, () => this.target.append(room, drafts));
  }

  /** Waits for a call that has the first drafts of a room. */
  #settle(
    room: string,
    queue: RoomQueue,
    batch: readonly Pending[],
    append: () => Eventually<readonly number[]>,
  ): void {
    queue.isSending = true;
    const { appended } = this;
    run(
      (function* () {
        appended(room, queue, batch, yield* wait(append()));
      })(),
      (error) => {
        queue.isSending = false;
        // Otherwise the adapter is degraded now, and says when it is worth trying again.
        if (!(error instanceof AdapterError)) this.#refused(room, queue, batch, error);
        this.#removeIfEmpty(room, queue);
      },
    );
  }

  /** The adapter does not want what it was given, as a message that is too large for the broker: that holds up no others. */
  #refused(room: string, queue: RoomQueue, batch: readonly Pending[], error: unknown): void {
    if (batch.length > 1) queue.goesAlone = batch.length;
    else if (batch[0] === queue.waiting[0]) {
      queue.goesAlone = Math.max(0, queue.goesAlone - 1);
      const [refused] = this.#remove(queue, 1);
      const words = error instanceof Error ? error.message : String(error);
      const reason = `The adapter refused the message: ${words}`;
      if (refused !== undefined) tellFailed(refused, new AdapterError(reason, { code: 'REFUSED', cause: error }));
    }
    this.#send(room, queue);
  }

  private readonly appended = (
    room: string,
    queue: RoomQueue,
    batch: readonly Pending[],
    offsets: readonly number[],
  ): void => {
    // Those that were given up meanwhile were the first ones; where nothing of the call is left, all of them were.
    const givenUp = batch.indexOf(queue.waiting[0]!);
    const settled = givenUp === -1 ? [] : this.#remove(queue, batch.length - givenUp);
    queue.goesAlone = Math.max(0, queue.goesAlone - batch.length);
    for (const [index, pending] of settled.entries()) tellAppended(pending, offsets[givenUp + index]!);
    queue.isSending = false;
    if (this.#removeIfEmpty(room, queue)) return;
    this.#send(room, queue);
  };

  /** Takes out the first ones of a room. */
  #remove(queue: RoomQueue, count: number): Pending[] {
    const removed = queue.waiting.splice(0, count);
    this.#count -= removed.length;
    for (const { bytes } of removed) this.#bytes -= bytes;
    if (this.#count === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return removed;
  }

  #removeIfEmpty(room: string, queue: RoomQueue): boolean {
    if (queue.waiting.length > 0 || queue.isSending) return false;
    this.#rooms.delete(room);
    return true;
  }

  #giveUp(room: string, queue: RoomQueue, count: number, reason: string): void {
    if (count === 0) return;
    const givenUp = this.#remove(queue, count);
    this.#removeIfEmpty(room, queue);
    for (const pending of givenUp) {
      const { tried } = pending;
      const words = `${reason}; ${tried ? 'whether it has arrived is not known' : 'it has not arrived'}`;
      tellFailed(pending, new AdapterError(words, { code: tried ? 'UNCONFIRMED' : 'UNAVAILABLE' }));
    }
  }

  #giveUpLate(room: string, queue: RoomQueue): void {
    const { publishTimeout } = this.limits;
    const latest = performance.now() - publishTimeout;
    const inTime = queue.waiting.findIndex(({ since }) => since > latest);
    const count = inTime === -1 ? queue.waiting.length : inTime;
    const reason = `The broker did not take the message within ${publishTimeout / 1000} s (option publishTimeout)`;
    this.#giveUp(room, queue, count, reason);
  }

  /** While something waits: what waits too long is given up, also where a call has it. */
  #check(): void {
    for (const [room, queue] of [...this.#rooms]) this.#giveUpLate(room, queue);
    this.resume();
  }
}

/** The first drafts, as many as one call may have. */
function batchOf(waiting: readonly Pending[], count: number): Pending[] {
  const batch: Pending[] = [];
  let bytes = 0;
  for (const each of waiting) {
    if (batch.length >= count || (batch.length > 0 && bytes + each.bytes > batchBytes)) break;
    batch.push(each);
    bytes += each.bytes;
  }
  return batch;
}

function tellAppended(pending: Pending, offset: number): void {
  try {
    pending.appended(offset);
  } catch (error) {
    reportMistake(error);
  }
}

function tellFailed(pending: Pending, error: AdapterError): void {
  try {
    pending.failed(error);
  } catch (mistake) {
    reportMistake(mistake);
  }
}
