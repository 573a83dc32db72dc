/** Socket.IO as its documentation shows it: a room, and events to it. Its heartbeat is slow enough not to disturb. */

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { serve } from './serve.js';

const HOUR = 3_600_000;

const server = createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, pingInterval: HOUR });

io.on('connection', (socket) => {
  if (socket.handshake.query.role === 'subscriber') socket.join('room');
  socket.on('message', (text) => io.to('room').emit('message', text));
});

serve(server);
