import { type Broker, type BrokerKind, startBroker } from './broker';
import { BrokerProxy } from './broker-proxy';
import type { ChaosClient } from './chaos-client';
import { NodeProcess } from './node-process';
import { PageClient } from './page-client';
import { readRooms } from './read-log';
import { RecordingClient, type ServerMessage } from './recording-client';
import { judge, type Verdict } from './verdict';

/** A node, and what stands between it and the broker. */
export interface ClusterNode {
  readonly process: NodeProcess;
  readonly proxy: BrokerProxy;
}

export interface ClusterOptions {
  readonly broker: BrokerKind;
  /** The path of the broker's program. */
  readonly program: string;
  readonly nodes: number;
  /** Options of `rooms()`, but for the adapter. */
  readonly rooms: object;
}

/** A broker, and nodes that go through it, each by a proxy of its own. */
export class Cluster {
  /** Those that live. */
  readonly nodes: ClusterNode[] = [];
  readonly #proxies: BrokerProxy[] = [];
  readonly #clients = new Set<ChaosClient>();

  private constructor(readonly broker: Broker) {}

  static async start({ broker: kind, program, nodes, rooms }: ClusterOptions): Promise<Cluster> {
    const broker = await startBroker(kind, program);
    const cluster = new Cluster(broker);
    try {
      for (let i = 0; i < nodes; i++) cluster.#proxies.push(await BrokerProxy.open(broker.port));
      const starting = cluster.#proxies.map(async (proxy) => {
        const process = await NodeProcess.start({ broker: kind, port: proxy.port, rooms });
        return { process, proxy };
      });
      // Those that have started are ended with the others, also where one has not.
      const started = await Promise.allSettled(starting);
      for (const one of started) if (one.status === 'fulfilled') cluster.nodes.push(one.value);
      for (const one of started) if (one.status === 'rejected') throw one.reason;
      return cluster;
    } catch (error) {
      await cluster.remove();
      throw error;
    }
  }

  get ports(): number[] {
    return this.nodes.map(({ process }) => process.port);
  }

  /** A client that begins with the node of this index, and goes on to the others that live where it cannot reach that. */
  client(
    name: string,
    rooms: readonly string[],
    index = 0,
    onMessage: (message: ServerMessage) => void = () => {},
  ): RecordingClient {
    return this.#add(new RecordingClient({ name, rooms, onMessage, ports: this.#portsFrom(index) }));
  }

  /** The same with the client of `switchboard/client`. */
  page(name: string, rooms: readonly string[], index = 0): PageClient {
    return this.#add(new PageClient({ name, rooms, ports: this.#portsFrom(index) }));
  }

  #portsFrom(index: number): () => readonly number[] {
    return () => {
      const { ports } = this;
      const first = index % ports.length;
      return [...ports.slice(first), ...ports.slice(0, first)];
    };
  }

  #add<Client extends ChaosClient>(client: Client): Client {
    this.#clients.add(client);
    return client;
  }

  /** Ends a client, which does not come back. */
  async dismiss(client: ChaosClient): Promise<void> {
    this.#clients.delete(client);
    await client.end();
  }

  /** Kills the node of this index, without a word. */
  async killNode(index: number): Promise<void> {
    const [killed] = this.nodes.splice(index, 1);
    await killed!.process.kill();
  }

  /**
   * Waits until everything that these clients have said is answered, and everything in the logs has come to them, and then
   * compares. What has not come in time is among the faults.
   */
  async verdict(clients: readonly ChaosClient[], rooms: readonly string[], patience = 15_000): Promise<Verdict> {
    const inTime = (what: string, isSo: (client: ChaosClient) => boolean) =>
      // Whatever is missing then, the verdict says more exactly.
      Promise.all(clients.map((client) => client.until(what, () => isSo(client), patience).catch(() => undefined)));
    await inTime('all is answered', ({ unanswered, isReady }) => isReady && unanswered.length === 0);
    const { logs } = await readRooms(this.ports[0]!, rooms);
    const ends = new Map(logs.map(({ room, entries }) => [room, entries.at(-1)?.offset ?? 0]));
    await inTime('all has come', ({ records }) =>
      [...records].every(([room, { lastOffset }]) => lastOffset >= ends.get(room)!),
    );
    return judge(clients, logs);
  }

  /**
   * Ends clients and nodes.
   *
   * @returns what was wrong with how the nodes ended: nothing may be left that keeps them, and nothing may have been written
   */
  async end(): Promise<string[]> {
    await Promise.all([...this.#clients].map((client) => client.end()));
    const ends = await Promise.all(this.nodes.map(({ process }) => process.end()));
    return ends.flatMap(({ code, stderr }) => [
      ...(code === 0 ? [] : [`a node did not end by itself when all was closed (${code ?? 'killed'})`]),
      ...(stderr === '' ? [] : [`a node wrote: ${stderr}`]),
    ]);
  }

  /** Leaves nothing behind, however far all this has come. */
  async remove(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.end()));
    await Promise.all(this.nodes.map(({ process }) => process.kill()));
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await this.broker.stop();
  }
}
