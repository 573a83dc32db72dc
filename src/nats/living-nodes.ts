import type { Bucket } from './bucket';
import { decodeLife, encodeLife } from './presence-messages';

/** Which nodes live, and which did lately. */
export interface Nodes {
  readonly living: ReadonlySet<string>;
  readonly gone: readonly string[];
}

/** The nodes that have opened the rooms of one name, each a key of a bucket, by the clock of the server. */
export class LivingNodes {
  readonly #bucket: Bucket;
  readonly #node: string;
  #said: Promise<unknown> = Promise.resolve();
  #reading: Promise<Nodes> | undefined;
  #next: Promise<Nodes> | undefined;

  constructor(bucket: Bucket, node: string) {
    this.#bucket = bucket;
    this.#node = node;
  }

  /** Says how long this node lives; 0 for no longer. */
  say(ttl: number): Promise<unknown> {
    this.#said = this.#bucket.put(this.#node, encodeLife(ttl));
    return this.#said;
  }

  /** Done when what was said last is known to the server, or failed: whoever reads of a node must find that it lives. */
  async said(): Promise<void> {
    await this.#said.catch(() => {});
  }

  /** As they are at the time of the call or later: calls while it is being read share the next reading. */
  read(): Promise<Nodes> {
    if (this.#reading === undefined) return this.#start();
    this.#next ??= this.#reading.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<Nodes> {
    this.#next = undefined;
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  async #read(): Promise<Nodes> {
    const { messages, now } = await this.#bucket.all();
    const living = new Set<string>();
    const gone: string[] = [];
    for (const { subject, data, time } of messages) {
      const node = this.#bucket.keyOf(subject);
      if (now - time < decodeLife(data)) living.add(node);
      else gone.push(node);
    }
    return { living, gone };
  }
}
