/**
 * The limit over HTTP/2: bare node:http2 with no protocol work. It accepts each extended CONNECT (RFC 8441) and sends back what
 * comes on its stream, masked as it is.
 */

import { createSecureServer } from 'node:http2';
import { http2Certificate, serve } from './serve';

if (!http2Certificate)
  throw new Error('This server speaks HTTP/2 over TLS only: BENCH_HTTP2 and BENCH_TLS are not set');

const server = createSecureServer({ ...http2Certificate, settings: { enableConnectProtocol: true } });

server.on('stream', (stream, headers) => {
  stream.on('error', () => stream.destroy());
  if (headers[':protocol'] !== 'websocket') {
    stream.respond({ ':status': 404 }, { endStream: true });
    return;
  }
  stream.respond({ ':status': 200 });
  stream.on('data', (chunk) => stream.write(chunk));
});

serve(server);
