/** Bun's own server, as its documentation shows it: topics for fan-out. It keeps to what serve.ts says. */

import { obey } from './obey-bun.mjs';

const deflate = process.env.BENCH_DEFLATE === '1';
const tlsFolder = process.env.BENCH_TLS;
const LIMIT = 64 * 1024 * 1024;

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  ...(tlsFolder && { tls: { key: Bun.file(`${tlsFolder}/key.pem`), cert: Bun.file(`${tlsFolder}/cert.pem`) } }),
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    return server.upgrade(request, { data: { pathname } }) ? undefined : new Response('', { status: 426 });
  },
  websocket: {
    // Context takeover, as the others do.
    perMessageDeflate: deflate && { compress: 'dedicated', decompress: 'dedicated' },
    maxPayloadLength: LIMIT,
    backpressureLimit: 4 * LIMIT,
    idleTimeout: 0,
    open(socket) {
      if (socket.data.pathname === '/subscribe') socket.subscribe('room');
    },
    message(socket, message) {
      if (socket.data.pathname === '/publish') server.publish('room', message, deflate);
      else socket.send(message, deflate);
    },
  },
});

await obey(server.port);
