/** Handshakes through an Express app with three middlewares: ours. */

import express from 'express';
import { switchboard } from 'switchboard';
import { middlewares } from './middleware';
import { createServer, serve } from './serve';

const app = express();
switchboard(app);
app.use(...middlewares);
app.ws('/echo', (socket) => {
  socket.on('message', (data) => socket.send(data));
});

serve(createServer(app));
