import { expect } from 'chai';
import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { type RedisClient, redisAdapter } from '../../src/redis';
import { ample, draft, eventually, TestNode } from '../adapters/support/test-node';
import { debianTool } from '../support/debian-tool';
import { RedisCluster } from '../support/redis-server';

type Make = (ports: readonly number[]) => Promise<{ client: RedisClient; close(): void }>;

const clients: [what: string, make: Make][] = [
  [
    'redis',
    async (ports) => {
      const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
      client.on('error', () => {});
      await client.connect();
      return { client, close: () => client.destroy() };
    },
  ],
  [
    'ioredis',
    async (ports) => {
      const client = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })));
      client.on('error', () => {});
      return { client, close: () => client.disconnect() };
    },
  ],
];

for (const [what, make] of clients) {
  describe(`the Redis adapter with a cluster of ${what}`, () => {
    let cluster: RedisCluster;
    const closings: Array<() => unknown> = [];

    before(async function () {
      const program = debianTool(this, 'redis-server');
      this.timeout(30_000);
      cluster = await RedisCluster.start(program);
    });

    after(async () => {
      for (const close of closings.reverse()) await close();
      await cluster?.stop();
    });

    it('is degraded while one of its servers is away, whichever it is, and comes back', async () => {
      const { client, close } = await make(cluster.ports);
      const adapter = redisAdapter(client, { operationTimeout: 500, probeInterval: 200 });
      closings.push(close, () => adapter.close());
      const node = new TestNode(adapter, 'rooms');
      await node.ready();
      const rooms = Array.from({ length: 20 }, (_, index) => `room ${index}`);
      for (const room of rooms) await node.space.subscribe(room);
      for (const [index, server] of cluster.servers.entries()) {
        await server.kill();
        await eventually(() => expect(adapter.status).to.equal('degraded'));
        await server.start();
        await eventually(() => expect(adapter.status).to.equal('ready'), 20_000);
        await eventually(async () => {
          for (const room of rooms) await node.space.append(room, [draft(`${room} ${index}`)], ample);
        }, 20_000);
        await eventually(() => {
          for (const room of rooms) expect(node.data(room)).to.include(`${room} ${index}`);
        });
      }
    }).timeout(90_000);
  });
}
