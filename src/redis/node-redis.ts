import { type RedisCommands, type RedisSubscriber, runScript, type SubscriberEvents } from './commands';
import type { Script } from './scripts';

interface NodeRedisScripting {
  eval(script: string, options: { keys?: string[]; arguments?: string[] }): Promise<unknown>;
  evalSha(sha: string, options: { keys?: string[]; arguments?: string[] }): Promise<unknown>;
}

/** What the adapter needs of `createClient()` of the package `redis`. */
export interface NodeRedisClient extends NodeRedisScripting {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  duplicate(overrides?: object): NodeRedisClient;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  subscribe(channels: string[], listener: (message: string, channel: string) => void): Promise<unknown>;
  unsubscribe(channels: string[], listener: (message: string, channel: string) => void): Promise<unknown>;
}

/** What the adapter needs of `createCluster()` of the package `redis`. */
export interface NodeRedisCluster extends NodeRedisScripting {
  readonly isOpen: boolean;
  readonly masters: readonly unknown[];
  nodeClient(master: never): NodeRedisClient | Promise<NodeRedisClient>;
}

const unconnected = 'the client has no connection; if it never had one: await client.connect()';

export class NodeRedisCommands implements RedisCommands {
  readonly isCluster = false;
  readonly #client: NodeRedisClient;

  constructor(client: NodeRedisClient) {
    this.#client = client;
  }

  get obstacle(): string | undefined {
    return this.#client.isReady ? undefined : unconnected;
  }

  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return run(this.#client, script, keys, args);
  }

  subscriber(events: SubscriberEvents): RedisSubscriber {
    return new NodeRedisSubscriber(() => this.#client, events);
  }
}

export class NodeRedisClusterCommands implements RedisCommands {
  readonly isCluster = true;
  readonly #cluster: NodeRedisCluster;

  constructor(cluster: NodeRedisCluster) {
    this.#cluster = cluster;
  }

  get obstacle(): string | undefined {
    return this.#cluster.isOpen && this.#cluster.masters.length > 0 ? undefined : unconnected;
  }

  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return run(this.#cluster, script, keys, args);
  }

  subscriber(events: SubscriberEvents): RedisSubscriber {
    return new NodeRedisSubscriber(() => {
      // What is published anywhere in a cluster comes at each of its servers.
      const { masters } = this.#cluster;
      return this.#cluster.nodeClient(masters[Math.floor(Math.random() * masters.length)] as never);
    }, events);
  }
}

class NodeRedisSubscriber implements RedisSubscriber {
  readonly #original: () => NodeRedisClient | Promise<NodeRedisClient>;
  readonly #events: SubscriberEvents;
  #client: NodeRedisClient | undefined;
  #isClosed = false;

  constructor(original: () => NodeRedisClient | Promise<NodeRedisClient>, events: SubscriberEvents) {
    this.#original = original;
    this.#events = events;
  }

  get isReady(): boolean {
    return this.#client?.isReady === true;
  }

  async connect(): Promise<void> {
    if (this.#client === undefined) {
      const original = await this.#original();
      if (this.#isClosed) return;
      // There may be more rooms than the application wants commands to wait.
      this.#client ??= this.#listenTo(original.duplicate({ commandsQueueMaxLength: undefined }));
    }
    if (!this.#client.isOpen) await this.#client.connect();
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#client?.subscribe([...channels], this.#message);
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#client?.unsubscribe([...channels], this.#message);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#client?.isOpen) this.#client.destroy();
  }

  readonly #message = (message: string, channel: string): void => {
    if (!this.#isClosed) this.#events.message(channel, message);
  };

  #listenTo(client: NodeRedisClient): NodeRedisClient {
    client.on('error', (error) => {
      if (!this.#isClosed) this.#events.lost(error as Error);
    });
    client.on('ready', () => {
      if (!this.#isClosed) this.#events.ready();
    });
    return client;
  }
}

function run(
  client: NodeRedisScripting,
  { sha, source }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const options = { keys: [...keys], arguments: [...args] };
  return runScript(
    () => client.evalSha(sha, options),
    () => client.eval(source, options),
  );
}
