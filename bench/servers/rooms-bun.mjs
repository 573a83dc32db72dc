/** Bun: an echo through rooms, which are topics there. It keeps to what serve.ts says. */

import { obey } from './obey-bun.mjs';
import { nextShare, roundOf } from './room-shares.js';

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, server) {
    const share = nextShare();
    const data = { share, nextRoom: roundOf(share) };
    return server.upgrade(request, { data }) ? undefined : new Response('', { status: 426 });
  },
  websocket: {
    idleTimeout: 0,
    open(socket) {
      for (const room of socket.data.share) socket.subscribe(room);
    },
    message(socket, message) {
      server.publish(socket.data.nextRoom(), message);
    },
  },
});

await obey(server.port);
