import { randomBytes } from 'node:crypto';
import { AdapterError } from '../protocol/errors';
import type { Draft, HistoryLimits } from '../rooms/adapter';
import { encodeEnvelope } from '../rooms/wire-format';
import type { JetStream, StreamConfig } from './jetstream';
import { describeNotes, epochOf, type LogLife, lifeOf } from './log-life';
import { type Subjects, tokenOf } from './subjects';

/** How the streams are made. */
export interface StreamOptions {
  readonly replicas: number;
  readonly storage: 'file' | 'memory';
  /** Bytes of the logs of all rooms together; undefined for no limit. */
  readonly maxBytes: number | undefined;
}

/** Nanoseconds: JetStream knows a message again for two minutes. */
const duplicateWindow = 120e9;
/** The longest age in nanoseconds that fits into the server's numbers. */
const longestAge = 9e18;
/** How often a stream is looked at that is not as it has to be. */
const maxAttempts = 5;

/**
 * The stream that has the logs of all rooms of one name, each under a subject of its own. An offset is a sequence of the stream,
 * so the offsets of a room have holes where other rooms were written to.
 */
export class LogStream {
  readonly #jetStream: JetStream;
  readonly #subjects: Subjects;
  readonly #options: StreamOptions;
  #life: LogLife | undefined;
  /** The highest sequence that the server has acknowledged to us in this life. */
  #seen = 0;
  #making: Promise<LogLife> | undefined;
  #losing: Promise<void> | undefined;

  constructor(jetStream: JetStream, subjects: Subjects, options: StreamOptions) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
    this.#options = options;
  }

  get name(): string {
    return this.#subjects.logStream;
  }

  /** What the server says of it now; a stream that is not there, or that keeps too little, is made so. */
  async current(limits: HistoryLimits): Promise<LogLife> {
    const life = await this.look();
    return life !== undefined && this.#suffices(life.config, limits) ? life : this.#make(limits);
  }

  /** What the server says of it now, where it is there. */
  async look(): Promise<LogLife | undefined> {
    // What is acknowledged while the answer is on its way is not in it.
    const { seen, life: before } = { seen: this.#seen, life: this.#life?.life };
    const info = await this.#jetStream.info(this.name);
    if (info === undefined) {
      this.#life = undefined;
      return undefined;
    }
    const life = lifeOf(info, this.#subjects.log('*'));
    if (life === undefined) {
      const words = `The stream ${this.name} at the NATS server was not made by natsAdapter(): delete it, or choose another option prefix`;
      throw new AdapterError(words, { code: 'STREAM_CONFLICT' });
    }
    const known = this.#life;
    if (known?.epoch !== life.epoch) this.#seen = life.last;
    else if (life.life === before && life.last < seen) return this.#lost(life);
    this.#life = life;
    return life;
  }

  /** The epoch of an entry that the server republished just now. */
  epochOf(life: string): string {
    return this.#life?.life === life ? this.#life.epoch : epochOf(life, 0);
  }

  /** A sequence that the server has given to a message of this epoch. */
  saw(epoch: string, sequence: number): void {
    if (this.#life?.epoch === epoch && sequence > this.#seen) this.#seen = sequence;
  }

  /**
   * They are sent one behind the other without waiting for each answer, and the server takes them in this order. Where it
   * refuses one of them, those behind it may be in the log before it is there.
   */
  async append(room: string, node: string, drafts: readonly Draft[], limits: HistoryLimits): Promise<number[]> {
    if (this.#life === undefined || !this.#suffices(this.#life.config, limits)) await this.current(limits);
    const token = tokenOf(room);
    const messages = drafts.map((draft) => ({
      data: encodeEnvelope(node, draft),
      id: `${token}.${tokenOf(draft.id)}`,
    }));
    const offsets = await this.#store(this.#subjects.log(token), messages);
    if (offsets.length < drafts.length) {
      // The stream was deleted.
      await this.current(limits);
      offsets.push(...(await this.#store(this.#subjects.log(token), messages.slice(offsets.length))));
    }
    if (offsets.length === drafts.length) return offsets;
    const words = `append: no stream of NATS takes the subject ${this.#subjects.log(token)}`;
    throw new AdapterError(words, { code: 'BROKER_FAILED' });
  }

  /** @returns the sequences of the first ones, up to where no stream takes them */
  async #store(subject: string, messages: readonly { data: string; id: string }[]): Promise<number[]> {
    const stored = messages.map(({ data, id }) => this.#jetStream.store('append', subject, data, { id }));
    // Nothing may be under way any more when the caller repeats them.
    await Promise.allSettled(stored);
    const sequences: number[] = [];
    for (const each of stored) {
      const sequence = await each;
      if (typeof sequence !== 'number') break;
      if (this.#life !== undefined) this.saw(this.#life.epoch, sequence);
      sequences.push(sequence);
    }
    return sequences;
  }

  #suffices(config: StreamConfig, limits: HistoryLimits): boolean {
    const wanted = this.#wanted(limits, config);
    return (
      config.max_msgs_per_subject === wanted.max_msgs_per_subject &&
      config.max_age === wanted.max_age &&
      config.max_bytes === wanted.max_bytes
    );
  }

  /** It only grows: nodes with other limits must not take turns. What a node's own limits leave out, it leaves out when it reads. */
  #wanted(limits: HistoryLimits, config?: StreamConfig): Omit<StreamConfig, 'name'> {
    // One more than is read: it shows that nothing was dropped behind it.
    const count = Math.max(limits.count + 1, config?.max_msgs_per_subject ?? 0);
    // Twice: what was dropped can then be told from what has never been.
    const age = Math.max(Math.ceil(2 * limits.age * 1e6), duplicateWindow);
    const isForEver = age > longestAge || config?.max_age === 0;
    return {
      max_msgs_per_subject: count,
      max_age: isForEver ? 0 : Math.max(age, config?.max_age ?? 0),
      max_bytes: this.#options.maxBytes ?? config?.max_bytes ?? -1,
    };
  }

  /** Once at a time. */
  #make(limits: HistoryLimits): Promise<LogLife> {
    this.#making ??= this.#makeNow(limits).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #makeNow(limits: HistoryLimits): Promise<LogLife> {
    // Other nodes may do the same at the same time.
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const life = await this.look();
      if (life === undefined) await this.#create(limits);
      else if (this.#suffices(life.config, limits)) return life;
      else await this.#jetStream.update({ ...life.config, ...this.#wanted(limits, life.config) });
    }
    const words = `The stream ${this.name} at the NATS server does not get the limits that it needs`;
    throw new AdapterError(words, { code: 'BROKER_FAILED' });
  }

  async #create(limits: HistoryLimits): Promise<void> {
    const wanted = this.#wanted(limits);
    const subject = this.#subjects.log('*');
    const config = {
      ...wanted,
      name: this.name,
      description: describeNotes({ losses: 0, least: wanted.max_msgs_per_subject }),
      subjects: [subject],
      retention: 'limits',
      discard: 'old',
      storage: this.#options.storage,
      num_replicas: this.#options.replicas,
      duplicate_window: duplicateWindow,
      republish: {
        src: subject,
        dest: this.#subjects.appended('{{wildcard(1)}}', randomBytes(9).toString('base64url')),
      },
    };
    // Where another node was faster, its stream is as good.
    await this.#jetStream.create(config);
  }

  /** The server was restarted, and does not have any more what it had acknowledged: offsets are given a second time. */
  async #lost(life: LogLife): Promise<LogLife | undefined> {
    const notes = { ...life.notes, losses: life.notes.losses + 1 };
    this.#losing ??= this.#jetStream
      .update({ ...life.config, description: describeNotes(notes) })
      .then(() => {
        this.#life = undefined;
      })
      .finally(() => {
        this.#losing = undefined;
      });
    await this.#losing;
    return this.look();
  }
}
