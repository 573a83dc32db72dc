import { ChatServer, type ChatServerOptions } from '../../src/chat/chat-server';
import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import { ChatClient } from './chat-client';
import { FlakyAdapter } from './flaky-adapter';

/** Chat servers that share a broker, as nodes of one site do, and who is connected to them. */
export class ChatNodes {
  broker = new MemoryBroker();
  readonly #servers: ChatServer[] = [];
  readonly #clients: ChatClient[] = [];
  readonly #flaky: FlakyAdapter[] = [];

  /** For the tests of this `describe`: ends after each of them what it has started. */
  static use(): ChatNodes {
    const nodes = new ChatNodes();
    afterEach(async () => {
      for (const client of nodes.#clients.splice(0)) client.socket.terminate();
      await Promise.all(nodes.#servers.splice(0).map((server) => server.stop()));
      await Promise.all(nodes.#flaky.splice(0).map((adapter) => adapter.close()));
      nodes.broker = new MemoryBroker();
    });
    return nodes;
  }

  /** Another node; history keeps 100 messages, where the options do not say. */
  async serve(options: ChatServerOptions = {}): Promise<ChatServer> {
    const adapter = memoryAdapter({ broker: this.broker });
    const server = new ChatServer('127.0.0.1', 0, { history: 100, adapter, ...options });
    this.#servers.push(server);
    await server.start();
    return server;
  }

  /** Another node, behind a network that can be broken. */
  async serveFlaky(options: ChatServerOptions = {}): Promise<{ server: ChatServer; adapter: FlakyAdapter }> {
    const adapter = new FlakyAdapter(this.broker);
    this.#flaky.push(adapter);
    return { server: await this.serve({ adapter, ...options }), adapter };
  }

  /** A node behind a network that can be broken, and another one; Ann and Bob are at the first, Eve is at the other. */
  async site(options: ChatServerOptions = {}) {
    const { server, adapter } = await this.serveFlaky(options);
    const other = await this.serve(options);
    const [ann, bob, eve] = [await this.connect(server), await this.connect(server), await this.connect(other)];
    await ann.join('a', 'Ann');
    await bob.join('a', 'Bob');
    await eve.join('a', 'Eve');
    await adapter.idle();
    for (const client of [ann, bob, eve]) await client.soFar();
    return { server, adapter, other, ann, bob, eve };
  }

  /** What the log of a room has now, and a way to write into it, and who is present, as somebody at the broker sees it. */
  async logOf(room: string) {
    const space = memoryAdapter({ broker: this.broker }).open('chat', deaf);
    const keep = { count: 100, bytes: 1e9, age: 1e9 };
    const { entries, position } = await space.read(room, { limit: 100 }, keep);
    const texts = entries.map(({ data }) => (data as { text: string }).text);
    const present = await space.present(room);
    return { texts, position, present, keep, append: space.append.bind(space) };
  }

  async connect(server: ChatServer, path?: string): Promise<ChatClient> {
    const client = await ChatClient.connect(server.address!.port, path);
    this.#clients.push(client);
    return client;
  }
}

/** Somebody at the broker who hears nothing. */
const deaf = { appended: () => {}, published: () => {}, presence: () => {}, status: () => {} };

/** Makes keys: the names that clients give to their messages. */
let keys = 0;
export function newKey(): string {
  return `key-${String(keys++).padStart(8, '0')}`;
}

/** Waits for something that will be so soon, and for no longer than the test may last. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
