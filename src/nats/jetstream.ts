import { randomBytes } from 'node:crypto';
import { AdapterError } from '../protocol/errors';
import type { BrokerHealth } from '../rooms/broker-health';
import { checkPayload, headersOf, inboxPrefixOf, isUnanswered, type NatsConnection, type NatsMessage } from './client';

/** The configuration of a stream, as far as it is looked at here; the rest is sent back as it came. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects?: readonly string[];
  readonly description?: string;
  readonly max_msgs_per_subject: number;
  /** Nanoseconds; 0 for ever. */
  readonly max_age: number;
  readonly max_bytes: number;
  readonly republish?: { readonly src?: string; readonly dest: string };
}

export interface StreamInfo {
  readonly config: StreamConfig;
  readonly state: { readonly messages: number; readonly first_seq: number; readonly last_seq: number };
}

/** A message that a stream has kept. */
export interface StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly data: string;
  /** When it was stored, in milliseconds since 1970, by the server's clock. */
  readonly time: number;
}

/** Messages of one subject. */
export interface StoredMessages {
  readonly messages: readonly StoredMessage[];
  /** The server's clock, in milliseconds since 1970. */
  readonly now: number;
}

interface ApiError {
  readonly code: number;
  readonly err_code?: number;
  readonly description?: string;
}

interface ConsumerInfo {
  readonly name: string;
  readonly num_pending: number;
  readonly created: string;
}

/** What an answer of the API may say instead of what was asked for. */
const streamNotFound = 10059;
const messageNotFound = 10037;
const streamExists = 10058;
const wrongLastSequence = 10071;

/** Requests that are under way at a time. */
const maxRunning = 256;

/** Messages that are asked for at a time: they may be a megabyte each. */
const batchSize = 100;

const notEnabled =
  'JetStream is not enabled at the NATS server: start it as nats-server -js, and allow it for the account of this connection';

/** The JSON interface of JetStream: requests on `$JS.API` subjects, so that no other package is needed. */
export class JetStream {
  readonly #connection: NatsConnection;
  readonly #health: BrokerHealth;
  readonly #timeout: number;
  /** Where the messages of consumers come, and by the consumer's name who waits for them. */
  readonly #inbox: string;
  readonly #readers = new Map<string, (message: NatsMessage) => void>();
  #subscription: { unsubscribe(): void } | undefined;
  #running = 0;
  readonly #waiting: Array<() => void> = [];

  constructor(connection: NatsConnection, health: BrokerHealth, timeout: number) {
    this.#connection = connection;
    this.#health = health;
    this.#timeout = timeout;
    this.#inbox = `${inboxPrefixOf(connection)}.${randomBytes(12).toString('hex')}`;
  }

  /** Takes the subscription back. */
  close(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  /** @throws AdapterError that says so where the server has no JetStream */
  async checkEnabled(): Promise<void> {
    await this.#ask('JetStream', 'INFO', undefined);
  }

  /** @returns undefined where there is no such stream */
  async info(stream: string): Promise<StreamInfo | undefined> {
    return this.#ask<StreamInfo>('stream', `STREAM.INFO.${stream}`, undefined, [streamNotFound]);
  }

  /** @returns undefined where there is one already, with another configuration */
  async create(config: StreamConfig): Promise<StreamInfo | undefined> {
    return this.#ask<StreamInfo>('stream', `STREAM.CREATE.${config.name}`, config, [streamExists]);
  }

  async update(config: StreamConfig): Promise<StreamInfo> {
    return (await this.#ask<StreamInfo>('stream', `STREAM.UPDATE.${config.name}`, config))!;
  }

  /**
   * Stores a message in the stream that takes its subject.
   *
   * @returns its sequence, or that of the message that was there with the same id; `'changed'` where another one came after
   *   `after`; undefined where no stream takes the subject
   */
  async store(
    stage: string,
    subject: string,
    data: string,
    { id, after }: { id?: string; after?: number | undefined },
  ): Promise<number | 'changed' | undefined> {
    const fields = {
      ...(id !== undefined && { 'Nats-Msg-Id': id }),
      ...(after !== undefined && { 'Nats-Expected-Last-Subject-Sequence': String(after) }),
    };
    checkPayload(this.#connection, data);
    return this.#run(stage, async () => {
      const answer = await this.#request(subject, data, headersOf(fields));
      if (answer === undefined) return undefined;
      const ack = parse<{ seq?: number; error?: ApiError }>(answer);
      if (ack.error?.err_code === wrongLastSequence) return 'changed';
      if (typeof ack.seq === 'number' && ack.error === undefined) return ack.seq;
      throw refusal(stage, ack.error);
    });
  }

  /** The adapter is degraded for this, and with it all that rests on it is done again when it is ready. */
  async fail(stage: string, words: string): Promise<never> {
    return this.#health.run(stage, async () => {
      throw new AdapterError(`${stage}: ${words}`, { code: 'BROKER_FAILED' });
    });
  }

  /** The last message of a subject, which has no wildcards. */
  async last(stage: string, stream: string, subject: string): Promise<StoredMessage | undefined> {
    return this.#message(stage, stream, { last_by_subj: subject });
  }

  /** The first message of a subject. */
  async first(stage: string, stream: string, subject: string): Promise<StoredMessage | undefined> {
    return this.#message(stage, stream, { seq: 1, next_by_subj: subject });
  }

  /** How many messages of a subject there are from a sequence on. */
  async count(stage: string, stream: string, subject: string, from: number): Promise<number> {
    const consumer = await this.#consume(stage, stream, subject, from);
    this.#release(stream, consumer.name);
    return consumer.num_pending;
  }

  /**
   * Reads messages of a subject from a sequence on, the oldest first, and not what is stored after the call.
   *
   * @returns no message where there are more than `unlessMore`, and how many there are
   */
  async read(
    stage: string,
    stream: string,
    subject: string,
    from: number,
    { atMost = Number.POSITIVE_INFINITY, unlessMore = Number.POSITIVE_INFINITY } = {},
  ): Promise<StoredMessages & { readonly count: number }> {
    const { name, num_pending: count, created } = await this.#consume(stage, stream, subject, from);
    const messages: StoredMessage[] = [];
    const wanted = count > unlessMore ? 0 : Math.min(count, atMost);
    try {
      while (messages.length < wanted) {
        const batch = await this.#next(stage, stream, name, Math.min(batchSize, wanted - messages.length));
        messages.push(...batch);
        // Some were dropped by the stream meanwhile.
        if (batch.length === 0) break;
      }
    } finally {
      this.#release(stream, name);
    }
    return { messages, now: Date.parse(created), count };
  }

  async #message(stage: string, stream: string, which: object): Promise<StoredMessage | undefined> {
    const found = await this.#ask<{ message: { subject: string; seq: number; data?: string; time: string } }>(
      stage,
      `STREAM.MSG.GET.${stream}`,
      which,
      [messageNotFound, streamNotFound],
    );
    if (found === undefined) return undefined;
    const { subject, seq, data = '', time } = found.message;
    return { subject, sequence: seq, data: Buffer.from(data, 'base64').toString(), time: Date.parse(time) };
  }

  /** A consumer that lasts as long as one reading, in the memory of the server. */
  async #consume(stage: string, stream: string, subject: string, from: number): Promise<ConsumerInfo> {
    const config = {
      ack_policy: 'none',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: Math.max(1, from),
      filter_subject: subject,
      replay_policy: 'instant',
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: 10_000_000_000,
    };
    return (await this.#ask<ConsumerInfo>(stage, `CONSUMER.CREATE.${stream}`, { stream_name: stream, config }))!;
  }

  /** It would vanish by itself after ten seconds, so nobody waits for the answer. */
  #release(stream: string, name: string): void {
    if (this.#health.status === 'closed' || this.#connection.isClosed()) return;
    this.#connection.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`, '', { reply: `${this.#inbox}.deleted` });
  }

  /** The next messages of a consumer: as many as asked for, or all there are. */
  async #next(stage: string, stream: string, consumer: string, count: number): Promise<StoredMessage[]> {
    this.#subscription ??= this.#connection.subscribe(`${this.#inbox}.*`, { callback: this.#received });
    const messages: StoredMessage[] = [];
    try {
      await this.#run(stage, () => {
        return new Promise<void>((resolve) => {
          this.#readers.set(consumer, (message) => {
            // It says that there is nothing more.
            if (message.reply === undefined || message.reply === '') return resolve();
            messages.push(storedMessage(message));
            if (messages.length === count) resolve();
          });
          const reply = `${this.#inbox}.${consumer}`;
          const next = JSON.stringify({ batch: count, no_wait: true });
          this.#connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, next, { reply });
        });
      });
    } finally {
      this.#readers.delete(consumer);
    }
    return messages;
  }

  /** A message of a stream has its own subject, and names its consumer in the reply; what a server says is for the inbox. */
  readonly #received = (error: Error | null, message: NatsMessage): void => {
    if (error !== null) {
      this.#health.lost(error);
      return;
    }
    const { subject, reply } = message;
    const consumer = reply ? ackTokens(reply)[1] : subject.slice(this.#inbox.length + 1);
    this.#readers.get(consumer!)?.(message);
  };

  /** @param absent errors that mean that there is no such thing: the answer is undefined then */
  async #ask<Answer>(
    stage: string,
    api: string,
    body: object | undefined,
    absent: readonly number[] = [],
  ): Promise<Answer | undefined> {
    return this.#run(stage, async () => {
      const answer = await this.#request(`$JS.API.${api}`, body === undefined ? '' : JSON.stringify(body));
      if (answer === undefined) throw new AdapterError(`${stage}: ${notEnabled}`, { code: 'NO_JETSTREAM' });
      const { error, ...rest } = parse<{ error?: ApiError }>(answer);
      if (error === undefined) return rest as Answer;
      if (absent.includes(error.err_code ?? 0)) return undefined;
      throw refusal(stage, error);
    });
  }

  /** The time that the server has begins when it is asked: not while others have to be answered first. */
  async #run<Value>(stage: string, operation: () => Promise<Value>): Promise<Value> {
    if (this.#running >= maxRunning) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
      // What waited for nothing need not find that out by waiting.
      if (this.#health.status === 'degraded') {
        this.#leavePlace();
        throw this.#health.problem;
      }
    } else {
      this.#running++;
    }
    try {
      return await this.#health.run(stage, operation);
    } finally {
      this.#leavePlace();
    }
  }

  /** Who waits longest takes the place over. */
  #leavePlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }

  async #request(subject: string, data: string, headers?: object): Promise<NatsMessage | undefined> {
    try {
      const options = { timeout: this.#timeout, ...(headers !== undefined && { headers }) };
      return await this.#connection.request(subject, data, options);
    } catch (error) {
      if (isUnanswered(error)) return undefined;
      throw error;
    }
  }
}

function parse<Answer>({ data }: NatsMessage): Answer {
  return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());
}

function refusal(stage: string, error: ApiError | undefined): AdapterError {
  const { code = 500, err_code = 0, description = 'no reason given' } = error ?? {};
  // Both say that the account, or the server, has none.
  if (err_code === 10039 || err_code === 10076) {
    return new AdapterError(`${stage}: ${notEnabled}`, { code: 'NO_JETSTREAM' });
  }
  const words = `${stage}: NATS refused it: ${description} (${code}, ${err_code})`;
  return new AdapterError(words, { code: 'BROKER_FAILED' });
}

function storedMessage({ subject, reply, data }: NatsMessage): StoredMessage {
  const [, , , sequence, , nanoseconds] = ackTokens(reply!);
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
  return { subject, sequence: Number(sequence), data: text, time: Number(nanoseconds) / 1e6 };
}

/** Stream, consumer, deliveries, sequence in the stream, sequence in the consumer, nanoseconds since 1970, and what is pending. */
function ackTokens(reply: string): string[] {
  const tokens = reply.split('.');
  // Newer servers may say the domain and the account before the stream.
  return tokens.slice(tokens.length > 9 ? 4 : 2);
}
