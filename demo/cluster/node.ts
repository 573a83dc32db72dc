/** One node of the chat site, in a process of its own. `cluster.ts` starts it, and says when it ends. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'redis';
import type { AdapterStatus } from 'switchboard';
import { redisAdapter } from 'switchboard/redis';
import { makeSite } from '../site';

/** What a node tells the cluster. */
export type NodeReport =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'broker'; readonly status: AdapterStatus };

async function start({ NODE_NUMBER, REDIS_URL, REDIS_IS_OURS, SESSION_SECRET }: NodeJS.ProcessEnv): Promise<void> {
  const client = createClient({ url: REDIS_URL! });
  // The adapter hears of it, too, and says so.
  client.on('error', () => {});
  // When Redis is away the node begins without it.
  void client.connect().catch(() => {});
  const adapter = redisAdapter(client, { operationTimeout: 2000, probeInterval: 2000 });
  adapter.on('status', (status) => report({ type: 'broker', status }));

  const site = makeSite({ secret: SESSION_SECRET!, cluster: { node: Number(NODE_NUMBER), adapter } });
  const server = http.createServer(site.app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  report({ type: 'listening', port: (server.address() as AddressInfo).port });

  // Once: a second signal ends it at once, as it would without us.
  process.once('SIGTERM', async () => {
    server.close();
    await site.close();
    process.exit();
  });
  // A terminal's Ctrl-C reaches everybody: the cluster does what is due.
  process.on('SIGINT', () => {});
  // The cluster was killed: nobody else knows of the Redis that it has started.
  process.once('disconnect', async () => {
    if (REDIS_IS_OURS && client.isReady) await client.sendCommand(['SHUTDOWN', 'NOSAVE']).catch(() => {});
    process.exit();
  });
}

function report(news: NodeReport): void {
  if (process.connected) process.send?.(news);
}

void start(process.env);
