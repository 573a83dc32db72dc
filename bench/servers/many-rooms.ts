/** Switchboard: a hub with many rooms, which go through Redis where BENCH_REDIS is its port. */

import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import { createClient } from 'redis';
import { Hub, switchboard } from 'switchboard';
import { redisAdapter } from 'switchboard/redis';
import { obeyJoining } from './joining';
import { serve } from './serve';

const port = process.env.BENCH_REDIS;
const client = port === undefined ? undefined : createClient({ url: `redis://127.0.0.1:${port}` });
const app = express();
const sockets: { join(room: string): unknown; leave(room: string): unknown }[] = [];

/** Channels that somebody has subscribed to. */
async function channels(): Promise<number> {
  const info = await client!.info('stats');
  return [...info.matchAll(/^pubsub\w*_channels:(\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Those that are there without rooms: as many as there still are a while later. */
async function ownChannels(): Promise<number> {
  for (let before = -1, now = 0; ; before = now) {
    now = await channels();
    if (now > 0 && now === before) return now;
    await delay(300);
  }
}

async function main(): Promise<void> {
  await client?.connect();
  const adapter = client && redisAdapter(client);
  switchboard(app, { hub: new Hub(adapter && { adapter }) });
  app.ws('/echo', (socket) => {
    sockets.push(socket);
  });
  const own = client ? await ownChannels() : 0;
  obeyJoining(sockets, {
    join: (socket, room) => socket.join(room),
    leave: (socket, room) => socket.leave(room),
    async settled(rooms) {
      while (client && (await channels()) !== own + rooms) await delay(5);
    },
  });
  serve(createServer(app));
}

void main();
