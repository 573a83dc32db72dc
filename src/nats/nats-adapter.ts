import { randomUUID } from 'node:crypto';
import { AdapterError, InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { checkInteger, describe, refuseUnknownOptions } from '../protocol/options';
import type { Adapter, AdapterProblem, AdapterStatus, Space, SpaceReceiver } from '../rooms/adapter';
import { AdapterWarnings } from '../rooms/adapter-warnings';
import { BrokerHealth, type HealthOptions, healthOptionNames, resolveHealthOptions } from '../rooms/broker-health';
import { checkNotOpen } from '../rooms/check-not-open';
import { type StatusListener, StatusListeners } from '../rooms/status-listeners';
import { checkConnection, type NatsConnection, type NatsSubscription, neverGiveUp, warnIfItGivesUp } from './client';
import { JetStream } from './jetstream';
import type { StreamOptions } from './log-stream';
import { NatsSpace } from './nats-space';
import { Subjects } from './subjects';

/** How rooms are kept at a NATS server. `replicas` and `storage` count when the first node makes the streams. */
export interface NatsAdapterOptions extends HealthOptions {
  /** What the names of all subjects and streams begin with: letters, digits, `-` and `_`. @default 'switchboard' */
  prefix?: string;
  /** Servers of a cluster that keep the logs. @default 1 */
  replicas?: number;
  /** Where the server keeps the logs. @default 'file' */
  storage?: 'file' | 'memory';
  /**
   * Bytes that the logs of all rooms of a name may take together; the oldest entries go first. @default no limit but the
   * server's own, and what `history` keeps of each room
   */
  maxBytes?: number;
}

const optionNames = ['prefix', 'replicas', 'storage', 'maxBytes', ...healthOptionNames];

/** Joins the rooms of all processes that have the same NATS server, or cluster of servers. */
export class NatsAdapter implements Adapter {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #streams: StreamOptions;
  readonly #health: BrokerHealth;
  readonly #jetStream: JetStream;
  readonly #spaces = new Map<string, NatsSpace>();
  readonly #listeners = new StatusListeners();
  readonly #warnings = new AdapterWarnings();
  readonly #probeSubject: string;
  #probeSubscription: NatsSubscription | undefined;
  #echoed: (word: string) => void = () => {};
  #isConnected = true;
  #flushing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(connection: NatsConnection, options: NatsAdapterOptions) {
    refuseUnknownOptions('natsAdapter()', options, optionNames);
    this.#prefix = checkPrefix(options.prefix ?? 'switchboard');
    this.#streams = streamOptionsOf(options);
    const healthOptions = resolveHealthOptions(options);
    checkConnection(connection);
    warnIfItGivesUp(connection);
    this.#connection = connection;
    this.#probeSubject = `${this.#prefix}.probe.${randomUUID()}`;
    this.#health = new BrokerHealth(
      { broker: 'NATS', probe: () => this.#probe(), statusChanged: (...news) => this.#statusChanged(...news) },
      healthOptions,
    );
    this.#jetStream = new JetStream(connection, this.#health, healthOptions.operationTimeout);
    this.#watch().catch((error) => this.#health.lost(error));
    void this.#connection.closed().then(() => {
      if (this.#closing === undefined) this.#health.lost(connectionClosed());
    });
    this.#health.start();
  }

  get status(): AdapterStatus {
    return this.#health.status;
  }

  get problem(): AdapterProblem | undefined {
    return this.#health.problem;
  }

  /** @internal */
  open(name: string, receiver: SpaceReceiver): Space {
    if (this.#closing !== undefined) throw new InvalidStateError('The NATS adapter is closed');
    checkNotOpen(name, this.#spaces);
    const space = new NatsSpace(
      {
        connection: this.#connection,
        health: this.#health,
        jetStream: this.#jetStream,
        streams: this.#streams,
        flush: () => this.#flush(),
        refused: (error) => this.#warnings.warn(error),
        closed: () => this.#spaces.delete(name),
      },
      new Subjects(this.#prefix, name),
      receiver,
    );
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

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const spaces = [...this.#spaces.values()];
    await Promise.all(spaces.map((space) => space.close()));
    if (!this.#connection.isClosed()) {
      this.#probeSubscription?.unsubscribe();
      this.#jetStream.close();
    }
    this.#health.close();
    for (const { receiver } of spaces) receiver.status('closed', undefined);
  }

  /** The client connects again by itself, and says so. */
  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (this.#closing !== undefined) return;
      if (type === 'disconnect') {
        this.#isConnected = false;
        this.#health.lost(new Error('the connection was lost'));
      } else if (type === 'reconnect') {
        this.#isConnected = true;
        this.#health.reconnected();
      }
    }
  }

  async #probe(): Promise<void> {
    if (this.#connection.isClosed()) throw connectionClosed();
    // What is said now would be said later, when nobody waits for it any more.
    if (!this.#isConnected) throw new Error('the connection was lost');
    this.#probeSubscription ??= this.#connection.subscribe(this.#probeSubject, {
      callback: (error, { data }) => {
        if (error === null) this.#echoed(Buffer.from(data).toString());
        else this.#health.lost(error);
      },
    });
    const word = randomUUID();
    const echo = new Promise<void>((resolve) => {
      this.#echoed = (heard) => {
        if (heard === word) resolve();
      };
    });
    this.#connection.publish(this.#probeSubject, word);
    await echo;
    await this.#jetStream.checkEnabled();
    await Promise.all(Array.from(this.#spaces.values(), (space) => space.probe()));
  }

  /** One answer is enough for all that was said in one iteration. */
  #flush(): Promise<void> {
    this.#flushing ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#flushing = undefined;
        if (this.#connection.isClosed()) reject(connectionClosed());
        else this.#connection.flush().then(resolve, reject);
      });
    });
    return this.#flushing;
  }

  #statusChanged(status: AdapterStatus, problem: AdapterProblem | undefined): void {
    for (const { receiver } of [...this.#spaces.values()]) receiver.status(status, problem);
    this.#listeners.tell(status, problem);
  }
}

function connectionClosed(): AdapterError {
  const words = `The NATS connection is closed, and does not come back: ${neverGiveUp}, and close it after the adapter`;
  return new AdapterError(words, { code: 'CONNECTION_CLOSED' });
}

function checkPrefix(prefix: unknown): string {
  if (typeof prefix === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(prefix)) return prefix;
  throw new InvalidOptionError(
    `Option 'prefix' must be a string of 1 to 64 letters, digits, '-' and '_', not ${describe(prefix)}`,
  );
}

function streamOptionsOf({ replicas = 1, storage = 'file', maxBytes }: NatsAdapterOptions): StreamOptions {
  checkInteger('replicas', replicas, { min: 1, max: 5 });
  if (storage !== 'file' && storage !== 'memory') {
    throw new InvalidOptionError(`Option 'storage' must be 'file' or 'memory', not ${describe(storage)}`);
  }
  if (maxBytes !== undefined) checkInteger('maxBytes', maxBytes, { min: 1 });
  return { replicas, storage, maxBytes };
}

/**
 * Joins the rooms of all processes that have the same NATS server, 2.9 or newer and with JetStream (`nats-server -js`), or the
 * same cluster of them.
 *
 * ```ts
 * const connection = await connect({ servers: 'localhost', maxReconnectAttempts: -1 });
 * switchboard(app, { hub: new Hub({ adapter: natsAdapter(connection), history: 100 }) });
 * ```
 *
 * The connection stays the application's, which closes it after the adapter.
 *
 * @throws InvalidOptionError for what is no connection, an unknown option, or a value that cannot be
 */
export function natsAdapter(connection: NatsConnection, options: NatsAdapterOptions = {}): NatsAdapter {
  return new NatsAdapter(connection, options);
}
