import type { Counters } from '../diagnostics/counters';
import type { SharedEncoding, SharedMessage } from '../protocol/extension';
import type { Backlog } from './backlog';
import type { Room } from './room';

/**
 * What a hub needs of a connection. `WebSocketConnection` has it.
 *
 * @internal
 */
export interface Member {
  /** 1 while messages can be sent, as everywhere in the world of WebSockets. */
  readonly readyState: number;
  /** True at the client's end, whose frames are masked one by one and cannot be shared. */
  readonly masks?: boolean;
  /**
   * Sends bytes that are frames already, by reference, in the order of the calls. Never throws: a member who cannot keep
   * up is closed by its connection.
   *
   * @param message what `shared` made the frame of, if it did
   */
  sendShared(buffer: Buffer, start: number, end: number, message?: SharedMessage): boolean;
  /** What encodes its messages together with those of others, where its connection has agreed on such an extension. */
  readonly shared?: SharedEncoding | null;
  /** More than its `highWaterMark` waits to be sent to it, though all has been written that its transport takes. */
  readonly isSlow: boolean;
  /** Bytes that may wait besides those that do; negative where it is more than its `maxBufferedAmount`. */
  readonly spare: number;
  /** Where it is counted. */
  readonly counters?: Counters;
  /** Who is behind it, as the application knows it. */
  readonly user: string | undefined;
  /** Calls back, once, when no more than its `lowWaterMark` waits, while it is open. To be called when it is slow. */
  whenDrained(callback: () => void): void;
  /** Calls back, once, when the connection is closed. */
  whenClosed(callback: (member: Member) => void): void;
  close(code: number, reason: string): void;
  /** Closes it with 1008, as one who left too much unread. */
  failSlowConsumer(): void;
  /** Takes what the application threw when it was called on behalf of this member. */
  failWith(error: unknown): void;
}

/**
 * One connection in a hub, from the first room that it joins until it closes, even if it leaves them all in between:
 * its end is listened for once.
 *
 * @internal
 */
export class Membership {
  readonly rooms = new Set<Room>();
  /**
   * The number of the last publish that has passed this member, delivered or excepted. It is how a publish to several
   * rooms reaches everybody once, without a set of who had it already.
   */
  passed = 0;
  /** What waits while it is slow; null for nearly all, nearly always. */
  backlog: Backlog | null = null;

  constructor(readonly member: Member) {}
}
