/** Switchboard for messages of up to 16 MiB, where the default is 1 MiB. */

import express from 'express';
import { switchboard } from 'switchboard';
import { createServer, serve } from './serve';

const app = express();
switchboard(app, { maxMessageSize: 16 * 1024 * 1024 });

app.ws('/echo', (socket) => {
  socket.on('message', (data) => socket.send(data));
});

serve(createServer(app));
