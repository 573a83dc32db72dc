import { randomUUID } from 'node:crypto';
import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { checkInteger, describe, refuseUnknownOptions } from '../protocol/options';
import type {
  Adapter,
  AdapterStatus,
  Draft,
  HistoryLimits,
  LogPage,
  LogQuery,
  Presence,
  Space,
  SpaceReceiver,
} from './adapter';
import { checkNotOpen } from './check-not-open';
import { type MemoryNode, MemoryRooms } from './memory-rooms';
import { type StatusListener, StatusListeners } from './status-listeners';

/** What the rooms of a process may take of its memory. */
export interface MemoryBrokerOptions {
  /**
   * Bytes, roughly, that the logs of rooms may take in which nobody is, for each name. Those used longest ago are thrown away first; who
   * comes back to such a room is told that there is a gap.
   * @default 64 MiB
   */
  maxIdleBytes?: number;
  /** Milliseconds since 1970, for tests. @internal */
  now?: () => number;
}

/**
 * What memory adapters share that stand for several nodes in one process, as in tests: `memoryAdapter({ broker })` for each.
 */
export class MemoryBroker {
  readonly #maxIdleBytes: number;
  readonly #now: () => number;
  readonly #names = new Map<string, MemoryRooms>();

  /** @throws InvalidOptionError for an unknown option, or a value that cannot be */
  constructor(options: MemoryBrokerOptions = {}) {
    refuseUnknownOptions('new MemoryBroker()', options, ['maxIdleBytes', 'now']);
    const { maxIdleBytes = 64 * 1024 * 1024, now = Date.now } = options;
    checkInteger('maxIdleBytes', maxIdleBytes, { min: 0 });
    this.#maxIdleBytes = maxIdleBytes;
    this.#now = now;
  }

  /** @internal */
  rooms(name: string): MemoryRooms {
    let rooms = this.#names.get(name);
    if (rooms === undefined) {
      rooms = new MemoryRooms(this.#maxIdleBytes, this.#now);
      this.#names.set(name, rooms);
    }
    return rooms;
  }
}

/** Either limits of an adapter's own rooms, or a broker to share them. */
export interface MemoryAdapterOptions {
  /** Bytes, roughly, that the logs of rooms may take in which nobody is; as of a MemoryBroker. @default 64 MiB */
  maxIdleBytes?: number;
  /** Shares the rooms with all other adapters that have it. @default one of its own */
  broker?: MemoryBroker;
}

/** Keeps rooms in the memory of this process, and joins what stands for several nodes in it. Everything happens inside the call. */
export class MemoryAdapter implements Adapter {
  readonly #broker: MemoryBroker;
  readonly #spaces = new Map<string, MemorySpace>();
  readonly #listeners = new StatusListeners();
  #isClosed = false;

  /** @internal */
  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  /** `'ready'` until it is closed: there is nothing that could be away. */
  get status(): AdapterStatus {
    return this.#isClosed ? 'closed' : 'ready';
  }

  get problem(): undefined {
    return undefined;
  }

  /** @internal */
  open(name: string, receiver: SpaceReceiver): Space {
    if (this.#isClosed) throw new InvalidStateError('The memory adapter is closed');
    checkNotOpen(name, this.#spaces);
    const space = new MemorySpace(this.#broker.rooms(name), receiver, () => this.#spaces.delete(name));
    this.#spaces.set(name, space);
    return space;
  }

  on(event: 'status', listener: StatusListener): this {
    this.#listeners.on(event, listener);
    return this;
  }

  off(event: 'status', listener: StatusListener): this {
    this.#listeners.off(event, listener);
    return this;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const space of [...this.#spaces.values()]) {
      space.close();
      space.receiver.status('closed', undefined);
    }
    this.#listeners.tell('closed', undefined);
  }
}

class MemorySpace implements Space {
  readonly node = randomUUID();
  readonly receiver: SpaceReceiver;
  readonly #rooms: MemoryRooms;
  readonly #self: MemoryNode;
  readonly #whenClosed: () => void;
  #isClosed = false;

  constructor(rooms: MemoryRooms, receiver: SpaceReceiver, whenClosed: () => void) {
    this.#rooms = rooms;
    this.receiver = receiver;
    this.#whenClosed = whenClosed;
    // What was on its way when it closed does not arrive.
    this.#self = {
      node: this.node,
      appended: (...told) => {
        if (!this.#isClosed) receiver.appended(...told);
      },
      published: (...told) => {
        if (!this.#isClosed) receiver.published(...told);
      },
      presence: (...told) => {
        if (!this.#isClosed) receiver.presence(...told);
      },
    };
  }

  subscribe(room: string): void {
    this.#open().subscribe(room, this.#self);
  }

  unsubscribe(room: string): void {
    this.#rooms.unsubscribe(room, this.#self);
  }

  publish(room: string, draft: Draft): void {
    this.#open().publish(room, { ...draft, node: this.node });
  }

  append(room: string, drafts: readonly Draft[], limits: HistoryLimits): number[] {
    return this.#open().append(room, this.node, drafts, limits);
  }

  read(room: string, query: LogQuery, limits: HistoryLimits): LogPage {
    return this.#open().read(room, query, limits);
  }

  enter(room: string, present: readonly Presence[]): void {
    this.#open().enter(room, this.node, present);
  }

  leave(room: string, ids: readonly string[]): void {
    this.#open().leave(room, this.node, ids);
  }

  present(room: string): Presence[] {
    return this.#open().present(room);
  }

  touch(ttl: number, kept: ReadonlyMap<string, readonly Presence[]>): string[] {
    return this.#open().touch(this.node, ttl, kept);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#rooms.remove(this.#self);
    this.#whenClosed();
  }

  #open(): MemoryRooms {
    if (this.#isClosed) throw new InvalidStateError('The rooms are closed');
    return this.#rooms;
  }
}

/**
 * Keeps rooms in the memory of this process: the default, and the way to have several nodes in one process.
 *
 * ```ts
 * const broker = new MemoryBroker();
 * const one = new Hub({ adapter: memoryAdapter({ broker }) });
 * const other = new Hub({ adapter: memoryAdapter({ broker }) });
 * ```
 *
 * @throws InvalidOptionError for an unknown option, or a value that cannot be
 */
export function memoryAdapter(options: MemoryAdapterOptions = {}): MemoryAdapter {
  refuseUnknownOptions('memoryAdapter()', options, ['maxIdleBytes', 'broker']);
  const { broker, ...own } = options;
  if (broker === undefined) return new MemoryAdapter(new MemoryBroker(own));
  if (!(broker instanceof MemoryBroker)) {
    throw new InvalidOptionError(`Option 'broker' must be a MemoryBroker, not ${describe(broker)}`);
  }
  if (own.maxIdleBytes !== undefined) {
    throw new InvalidOptionError("Option 'maxIdleBytes' belongs to the broker: new MemoryBroker({ maxIdleBytes })");
  }
  return new MemoryAdapter(broker);
}
