/** What rooms need of whatever joins several nodes: a broker, or, within one process, the memory adapter. */

import type { AdapterStatus } from '../diagnostics/adapter-status';

/** A place in a room's log: the log's life, and the entry. Offsets of different epochs cannot be compared. */
export interface Position {
  readonly epoch: string;
  /** Grows with each entry, not always by one; 0 stands before the first. */
  readonly offset: number;
}

/** How much of a room's log is kept. What is first reached ends it. */
export interface HistoryLimits {
  /** Entries; 0 keeps none, and they still get offsets. */
  readonly count: number;
  /** Bytes of all entries together, as they are kept. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly age: number;
}

/** What is published: a string is a text message, bytes are a binary one, an object is JSON that its reader makes a message of. */
export type RoomData = string | Buffer | object;

/** Something on its way to a room. */
export interface Draft {
  /** Tells it from all others; the same id within two minutes is the same entry, appended once. 1 to 64 characters. */
  readonly id: string;
  /** Milliseconds since 1970, by the publisher's clock. */
  readonly at: number;
  readonly data: RoomData;
  /** All rooms that it goes to, where they are several. */
  readonly rooms?: readonly string[];
  /** What it is about: where a member is slow, it may take the place of an earlier one with the same. */
  readonly key?: string;
}

/** Something that was published, and by which node. */
export interface Envelope extends Draft {
  readonly node: string;
}

/** Something in a room's log. */
export interface Entry extends Envelope {
  readonly epoch: string;
  readonly offset: number;
}

/** What to read of a room's log: what came behind `since`, or else the latest, or those before an offset. */
export type LogQuery =
  | { readonly since: Position }
  | {
      /** Only entries with smaller offsets. */
      readonly before?: Position;
      /** At most so many, the newest of them; 0 asks for the position only. */
      readonly limit: number;
    };

/** A part of a room's log. */
export interface LogPage {
  /** Where the log stood when it was read: the offset of its last entry, kept or not; 0 before the first. */
  readonly position: Position;
  /** The oldest first. */
  readonly entries: readonly Entry[];
  /** Something behind `since` may be missing: of another epoch, not kept any more, or lost by the broker. */
  readonly gap: boolean;
  /** There are older ones than these; with `since` always false. */
  readonly more: boolean;
}

/** One connection that is present in a room. */
export interface Presence {
  /** The connection's own, on whatever node. */
  readonly id: string;
  readonly node: string;
  /** Whatever the others see of it, as JSON. */
  readonly value: object;
}

/** A value, or the promise of it: what happens within a process need not wait. */
export type Eventually<Value> = Value | Promise<Value>;

export type { AdapterStatus };

/** Why an adapter is degraded; of the adapters of this package an AdapterError, whose `code` can be compared with. */
export type AdapterProblem = Error & { readonly code?: string };

/** What a space of an adapter tells the node that opened it. */
export interface SpaceReceiver {
  /**
   * An entry was appended to the log of a room that the space has subscribed to, by whatever node, this one too.
   *
   * @param previous the offset of the entry before it, 0 for the first: whoever has another one last has missed something
   */
  appended(room: string, entry: Entry, previous: number): void;
  /** Something was published to such a room without being kept, by another node. */
  published(room: string, envelope: Envelope): void;
  /** Connections of other nodes came to such a room, or changed, or left it. */
  presence(room: string, change: PresenceChange): void;
  /** The status of the adapter. When it is ready again, all that it may have missed is to be read anew. */
  status(status: AdapterStatus, problem: AdapterProblem | undefined): void;
}

export interface PresenceChange {
  readonly joins: readonly Presence[];
  /** Ids of connections. */
  readonly leaves: readonly string[];
}

/**
 * The rooms of one name on an adapter, as one node sees them. Calls that a broker does not answer in time reject with an
 * AdapterError, and leave it open whether they were carried out; each may be made again. The adapter is degraded before such a
 * call rejects, and when it is ready again the caller makes up for it. The receiver is called within a call only by an adapter
 * that answers within the call.
 */
export interface Space {
  /** This node's, new with every start. */
  readonly node: string;
  /** Done when everything that is published from now on comes. The empty name is for messages from node to node. */
  subscribe(room: string): Eventually<void>;
  unsubscribe(room: string): Eventually<void>;
  /** To the nodes that have subscribed to the room; kept nowhere. */
  publish(room: string, draft: Draft): Eventually<void>;
  /**
   * Appends to the room's log, and publishes to all that have subscribed, as one step. Drafts whose id was appended within
   * two minutes are left out. Of one node and room there is one call at a time.
   *
   * @returns the offset of each draft, also of those that were there already
   */
  append(room: string, drafts: readonly Draft[], limits: HistoryLimits): Eventually<readonly number[]>;
  /** It has everything that `appended` brought to this node before it was called. */
  read(room: string, query: LogQuery, limits: HistoryLimits): Eventually<LogPage>;
  /** Adds connections of this node to who is present, or changes them, and tells the other nodes that have subscribed. */
  enter(room: string, present: readonly Presence[]): Eventually<void>;
  /** Takes connections away from who is present, and tells the others; also those of nodes that are gone. */
  leave(room: string, ids: readonly string[]): Eventually<void>;
  /** Who is present, of the nodes that live. */
  present(room: string): Eventually<readonly Presence[]>;
  /**
   * Says that this node lives, for so many milliseconds, and that these of its connections are still present, so that the
   * broker keeps them; without being said again, a room's presence is kept for an hour at least.
   *
   * @returns the nodes that live
   */
  touch(ttl: number, kept: ReadonlyMap<string, readonly Presence[]>): Eventually<readonly string[]>;
  /** Leaves no connection of this node behind where the broker can be reached, and hears nothing any more. */
  close(): Eventually<void>;
}

/**
 * Joins the rooms of several nodes. `redisAdapter()` and `natsAdapter()` do it through a broker, `memoryAdapter()`, the
 * default, within a process.
 */
export interface Adapter {
  readonly status: AdapterStatus;
  /** Why it is degraded. */
  readonly problem: AdapterProblem | undefined;
  /**
   * Opens the rooms of one name. Nodes that open the same name on the same broker share them.
   *
   * @throws InvalidOptionError for a name that this adapter has open already
   * @internal
   */
  open(name: string, receiver: SpaceReceiver): Space;
  on(event: 'status', listener: (status: AdapterStatus, problem: AdapterProblem | undefined) => void): this;
  off(event: 'status', listener: (status: AdapterStatus, problem: AdapterProblem | undefined) => void): this;
  /** Closes its spaces, and the connections that it has made itself; those that were given to it are the giver's. */
  close(): Promise<void>;
}
