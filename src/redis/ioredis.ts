import { type RedisCommands, type RedisSubscriber, runScript, type SubscriberEvents } from './commands';
import type { Script } from './scripts';

interface IoRedisScripting {
  readonly status: string;
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>;
  evalsha(sha: string, keys: number, ...args: string[]): Promise<unknown>;
}

/** What the adapter needs of `new Redis()` of the package `ioredis`. */
export interface IoRedisClient extends IoRedisScripting {
  duplicate(overrides?: object): IoRedisClient;
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
}

/** What the adapter needs of `new Cluster()` of the package `ioredis`. */
export interface IoRedisCluster extends IoRedisScripting {
  nodes(role: 'master'): IoRedisClient[];
}

/** What the subscriber's connection does as the adapter needs it, whatever the application wants of its own. */
const subscriberOptions = {
  lazyConnect: true,
  enableOfflineQueue: true,
  autoResubscribe: true,
  maxRetriesPerRequest: null,
  retryStrategy: (times: number): number => Math.min(100 * times, 1000),
  keyPrefix: '',
};

export class IoRedisCommands implements RedisCommands {
  readonly isCluster = false;
  readonly #client: IoRedisClient;

  constructor(client: IoRedisClient) {
    this.#client = client;
  }

  get obstacle(): string | undefined {
    return obstacleOf(this.#client);
  }

  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return run(this.#client, script, keys, args);
  }

  subscriber(events: SubscriberEvents): RedisSubscriber {
    return new IoRedisSubscriber(() => this.#client, events);
  }
}

export class IoRedisClusterCommands implements RedisCommands {
  readonly isCluster = true;
  readonly #cluster: IoRedisCluster;

  constructor(cluster: IoRedisCluster) {
    this.#cluster = cluster;
  }

  get obstacle(): string | undefined {
    return obstacleOf(this.#cluster);
  }

  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return run(this.#cluster, script, keys, args);
  }

  subscriber(events: SubscriberEvents): RedisSubscriber {
    return new IoRedisSubscriber(() => {
      // What is published anywhere in a cluster comes at each of its servers.
      const masters = this.#cluster.nodes('master');
      return masters[Math.floor(Math.random() * masters.length)];
    }, events);
  }
}

class IoRedisSubscriber implements RedisSubscriber {
  readonly #original: () => IoRedisClient | undefined;
  readonly #events: SubscriberEvents;
  #client: IoRedisClient | undefined;
  #isClosed = false;

  constructor(original: () => IoRedisClient | undefined, events: SubscriberEvents) {
    this.#original = original;
    this.#events = events;
  }

  get isReady(): boolean {
    return this.#client?.status === 'ready';
  }

  async connect(): Promise<void> {
    if (this.#client === undefined) {
      const original = this.#original();
      if (original === undefined) throw new Error('the cluster has no master');
      this.#client = this.#listenTo(original.duplicate(subscriberOptions));
    }
    const { status } = this.#client;
    if (status === 'wait' || status === 'end') await this.#client.connect();
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#client?.subscribe(...channels);
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#client?.unsubscribe(...channels);
  }

  close(): void {
    this.#isClosed = true;
    this.#client?.disconnect();
  }

  #listenTo(client: IoRedisClient): IoRedisClient {
    client.on('message', (channel, message) => {
      if (!this.#isClosed) this.#events.message(String(channel), String(message));
    });
    client.on('error', (error) => {
      if (!this.#isClosed) this.#events.lost(error as Error);
    });
    client.on('close', () => {
      if (!this.#isClosed) this.#events.lost(new Error('the connection was closed'));
    });
    client.on('ready', () => {
      if (!this.#isClosed) this.#events.ready();
    });
    return client;
  }
}

/** With `lazyConnect` it connects when it is first asked for something. */
function obstacleOf({ status }: IoRedisScripting): string | undefined {
  if (status === 'ready' || status === 'wait') return undefined;
  return `the client has no connection: its status is '${status}'`;
}

function run(
  client: IoRedisScripting,
  { sha, source }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  return runScript(
    () => client.evalsha(sha, keys.length, ...keys, ...args),
    () => client.eval(source, keys.length, ...keys, ...args),
  );
}
