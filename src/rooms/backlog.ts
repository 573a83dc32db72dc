import type { HeldMessage } from './held-message';
import type { Member } from './membership';
import type { Room } from './room';
import { RoomQueue } from './room-queue';
import type { Batches } from './shared-frame';

const open = 1;

/**
 * What waits for one slow member, of all its rooms: it goes out in the order of publication, whatever the policies. There is
 * one only while something waits, or the member is still to be told what is missing.
 *
 * @internal
 */
export class Backlog {
  /** Of all that waits. */
  #bytes = 0;
  #places = 0;
  readonly #queues = new Map<Room, RoomQueue>();

  /**
   * @param dropped told of each message that the member will not get
   * @param delivered told of each that it has been sent
   */
  constructor(
    private readonly member: Member,
    private readonly dropped: (room: Room) => void,
    private readonly delivered: (room: Room) => void,
  ) {}

  /** Holds a message back, or drops it, or others in its favour, as the room's policy has it. */
  hold(room: Room, message: HeldMessage): void {
    const queue = this.#queueOf(room);
    const key = room.policy === 'coalesce' ? message.key : undefined;
    if (key !== undefined) this.#bytes -= queue.replace(key);
    if (this.#makePlace(room, queue, message.size)) {
      queue.add(message, this.#places++, key);
      this.#bytes += message.size;
      return;
    }
    queue.missing++;
    this.dropped(room);
  }

  /** Messages of a room, nobody knows how many, are missing behind what waits. */
  lost(room: Room): void {
    this.#queueOf(room).missing = Number.POSITIVE_INFINITY;
  }

  /**
   * Sends what waits, until the member is slow again, but at least one message, so that what is sent to it directly
   * cannot keep the rest waiting for ever.
   *
   * @param tellGap told where, and how many messages of a room are missing: just before its next one, or behind all
   * @returns whether nothing waits any more, and everything has been told
   */
  release(batches: Batches, tellGap: (room: Room, missing: number) => void): boolean {
    while (this.member.readyState === open) {
      const [room, queue] = this.#next() ?? [];
      if (room === undefined || queue === undefined) return true;
      const { first } = queue;
      const gap = first ?? queue;
      if (gap.missing > 0) {
        const { missing } = gap;
        gap.missing = 0;
        tellGap(room, missing);
      } else if (first !== undefined) {
        this.#bytes -= queue.take();
        first.message.sendTo(this.member, batches);
        this.delivered(room);
      }
      if (this.member.isSlow) return false;
    }
    return false;
  }

  /** Forgets what waits of a room that the member has left, except what was also published to one that it is still in. */
  leave(room: Room, isIn: (room: Room) => boolean): void {
    const queue = this.#queues.get(room);
    if (queue === undefined) return;
    const kept = queue.only(({ rooms }) => rooms.some(isIn));
    this.#bytes += kept.bytes - queue.bytes;
    if (kept.first === undefined) this.#queues.delete(room);
    else this.#queues.set(room, kept);
  }

  #queueOf(room: Room): RoomQueue {
    let queue = this.#queues.get(room);
    if (queue === undefined) {
      queue = new RoomQueue();
      this.#queues.set(room, queue);
    }
    return queue;
  }

  /** The queue with the message that was published first, or else one behind whose end something is missing. */
  #next(): [Room, RoomQueue] | undefined {
    let next: [Room, RoomQueue] | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const entry of this.#queues) {
      const { first, missing } = entry[1];
      if (first !== undefined && first.place < least) {
        least = first.place;
        next = entry;
      } else if (missing > 0 && first === undefined) {
        next ??= entry;
      }
    }
    return next;
  }

  /** @returns whether there is place for so many bytes now; for a message that must not be dropped there always is */
  #makePlace(room: Room, queue: RoomQueue, size: number): boolean {
    const { policy } = room;
    if (policy === 'close') {
      this.#makeOthersGiveWay(size);
      return true;
    }
    // Where all that could go would not be enough, nothing goes.
    const spare = this.#spare;
    if (size > spare + (policy === 'drop-newest' ? 0 : queue.bytes)) return false;
    while (size > this.#spare) this.#drop(room, queue);
    return true;
  }

  #makeOthersGiveWay(size: number): void {
    while (size > this.#spare) {
      const others = Array.from(this.#queues).filter(([room, { bytes }]) => room.policy !== 'close' && bytes > 0);
      if (others.length === 0) break;
      for (const [room, queue] of others) if (size > this.#spare) this.#drop(room, queue);
    }
    // As for what is sent directly: what waits already decides, not what comes.
    if (this.#spare < 0) this.member.failSlowConsumer();
  }

  #drop(room: Room, queue: RoomQueue): void {
    this.#bytes -= queue.dropOldest();
    this.dropped(room);
  }

  /** Bytes that may still be added. */
  get #spare(): number {
    return this.member.spare - this.#bytes;
  }
}
