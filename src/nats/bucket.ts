import { AdapterError } from '../protocol/errors';
import type { JetStream, StoredMessage, StoredMessages, StreamConfig } from './jetstream';
import type { StreamOptions } from './log-stream';

/** How long, in nanoseconds, a value is kept that is not written again. */
const maxAge = 2 * 3600 * 1e9;

/** A key-value bucket of NATS: a stream that keeps the last message of each subject. */
export class Bucket {
  readonly #jetStream: JetStream;
  readonly #options: StreamOptions;
  readonly #name: string;
  /** Where the server tells what is written: the key stands for `>`; undefined for nowhere. */
  readonly #told: string | undefined;
  #making: Promise<void> | undefined;

  constructor(jetStream: JetStream, options: StreamOptions, name: string, told?: string) {
    this.#jetStream = jetStream;
    this.#options = options;
    this.#name = name;
    this.#told = told;
  }

  /** @param after writes only where this is the sequence of what is written there now. @returns false where it is not */
  async put(key: string, value: string, after?: number): Promise<boolean> {
    await this.#made();
    const sequence = await this.#jetStream.store('presence', this.#subject(key), value, { after });
    if (sequence === 'changed') return false;
    if (sequence !== undefined) return true;
    this.#making = undefined;
    // What was in it is written again by all nodes when they are ready again.
    return this.#jetStream.fail('presence', `the bucket ${this.#name} is gone, and made anew`);
  }

  /** @param key without wildcards: servers before 2.10 look through all keys for those */
  async get(key: string): Promise<StoredMessage | undefined> {
    return this.#jetStream.last('presence', this.#stream, this.#subject(key));
  }

  async all(): Promise<StoredMessages> {
    await this.#made();
    return this.#jetStream.read('presence', this.#stream, this.#subject('>'), 1);
  }

  keyOf(subject: string): string {
    return subject.slice(this.#subject('').length);
  }

  get #stream(): string {
    return `KV_${this.#name}`;
  }

  #subject(key: string): string {
    return `$KV.${this.#name}.${key}`;
  }

  #made(): Promise<void> {
    this.#making ??= this.#make().catch((error) => {
      this.#making = undefined;
      throw error;
    });
    return this.#making;
  }

  async #make(): Promise<void> {
    const subject = this.#subject('>');
    const told = this.#told;
    const config = {
      name: this.#stream,
      subjects: [subject],
      retention: 'limits',
      discard: 'new',
      storage: this.#options.storage,
      num_replicas: this.#options.replicas,
      max_msgs_per_subject: 1,
      max_bytes: -1,
      max_age: maxAge,
      allow_rollup_hdrs: true,
      deny_delete: true,
      ...(told !== undefined && { republish: { src: subject, dest: told } }),
    } satisfies StreamConfig & Record<string, unknown>;
    const info = (await this.#jetStream.info(this.#stream)) ?? (await this.#jetStream.create(config));
    // Undefined where another node was faster.
    if (info === undefined || (info.config.subjects?.[0] === subject && info.config.republish?.dest === told)) return;
    const words = `The bucket ${this.#name} at the NATS server was not made by natsAdapter(): delete it, or choose another option prefix`;
    throw new AdapterError(words, { code: 'STREAM_CONFLICT' });
  }
}
