import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { describe, refuseUnknownOptions } from '../protocol/options';
import type { Adapter, AdapterProblem, AdapterStatus, Space, SpaceReceiver } from '../rooms/adapter';
import { AdapterWarnings } from '../rooms/adapter-warnings';
import { BrokerHealth, type HealthOptions, healthOptionNames, resolveHealthOptions } from '../rooms/broker-health';
import { checkNotOpen } from '../rooms/check-not-open';
import { type StatusListener, StatusListeners } from '../rooms/status-listeners';
import { commandsOf, type RedisClient } from './client';
import type { RedisCommands } from './commands';
import { probeKeys, RedisKeys } from './keys';
import { RedisSpace } from './redis-space';
import { probe } from './scripts';
import { Subscriptions } from './subscriptions';

export interface RedisAdapterOptions extends HealthOptions {
  /** What the names of all keys and channels begin with; without braces. @default 'switchboard' */
  prefix?: string;
}

/** Milliseconds that the application's client may take to connect, before it is called a problem. */
const patience = 1000;

/** Joins the rooms of all processes that have the same Redis. */
export class RedisAdapter implements Adapter {
  readonly #commands: RedisCommands;
  readonly #prefix: string;
  readonly #health: BrokerHealth;
  readonly #subscriptions: Subscriptions;
  readonly #spaces = new Map<string, { space: RedisSpace; receiver: SpaceReceiver }>();
  readonly #listeners = new StatusListeners();
  readonly #warnings = new AdapterWarnings();
  readonly #echo = new Echo();
  readonly #probeChannel: string;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(client: RedisClient, options: RedisAdapterOptions) {
    refuseUnknownOptions('redisAdapter()', options, ['prefix', ...healthOptionNames]);
    this.#prefix = checkPrefix(options.prefix ?? 'switchboard');
    const healthOptions = resolveHealthOptions(options);
    this.#commands = commandsOf(client);
    this.#probeChannel = `${this.#prefix}:probe:${randomUUID()}`;
    this.#subscriptions = new Subscriptions(this.#commands, {
      ready: () => this.#health.reconnected(),
      lost: (error) => this.#health.lost(error),
    });
    this.#health = new BrokerHealth(
      { broker: 'Redis', probe: () => this.#probe(), statusChanged: (...news) => this.#statusChanged(...news) },
      healthOptions,
    );
    this.#subscriptions
      .add(this.#probeChannel, (message) => this.#echo.heard(message))
      .catch(() => {
        // There is no connection yet: the first probe makes one, and subscribes.
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
    if (this.#closing !== undefined) throw new InvalidStateError('The Redis adapter is closed');
    checkNotOpen(name, this.#spaces);
    const space = new RedisSpace(
      {
        commands: this.#commands,
        health: this.#health,
        subscriptions: this.#subscriptions,
        refused: (error) => this.#warnings.warn(error),
        closed: () => this.#spaces.delete(name),
      },
      new RedisKeys(this.#prefix, name),
      receiver,
    );
    this.#spaces.set(name, { space, receiver });
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
    const receivers = Array.from(this.#spaces.values(), ({ receiver }) => receiver);
    await Promise.all(Array.from(this.#spaces.values(), ({ space }) => space.close()));
    this.#health.close();
    this.#subscriptions.close();
    for (const receiver of receivers) receiver.status('closed', undefined);
  }

  async #probe(): Promise<void> {
    await this.#connected();
    await this.#subscriptions.ensure();
    const word = randomUUID();
    this.#echo.expect(word);
    const keys = probeKeys(this.#prefix, this.#commands.isCluster);
    await Promise.all(keys.map((key) => this.#commands.run(probe, [key], [this.#probeChannel, word])));
    await this.#echo.back(keys.length);
    this.#subscriptions.proved();
  }

  /** At the beginning the application's client may be about to connect, too: that is waited for a while. */
  async #connected(): Promise<void> {
    const end = performance.now() + patience;
    for (let { obstacle } = this.#commands; obstacle !== undefined; { obstacle } = this.#commands) {
      if (this.status !== 'connecting' || performance.now() > end) throw new Error(obstacle);
      await delay(10);
    }
  }

  #statusChanged(status: AdapterStatus, problem: AdapterProblem | undefined): void {
    for (const { space, receiver } of [...this.#spaces.values()]) {
      if (status === 'degraded') space.disturbed();
      receiver.status(status, problem);
    }
    this.#listeners.tell(status, problem);
  }
}

/** A word that was published, and how often it came back. */
class Echo {
  #word = '';
  #count = 0;
  #check: () => void = () => {};

  expect(word: string): void {
    this.#word = word;
    this.#count = 0;
    this.#check = () => {};
  }

  heard(word: string): void {
    if (word !== this.#word) return;
    this.#count++;
    this.#check();
  }

  back(times: number): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (this.#count >= times) resolve();
      };
      this.#check();
    });
  }
}

function checkPrefix(prefix: unknown): string {
  if (typeof prefix === 'string' && prefix !== '' && prefix.length <= 256 && !/[{}\p{Cs}]/u.test(prefix)) return prefix;
  throw new InvalidOptionError(
    `Option 'prefix' must be a string of 1 to 256 characters without braces, not ${describe(prefix)}`,
  );
}

/**
 * Joins the rooms of all processes that have the same Redis, or Redis Cluster.
 *
 * ```ts
 * const client = await createClient({ url: 'redis://localhost' }).on('error', console.error).connect();
 * switchboard(app, { hub: new Hub({ adapter: redisAdapter(client), history: 100 }) });
 * ```
 *
 * The client stays the application's: what is needed besides, a connection for subscriptions, is a duplicate of it, which
 * `close()` closes.
 *
 * @throws InvalidOptionError for what is no client, an unknown option, or a value that cannot be
 */
export function redisAdapter(client: RedisClient, options: RedisAdapterOptions = {}): RedisAdapter {
  return new RedisAdapter(client, options);
}
