/**
 * Switchboard as one of two nodes whose room Redis shares. Before the clients come, what the first node publishes has to reach
 * the second one: the first one publishes until it has a client, and the second one does not say its port until it has got that.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import { createClient } from 'redis';
import { connect, Hub, switchboard } from 'switchboard';
import { redisAdapter } from 'switchboard/redis';
import { obey } from './serve';

const client = createClient({ url: `redis://127.0.0.1:${process.env.BENCH_REDIS}` });
const adapter = redisAdapter(client);
const hub = new Hub({ adapter });
const app = express();
const server = createServer(app);
let greeted = false;

switchboard(app, { hub });

app.ws('/subscribe', (socket) => {
  socket.join('room');
  socket.once('message', () => {
    greeted = true;
    socket.send('welcome');
  });
});

app.ws('/publish', (socket) => {
  socket.once('message', () => {
    greeted = true;
    socket.send('welcome');
    socket.on('message', (data) => hub.to('room').publish(data));
  });
});

async function publishUntilGreeted(): Promise<void> {
  for (; !greeted; await delay(10)) hub.to('room').publish('Is anybody there?');
}

/** A member of its own keeps the room, until there are others. */
async function hearTheOther(port: number): Promise<void> {
  const member = await connect(`ws://127.0.0.1:${port}/subscribe`);
  await once(member, 'message');
  void leaveWhenGreeted(() => member.close());
}

async function leaveWhenGreeted(leave: () => void): Promise<void> {
  while (!greeted) await delay(10);
  leave();
}

async function main(): Promise<void> {
  await client.connect();
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (process.env.BENCH_NODE === 'first') void publishUntilGreeted();
  else await hearTheOther(port);
  obey(port);
}

void main();
