import { createClient } from 'redis';
import { redisAdapter } from '../../redis/redis-adapter';
import type { Broker } from './broker';

/** @throws what the client says where Redis cannot be reached */
export async function redisBroker(url: URL): Promise<Broker> {
  let isReady = false;
  const client = createClient({
    url: url.href,
    // At the start it has to be there; later it is waited for.
    socket: { reconnectStrategy: (retries, cause) => (isReady ? Math.min(retries * 100, 2000) : cause) },
  });
  // The adapter tells how it is, and a listener keeps an error from ending the process.
  client.on('error', () => {});
  await client.connect();
  isReady = true;
  const adapter = redisAdapter(client);
  const close = async (): Promise<void> => {
    await adapter.close();
    client.destroy();
  };
  return { adapter, close };
}
