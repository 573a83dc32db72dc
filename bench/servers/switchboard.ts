/** Switchboard as a user writes it: an Express app, `app.ws`, and the hub for fan-out. */

import { createServer } from 'node:http';
import express from 'express';
import { switchboard } from 'switchboard';
import { deflateSettings, serve } from './serve';

const app = express();
const board = switchboard(app, { perMessageDeflate: deflateSettings });

app.ws('/echo', (socket) => {
  socket.on('message', (data) => socket.send(data));
});

app.ws('/subscribe', (socket) => {
  socket.join('room');
});

app.ws('/publish', (socket) => {
  socket.on('message', (data) => board.hub.to('room').publish(data));
});

serve(createServer(app));
