/**
 * What every Node server of the bench has in common: it listens on a free port, says which, and obeys its stdin.
 *
 * - The first line on stdout is `{"port":12345}`.
 * - The line `gc` on stdin forces a collection (needs `--expose-gc`) and is answered with the line `{"gc":true}`.
 * - The end of stdin ends the process, so that no server outlives the bench, however that ended; a regular exit also
 *   lets `--cpu-prof` write its profile.
 */

import type { AddressInfo, Server } from 'node:net';
import { createInterface } from 'node:readline';

/** Compression for servers that are asked for it, the same for all: every message, at one level, and what is our default else. */
export const deflateSettings = process.env.BENCH_DEFLATE === '1' && { threshold: 0, level: 3, clientMaxWindowBits: 12 };

/** Lets `server` listen on a free port of 127.0.0.1 and connects it to the bench. */
export function serve(server: Server): void {
  server.listen(0, '127.0.0.1', 4096, () => {
    console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
  });
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line !== 'gc') return;
      globalThis.gc?.();
      console.log(JSON.stringify({ gc: true }));
    })
    .on('close', () => process.exit(0));
}
