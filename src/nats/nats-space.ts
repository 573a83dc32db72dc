import { randomUUID } from 'node:crypto';
import { type AdapterError, InvalidStateError } from '../protocol/errors';
import type {
  Draft,
  Envelope,
  HistoryLimits,
  LogPage,
  LogQuery,
  Presence,
  Space,
  SpaceReceiver,
} from '../rooms/adapter';
import type { BrokerHealth } from '../rooms/broker-health';
import { reportMistake } from '../rooms/steps';
import { decodeEnvelope, encodeEnvelope } from '../rooms/wire-format';
import { checkPayload, type NatsConnection, type NatsMessage, type NatsSubscription } from './client';
import type { JetStream } from './jetstream';
import { LogReader } from './log-reader';
import { LogStream, type StreamOptions } from './log-stream';
import { changeOf, decodeShard } from './presence-messages';
import { PresenceStore } from './presence-store';
import { type Subjects, tokenOf } from './subjects';

/** What a space has of its adapter. */
export interface NatsContext {
  readonly connection: NatsConnection;
  readonly health: BrokerHealth;
  readonly jetStream: JetStream;
  readonly streams: StreamOptions;
  /** Done when the server has all that was said to it. */
  flush(): Promise<void>;
  /** Somebody published what is not in the wire format. */
  refused(error: AdapterError): void;
  closed(): void;
}

/** The rooms of one name at a NATS server. */
export class NatsSpace implements Space {
  readonly node = randomUUID();
  readonly receiver: SpaceReceiver;
  readonly #context: NatsContext;
  readonly #subjects: Subjects;
  readonly #log: LogStream;
  readonly #reader: LogReader;
  readonly #presence: PresenceStore;
  readonly #subscriptions = new Map<string, NatsSubscription>();
  #closing: Promise<void> | undefined;

  constructor(context: NatsContext, subjects: Subjects, receiver: SpaceReceiver) {
    const { jetStream, streams } = context;
    this.#context = context;
    this.#subjects = subjects;
    this.receiver = receiver;
    this.#log = new LogStream(jetStream, subjects, streams);
    this.#reader = new LogReader(jetStream, this.#log, subjects);
    this.#presence = new PresenceStore(jetStream, subjects, streams, this.node);
  }

  async subscribe(room: string): Promise<void> {
    await this.#open('subscribe', async () => {
      if (!this.#subscriptions.has(room)) this.#subscriptions.set(room, this.#subscribe(room));
      await this.#context.flush();
    });
  }

  async unsubscribe(room: string): Promise<void> {
    const subscription = this.#subscriptions.get(room);
    this.#subscriptions.delete(room);
    subscription?.unsubscribe();
  }

  async publish(room: string, draft: Draft): Promise<void> {
    const { connection } = this.#context;
    const subject = this.#subjects.passing(tokenOf(room));
    const message = encodeEnvelope(this.node, draft);
    checkPayload(connection, message);
    await this.#open('publish', async () => {
      connection.publish(subject, message);
      await this.#context.flush();
    });
  }

  async append(room: string, drafts: readonly Draft[], limits: HistoryLimits): Promise<number[]> {
    this.#check();
    return this.#log.append(room, this.node, drafts, limits);
  }

  async read(room: string, query: LogQuery, limits: HistoryLimits): Promise<LogPage> {
    this.#check();
    return this.#reader.read(room, query, limits);
  }

  async enter(room: string, present: readonly Presence[]): Promise<void> {
    this.#check();
    await this.#presence.enter(room, present);
  }

  async leave(room: string, ids: readonly string[]): Promise<void> {
    this.#check();
    await this.#presence.leave(room, ids);
  }

  async present(room: string): Promise<Presence[]> {
    this.#check();
    return this.#presence.present(room);
  }

  async touch(ttl: number, kept: ReadonlyMap<string, readonly Presence[]>): Promise<string[]> {
    this.#check();
    return this.#presence.touch(ttl, kept);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Asks the server whether the log is still the one that it was. */
  async probe(): Promise<void> {
    await this.#log.look();
  }

  async #close(): Promise<void> {
    const { connection, health } = this.#context;
    if (!connection.isClosed()) for (const each of this.#subscriptions.values()) each.unsubscribe();
    this.#subscriptions.clear();
    // Where the server is away, the other nodes find out that this one does not say any more that it lives.
    if (health.status === 'ready') await this.#presence.close().catch(() => {});
    this.#context.closed();
  }

  #subscribe(room: string): NatsSubscription {
    const heard = this.#subjects.heard(tokenOf(room));
    // What differs between the subjects of a room begins behind those of all.
    const start = heard.length - 1;
    return this.#context.connection.subscribe(heard, {
      callback: (error, message) => {
        if (error === null) this.#heard(room, message.subject.slice(start), message);
        else this.#context.health.lost(error);
      },
    });
  }

  #heard(room: string, kind: string, message: NatsMessage): void {
    try {
      this.#received(room, kind, message);
    } catch (error) {
      reportMistake(error);
    }
  }

  #received(room: string, kind: string, { data, headers }: NatsMessage): void {
    const json = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
    if (kind.startsWith('in.')) {
      const shard = decodeShard(json);
      if (shard === undefined || shard.node === this.node) return;
      if (shard.joins.length + shard.leaves.length > 0) this.receiver.presence(room, changeOf(shard));
      return;
    }
    const envelope = this.#decode(json);
    if (envelope === undefined) return;
    if (kind === 'now') {
      if (envelope.node !== this.node) this.receiver.published(room, envelope);
      return;
    }
    const offset = Number(headers?.get('Nats-Sequence'));
    const previous = Number(headers?.get('Nats-Last-Sequence'));
    // Only the server has these; a subject that ends otherwise is none of ours.
    if (!kind.startsWith('log.') || !(offset > 0) || !(previous >= 0)) return;
    const epoch = this.#log.epochOf(kind.slice('log.'.length));
    this.#log.saw(epoch, offset);
    this.receiver.appended(room, { ...envelope, epoch, offset }, previous);
  }

  /** @returns undefined for what is not in the wire format */
  #decode(json: string): Envelope | undefined {
    try {
      return decodeEnvelope(json);
    } catch (error) {
      this.#context.refused(error as AdapterError);
      return undefined;
    }
  }

  async #open<Value>(stage: string, operation: () => Promise<Value>): Promise<Value> {
    this.#check();
    return this.#context.health.run(stage, operation);
  }

  #check(): void {
    if (this.#closing !== undefined) throw new InvalidStateError('The rooms are closed');
  }
}
