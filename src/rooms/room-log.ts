import type { Entry, Envelope, HistoryLimits, LogPage, LogQuery, Position, RoomData } from './adapter';

interface Kept {
  readonly entry: Entry;
  readonly bytes: number;
  /** When it was appended, by the clock of the log. */
  readonly time: number;
}

/** What an entry costs besides its data, roughly, in bytes. */
const entryOverhead = 200;

/** The log of one room in memory: its last entries, with offsets from 1 without holes. */
export class RoomLog {
  readonly epoch: string;
  #kept: Kept[] = [];
  /** Where in `#kept` the oldest one is: what lies before is given back now and then, not with each entry. */
  #first = 0;
  #offset = 0;
  #bytes = 0;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** What it takes of memory, roughly, in bytes. */
  get bytes(): number {
    return this.#bytes + (this.#kept.length - this.#first) * entryOverhead;
  }

  get position(): Position {
    return { epoch: this.epoch, offset: this.#offset };
  }

  append(envelope: Envelope, limits: HistoryLimits, now: number): Entry {
    const bytes = limits.count === 0 ? 0 : bytesOf(envelope.data);
    const entry: Entry = { ...envelope, epoch: this.epoch, offset: ++this.#offset };
    if (limits.count > 0) {
      this.#kept.push({ entry, bytes, time: now });
      this.#bytes += bytes;
    }
    if (this.#kept.length > 0) this.trim(limits, now);
    return entry;
  }

  /** Drops the oldest until all limits are kept. */
  trim(limits: HistoryLimits, now: number): void {
    for (let oldest = this.#kept[this.#first]; oldest !== undefined; oldest = this.#kept[this.#first]) {
      const fits = this.#kept.length - this.#first <= limits.count && this.#bytes <= limits.bytes;
      if (fits && now - oldest.time <= limits.age) break;
      this.#bytes -= oldest.bytes;
      this.#first++;
    }
    if (this.#first === this.#kept.length || this.#first > 64 + this.#kept.length / 2) {
      this.#kept = this.#kept.slice(this.#first);
      this.#first = 0;
    }
  }

  read(query: LogQuery): LogPage {
    return 'since' in query ? this.#since(query.since) : this.#latest(query.before, query.limit);
  }

  #since(since: Position): LogPage {
    const comparable = since.epoch === this.epoch && since.offset <= this.#offset;
    const count = this.#kept.length - this.#first;
    const missing = comparable ? this.#offset - since.offset : Number.POSITIVE_INFINITY;
    const entries = this.#entries(Math.max(this.#first, this.#kept.length - missing), this.#kept.length);
    return { position: this.position, entries, gap: missing > count, more: false };
  }

  #latest(before: Position | undefined, limit: number): LogPage {
    // Offsets of another epoch say nothing here: all that there is came after them, or nobody knows.
    const comparable = before === undefined || before.epoch === this.epoch;
    const behind = before === undefined ? 0 : Math.max(0, this.#offset - before.offset + 1);
    const end = comparable ? Math.max(this.#first, this.#kept.length - behind) : this.#first;
    const start = Math.max(this.#first, end - limit);
    return { position: this.position, entries: this.#entries(start, end), gap: !comparable, more: start > this.#first };
  }

  #entries(start: number, end: number): Entry[] {
    return this.#kept.slice(start, end).map((kept) => kept.entry);
  }
}

/** Roughly the bytes of its JSON, without making that. */
function bytesOf(data: RoomData): number {
  return Buffer.isBuffer(data) ? data.length : bytesOfJson(data);
}

function bytesOfJson(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const element of value) bytes += 1 + bytesOfJson(element);
    return bytes;
  }
  for (const [key, member] of Object.entries(value)) bytes += 4 + key.length + bytesOfJson(member);
  return bytes;
}
