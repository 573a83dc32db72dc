import type { SharedEncoding, SharedMessage } from '../protocol/extension';
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
  /** Calls back, once, when the connection is closed. */
  whenClosed(callback: (member: Member) => void): void;
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

  constructor(readonly member: Member) {}
}
