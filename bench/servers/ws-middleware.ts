/**
 * `ws` behind an Express app: that runs no middleware for an upgrade, so the server calls them on the request itself, as the
 * example of `ws` with express-session does.
 */

import { createServer, type IncomingMessage } from 'node:http';
import express, { type Request, type Response } from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { middlewares } from './middleware';
import { serve } from './serve';

const app = express();
app.use(...middlewares);

const server = createServer(app);
const sockets = new WebSocketServer({ noServer: true });

sockets.on('connection', (socket: WebSocket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

function runMiddlewares(request: IncomingMessage, done: () => void, index = 0): void {
  const middleware = middlewares[index];
  if (middleware === undefined) done();
  else middleware(request as Request, {} as Response, () => runMiddlewares(request, done, index + 1));
}

server.on('upgrade', (request, socket, head) => {
  runMiddlewares(request, () => {
    sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted, request));
  });
});

serve(server);
