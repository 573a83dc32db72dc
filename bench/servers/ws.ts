/** `ws` as its README shows it: echo, and fan-out by a loop over the clients. */

import { type WebSocket, WebSocketServer } from 'ws';
import { createServer, deflateSettings, serve } from './serve';

const server = createServer();
const subscribers = new Set<WebSocket>();

const perMessageDeflate = deflateSettings && {
  threshold: deflateSettings.threshold,
  clientMaxWindowBits: deflateSettings.clientMaxWindowBits,
  zlibDeflateOptions: { level: deflateSettings.level },
};

new WebSocketServer({ server, perMessageDeflate }).on('connection', (socket, request) => {
  socket.on('error', () => socket.terminate());
  if (request.url === '/subscribe') {
    subscribers.add(socket);
    socket.on('close', () => subscribers.delete(socket));
  } else if (request.url === '/publish') {
    socket.on('message', (data, isBinary) => {
      for (const subscriber of subscribers) {
        if (subscriber.readyState === subscriber.OPEN) subscriber.send(data, { binary: isBinary });
      }
    });
  } else {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  }
});

serve(server);
