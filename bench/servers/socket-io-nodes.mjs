/** Socket.IO as its documentation shows it for several servers: a room, events to it, and the Redis adapter. */

import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { serve } from './serve.js';

const HOUR = 3_600_000;

const publisher = createClient({ url: `redis://127.0.0.1:${process.env.BENCH_REDIS}` });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const server = createServer();
const io = new Server(server, {
  adapter: createAdapter(publisher, subscriber),
  transports: ['websocket'],
  perMessageDeflate: false,
  pingInterval: HOUR,
});

io.on('connection', (socket) => {
  if (socket.handshake.query.role === 'subscriber') socket.join('room');
  socket.on('message', (text) => io.to('room').emit('message', text));
});

serve(server);
