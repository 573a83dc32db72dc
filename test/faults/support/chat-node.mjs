/**
 * A node as a user writes it, of the built package: an Express app with chat rooms that go through a broker. It is started by
 * node-process.ts, which it tells by IPC where it listens and what becomes of its adapter. Told to end, it closes everything,
 * and nothing may be left that keeps the process.
 */

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import { rooms, switchboard } from 'switchboard';

/** Adapters by broker, and how the user's own client of it ends. */
const brokers = {
  async redis(port) {
    const { createClient } = await import('redis');
    const { redisAdapter } = await import('switchboard/redis');
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    // The adapter says when its broker is away; a client that nobody listens to would end the process.
    client.on('error', () => {});
    await client.connect();
    return { adapter: redisAdapter(client), end: () => client.destroy() };
  },
  async nats(port) {
    const { connect } = await import('@nats-io/transport-node');
    const { natsAdapter } = await import('switchboard/nats');
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
    });
    return { adapter: natsAdapter(connection), end: () => connection.close() };
  },
};

const { broker, port, rooms: options } = JSON.parse(process.argv[2]);
const { adapter, end } = await brokers[broker](port);
adapter.on('status', (status, problem) => process.send({ type: 'status', status, problem: problem?.message }));
// Clients come when the first probe is back: the tests choose when the broker is away.
while (adapter.status !== 'ready') await delay(10);

const app = express();
const board = switchboard(app);
app.use('/chat', rooms({ adapter, ...options }));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send({ type: 'listening', port: server.address().port });

await once(process, 'message');
server.close();
await board.close();
await adapter.close();
await end();
process.disconnect();
