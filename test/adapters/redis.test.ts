import Redis, { Cluster } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { type RedisClient, redisAdapter } from '../../src/redis';
import { debianTool } from '../support/debian-tool';
import { RedisCluster, RedisServer } from '../support/redis-server';
import { adapterContract } from './support/adapter-contract';

describe('the Redis adapter', () => {
  let server: RedisServer;
  let cluster: RedisCluster;

  before(async function () {
    const program = debianTool(this, 'redis-server');
    this.timeout(30_000);
    [server, cluster] = await Promise.all([RedisServer.start(program), RedisCluster.start(program)]);
  });

  after(async () => {
    await Promise.all([server?.stop(), cluster?.stop()]);
  });

  const clients: [what: string, make: () => Promise<{ client: RedisClient; close(): void }>][] = [
    [
      'with redis',
      async () => {
        const client = createClient({ url: server.url });
        client.on('error', () => {});
        await client.connect();
        return { client, close: () => client.destroy() };
      },
    ],
    [
      'with ioredis',
      async () => {
        const client = new Redis(server.url);
        return { client, close: () => client.disconnect() };
      },
    ],
    [
      'with a cluster of redis',
      async () => {
        const client = createCluster({
          rootNodes: cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
        });
        client.on('error', () => {});
        await client.connect();
        return { client, close: () => client.destroy() };
      },
    ],
    [
      'with a cluster of ioredis',
      async () => {
        const client = new Cluster(cluster.ports.map((port) => ({ host: '127.0.0.1', port })));
        return { client, close: () => client.disconnect() };
      },
    ],
  ];

  for (const [what, make] of clients) {
    describe(what, () => {
      const closings: Array<() => void> = [];

      after(() => {
        for (const close of closings) close();
      });

      adapterContract(() => ({
        adapter: async () => {
          const { client, close } = await make();
          closings.push(close);
          return redisAdapter(client);
        },
      }));
    });
  }
});
