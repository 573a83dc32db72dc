import type { Draft, Entry, Envelope, HistoryLimits, LogPage, LogQuery, Presence, PresenceChange } from './adapter';
import { Epochs } from './epochs';
import { RecentIds } from './recent-ids';
import { RoomLog } from './room-log';

/** What a node hears of rooms. */
export interface MemoryNode {
  readonly node: string;
  appended(room: string, entry: Entry, previous: number): void;
  published(room: string, envelope: Envelope): void;
  presence(room: string, change: PresenceChange): void;
}

/** A log, and what it takes of memory as long as nobody has subscribed to its room. */
interface Kept {
  readonly log: RoomLog;
  /** Tells its ids from those of other logs. */
  readonly serial: number;
  idleBytes: number;
}

/** What a log costs besides its entries, roughly, in bytes. */
const logOverhead = 300;

/** The rooms of one name in this process: their logs, who has subscribed, and who is present. */
export class MemoryRooms {
  readonly #maxIdleBytes: number;
  readonly #now: () => number;
  readonly #logs = new Map<string, Kept>();
  /** Names of rooms with a log that nobody has subscribed to, the one used longest ago first. */
  readonly #idle = new Set<string>();
  #idleBytes = 0;
  #lastSerial = 0;
  readonly #epochs = new Epochs();
  readonly #ids = new RecentIds();
  /** Mostly one node: an array is smaller than a set. */
  readonly #subscribers = new Map<string, MemoryNode[]>();
  readonly #present = new Map<string, Map<string, Presence>>();
  /** When each node is taken for dead. */
  readonly #nodes = new Map<string, number>();
  /** What is to be told while something is being told: so that all nodes hear everything in one order. */
  #telling: Array<() => void> | null = null;

  constructor(maxIdleBytes: number, now: () => number) {
    this.#maxIdleBytes = maxIdleBytes;
    this.#now = now;
  }

  subscribe(room: string, node: MemoryNode): void {
    const nodes = this.#subscribers.get(room);
    if (nodes === undefined) this.#subscribers.set(room, [node]);
    // A new array, because the old one may just be walked.
    else if (!nodes.includes(node)) this.#subscribers.set(room, [...nodes, node]);
    this.#settle(room);
  }

  unsubscribe(room: string, node: MemoryNode): void {
    const rest = this.#subscribers.get(room)?.filter((each) => each !== node);
    if (rest === undefined) return;
    if (rest.length > 0) this.#subscribers.set(room, rest);
    else this.#subscribers.delete(room);
    this.#settle(room);
  }

  publish(room: string, envelope: Envelope): void {
    this.#tell(room, (node) => {
      if (node.node !== envelope.node) node.published(room, envelope);
    });
  }

  append(room: string, node: string, drafts: readonly Draft[], limits: HistoryLimits): number[] {
    if (drafts.length === 0) return [];
    const now = this.#now();
    const kept = this.#logOf(room);
    const offsets = drafts.map((draft) => {
      const key = `${draft.id}\n${kept.serial}`;
      const known = this.#ids.get(key, now);
      if (known !== undefined) return known;
      const entry = kept.log.append({ ...draft, node }, limits, now);
      this.#ids.set(key, entry.offset, now);
      this.#tell(room, (subscriber) => subscriber.appended(room, entry, entry.offset - 1));
      return entry.offset;
    });
    this.#settle(room);
    return offsets;
  }

  read(room: string, query: LogQuery, limits: HistoryLimits): LogPage {
    const kept = this.#logs.get(room);
    if (kept === undefined) return new RoomLog(this.#epochs.of(room)).read(query);
    kept.log.trim(limits, this.#now());
    const page = kept.log.read(query);
    this.#settle(room);
    return page;
  }

  enter(room: string, node: string, present: readonly Presence[]): void {
    this.#keep(room, present);
    this.#tellPresence(room, node, { joins: [...present], leaves: [] });
  }

  leave(room: string, node: string, ids: readonly string[]): void {
    const present = this.#present.get(room);
    if (present !== undefined) {
      for (const id of ids) present.delete(id);
      if (present.size === 0) this.#present.delete(room);
    }
    this.#tellPresence(room, node, { joins: [], leaves: [...ids] });
  }

  present(room: string): Presence[] {
    const living = new Set(this.#living());
    return [...(this.#present.get(room)?.values() ?? [])].filter((each) => living.has(each.node));
  }

  touch(node: string, ttl: number, kept: ReadonlyMap<string, readonly Presence[]>): string[] {
    this.#nodes.set(node, this.#now() + ttl);
    for (const [room, present] of kept) this.#keep(room, present);
    return this.#living();
  }

  /** Takes a node out of all rooms, and tells the others. */
  remove(node: MemoryNode): void {
    for (const [room, nodes] of this.#subscribers) if (nodes.includes(node)) this.unsubscribe(room, node);
    this.#nodes.delete(node.node);
    for (const [room, present] of this.#present) {
      const own = [...present.values()].filter((each) => each.node === node.node).map(({ id }) => id);
      if (own.length > 0) this.leave(room, node.node, own);
    }
  }

  #logOf(room: string): Kept {
    let kept = this.#logs.get(room);
    if (kept === undefined) {
      kept = { log: new RoomLog(this.#epochs.of(room)), serial: ++this.#lastSerial, idleBytes: 0 };
      this.#logs.set(room, kept);
    }
    return kept;
  }

  /** A room was used, or its subscribers changed: counts its log as idle, or not, and throws away what is too much. */
  #settle(room: string): void {
    const kept = this.#logs.get(room);
    if (kept === undefined) return;
    this.#idleBytes -= kept.idleBytes;
    this.#idle.delete(room);
    kept.idleBytes = 0;
    if (this.#subscribers.has(room)) return;
    kept.idleBytes = logOverhead + 2 * room.length + kept.log.bytes;
    this.#idleBytes += kept.idleBytes;
    this.#idle.add(room);
    for (const oldest of this.#idle) {
      if (this.#idleBytes <= this.#maxIdleBytes) break;
      this.#evict(oldest);
    }
  }

  #evict(room: string): void {
    this.#idleBytes -= this.#logs.get(room)?.idleBytes ?? 0;
    this.#idle.delete(room);
    this.#logs.delete(room);
    this.#epochs.end(room);
  }

  #keep(room: string, present: readonly Presence[]): void {
    if (present.length === 0) return;
    let known = this.#present.get(room);
    if (known === undefined) {
      known = new Map();
      this.#present.set(room, known);
    }
    for (const each of present) known.set(each.id, each);
  }

  #living(): string[] {
    const now = this.#now();
    for (const [node, until] of this.#nodes) if (until <= now) this.#nodes.delete(node);
    return [...this.#nodes.keys()];
  }

  #tellPresence(room: string, from: string, change: PresenceChange): void {
    if (change.joins.length === 0 && change.leaves.length === 0) return;
    this.#tell(room, (node) => {
      if (node.node !== from) node.presence(room, change);
    });
  }

  #tell(room: string, tell: (node: MemoryNode) => void): void {
    const nodes = this.#subscribers.get(room);
    if (nodes === undefined) return;
    if (this.#telling !== null) {
      this.#telling.push(() => nodes.forEach(tell));
      return;
    }
    const waiting: Array<() => void> = [];
    this.#telling = waiting;
    try {
      nodes.forEach(tell);
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
    } finally {
      this.#telling = null;
    }
  }
}
