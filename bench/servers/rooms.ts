/** Switchboard: an echo through rooms, by the board's hub. */

import { createServer } from 'node:http';
import express from 'express';
import { switchboard } from 'switchboard';
import { nextShare, roundOf } from './room-shares';
import { serve } from './serve';

const app = express();
const board = switchboard(app);

app.ws('/echo', (socket) => {
  const share = nextShare();
  const nextRoom = roundOf(share);
  for (const room of share) socket.join(room);
  socket.on('message', (data) => board.hub.to(nextRoom()).publish(data));
});

serve(createServer(app));
