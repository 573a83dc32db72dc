/**
 * What every Node server of the bench has in common: it listens on a free port, says which, and obeys its stdin.
 *
 * - The first line on stdout is `{"port":12345}`.
 * - The line `gc` on stdin forces a collection (needs `--expose-gc`) and is answered with the line `{"gc":true}`.
 * - The end of stdin ends the process, so that no server outlives the bench, however that ended; a regular exit also
 *   lets `--cpu-prof` write its profile.
 * - Where BENCH_DEFLATE is 1, it agrees on compression; where BENCH_TLS names a folder, it speaks TLS with key.pem and
 *   cert.pem of it; where BENCH_HTTP2 is 1, whoever can speaks HTTP/2 there, too.
 */

import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Compression for servers that are asked for it, the same for all: every message, at one level, and what is our default else. */
export const deflateSettings = process.env.BENCH_DEFLATE === '1' && { threshold: 0, level: 3, clientMaxWindowBits: 12 };

const tlsFolder = process.env.BENCH_TLS;

/** For TLS, where the scenario wants it. */
export const certificate = tlsFolder && {
  key: readFileSync(join(tlsFolder, 'key.pem')),
  cert: readFileSync(join(tlsFolder, 'cert.pem')),
};

/** For HTTP/2, where the scenario wants it. */
export const http2Certificate = process.env.BENCH_HTTP2 === '1' && certificate;

/** An HTTP or HTTPS server, as the scenario wants it. */
export function createServer(listener?: RequestListener): HttpServer | HttpsServer {
  return certificate ? createHttpsServer(certificate, listener) : createHttpServer(listener);
}

/** Lets `server` listen on a free port of 127.0.0.1 and connects it to the bench. */
export function serve(server: Server): void {
  server.listen(0, '127.0.0.1', 4096, () => obey((server.address() as AddressInfo).port));
}

/** Connects a server that listens already to the bench. */
export function obey(port: number): void {
  console.log(JSON.stringify({ port }));
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line !== 'gc') return;
      globalThis.gc?.();
      console.log(JSON.stringify({ gc: true }));
    })
    .on('close', () => process.exit(0));
}
