/**
 * Switchboard as a user writes it: an Express app, `app.ws`, the hub for fan-out, and `rooms()` for the chat protocol. Where HTTP/2 is
 * wanted, the same port speaks it and HTTP/1.1.
 */

import express from 'express';
import { rooms, serveHttp2, switchboard } from 'switchboard';
import { createServer, deflateSettings, http2Certificate, serve } from './serve';

const app = express();
const board = switchboard(app, {
  perMessageDeflate: deflateSettings,
  // All that one connection has in flight, which is 32 times 1 MiB, and its frame headers.
  maxBufferedAmount: 64 * 1024 * 1024,
});

app.ws('/echo', (socket) => {
  socket.on('message', (data) => socket.send(data));
});

app.ws('/subscribe', (socket) => {
  socket.join('room');
});

app.ws('/publish', (socket) => {
  socket.on('message', (data) => board.hub.to('room').publish(data));
});

app.use('/chat', rooms());

serve(http2Certificate ? serveHttp2(app, http2Certificate) : createServer(app));
