import type { Entry, HistoryLimits, LogPage, LogQuery, Position } from '../rooms/adapter';
import { decodeEnvelope } from '../rooms/wire-format';
import type { JetStream, StoredMessage, StoredMessages } from './jetstream';
import type { LogLife } from './log-life';
import type { LogStream } from './log-stream';
import { type Subjects, tokenOf } from './subjects';

/** So many messages more than are wanted are not worth a guess. */
const fewMore = 64;
/** How often the place where a page begins is guessed. */
const maxGuesses = 16;

/** What was read of one subject, up to its end or up to where a page ends. */
interface Stretch {
  readonly messages: readonly StoredMessage[];
  /** How many of the subject came behind the last of them. */
  readonly behind: number;
  readonly now: number;
}

/** Reads the logs of rooms out of their stream. */
export class LogReader {
  readonly #jetStream: JetStream;
  readonly #stream: LogStream;
  readonly #subjects: Subjects;

  constructor(jetStream: JetStream, stream: LogStream, subjects: Subjects) {
    this.#jetStream = jetStream;
    this.#stream = stream;
    this.#subjects = subjects;
  }

  async read(room: string, query: LogQuery, limits: HistoryLimits): Promise<LogPage> {
    const subject = this.#subjects.log(tokenOf(room));
    const life = await this.#stream.current(limits);
    const last = await this.#jetStream.last('read', this.#stream.name, subject);
    const { epoch } = life;
    if (last !== undefined) this.#stream.saw(epoch, last.sequence);
    // The server was asked for it before: where the room has no message now, it had none up to there.
    const position = { epoch, offset: last?.sequence ?? life.last };
    if ('since' in query) return this.#since(subject, query.since, { life, last, position }, limits);
    const { before, limit } = query;
    if (before !== undefined && before.epoch !== epoch) return { position, entries: [], gap: true, more: false };
    if (last === undefined) return { position, entries: [], gap: false, more: false };
    if (limit === 0 && before === undefined) {
      const isKept = limits.count > 0 && Date.now() - last.time <= limits.age;
      return { position, entries: [], gap: false, more: isKept };
    }
    const stretch = await this.#latest(subject, limit + 1, before?.offset ?? position.offset + 1);
    const kept = keptOf(stretch, limits);
    const page = kept.slice(Math.max(0, kept.length - limit));
    return { position, entries: entriesOf(page, epoch), gap: false, more: page.length < kept.length };
  }

  async #since(
    subject: string,
    since: Position,
    { life, last, position }: { life: LogLife; last: StoredMessage | undefined; position: Position },
    limits: HistoryLimits,
  ): Promise<LogPage> {
    const isComparable = since.epoch === life.epoch && since.offset <= position.offset;
    const none = { position, entries: [], more: false };
    if (last === undefined) return { ...none, gap: !(isComparable && (await this.#isWhole(since, life))) };
    if (isComparable && since.offset === position.offset) return { ...none, gap: false };

    const from = isComparable ? since.offset : 1;
    const { messages, now } = await this.#jetStream.read('read', this.#stream.name, subject, from);
    const behind = messages.filter(({ sequence }) => !isComparable || sequence > since.offset);
    const kept = keptOf({ messages: behind, behind: 0, now }, limits);
    // What was appended meanwhile is in it, too.
    const offset = Math.max(position.offset, messages.at(-1)?.sequence ?? 0);
    const page = { position: { epoch: life.epoch, offset }, entries: entriesOf(kept, life.epoch), more: false };
    // The last one was there a moment ago.
    const isCut = (messages.at(-1)?.sequence ?? 0) < last.sequence;
    if (!isComparable || isCut || kept.length < behind.length) return { ...page, gap: true };
    return { ...page, gap: !(await this.#isContiguous(subject, since, messages, life)) };
  }

  /** Whether nothing was dropped between a position and what was read from there on. */
  async #isContiguous(
    subject: string,
    since: Position,
    messages: readonly StoredMessage[],
    life: LogLife,
  ): Promise<boolean> {
    // The oldest are dropped first: what has something of its room before it is whole.
    if (messages[0]?.sequence === since.offset) return true;
    const first = await this.#jetStream.first('read', this.#stream.name, subject);
    if (first !== undefined && first.sequence <= since.offset + 1) return true;
    // The room never had so many messages that one was dropped for that, as long as the stream remembers.
    return messages.length < life.notes.least && this.#isWhole(since, life);
  }

  /** Whether the stream has dropped nothing behind a position for its age, or for all rooms taking too much. */
  async #isWhole(since: Position, life: LogLife): Promise<boolean> {
    if (since.offset < life.first - 1) return false;
    if (since.offset === life.last) return true;
    // It may have done so while it was read.
    const now = await this.#stream.look();
    return now !== undefined && now.epoch === life.epoch && since.offset >= now.first - 1;
  }

  /** At least so many messages, where there are so many, that end before a sequence. */
  async #latest(subject: string, wanted: number, end: number): Promise<Stretch> {
    const { name } = this.#stream;
    const few = 4 * wanted + fewMore;
    const all = await this.#jetStream.read('read', name, subject, 1, { unlessMore: few });
    if (all.messages.length > 0 || all.count === 0) return stretchOf(all, end);
    const behind = await this.#countFrom(subject, end);
    const from = await this.#startOf(subject, { wanted, few, end, behind, count: all.count - behind });
    const read = await this.#jetStream.read('read', name, subject, from.sequence, { atMost: from.count });
    return { ...stretchOf(read, end), behind };
  }

  /**
   * A sequence from which on there are not many more messages than wanted: between them are those of other rooms, so it is
   * guessed from how many there are.
   */
  async #startOf(
    subject: string,
    { wanted, few, end, behind, count }: { wanted: number; few: number; end: number; behind: number; count: number },
  ): Promise<{ sequence: number; count: number }> {
    let start = { sequence: 1, count };
    let tooLate = { sequence: end, count: 0 };
    for (let guess = 0; guess < maxGuesses; guess++) {
      const between = tooLate.sequence - start.sequence;
      if (start.count <= few || between <= 1) break;
      const share = (2 * wanted - tooLate.count) / (start.count - tooLate.count);
      const middle = Math.floor(tooLate.sequence - between * share);
      const sequence = Math.min(tooLate.sequence - 1, Math.max(start.sequence + 1, middle));
      const found = { sequence, count: (await this.#countFrom(subject, sequence)) - behind };
      if (found.count >= wanted) start = found;
      else tooLate = found;
    }
    return start;
  }

  #countFrom(subject: string, sequence: number): Promise<number> {
    return this.#jetStream.count('read', this.#stream.name, subject, sequence);
  }
}

/** Of all messages from a sequence on, those that end before another one. */
function stretchOf({ messages, now }: StoredMessages, end: number): Stretch {
  const before = messages.filter(({ sequence }) => sequence < end);
  return { messages: before, behind: messages.length - before.length, now };
}

/** The newest that the limits leave. */
function keptOf({ messages, behind, now }: Stretch, limits: HistoryLimits): readonly StoredMessage[] {
  let bytes = 0;
  let first = messages.length;
  while (first > 0) {
    const { data, time } = messages[first - 1]!;
    bytes += Buffer.byteLength(data);
    if (behind + messages.length - first >= limits.count || bytes > limits.bytes || now - time > limits.age) break;
    first--;
  }
  return messages.slice(first);
}

/** What is not in the wire format was written by somebody else, and passed over. */
function entriesOf(messages: readonly StoredMessage[], epoch: string): Entry[] {
  return messages.flatMap(({ data, sequence }) => {
    try {
      return [{ ...decodeEnvelope(data), epoch, offset: sequence }];
    } catch {
      return [];
    }
  });
}
