/**
 * Who is measured. A new peer is a row here and a server in `bench/servers` that keeps to what `servers/serve.ts` says
 * about stdin and stdout, and serves `/echo`, `/subscribe` and `/publish`, compressed where BENCH_DEFLATE is set.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError } from './errors';
import { root, type Workshop } from './workshop';

export interface Peer {
  /** For `--peers`, the table and the JSON. */
  name: string;
  /** What it is, in one line. */
  title: string;
  /** Program and arguments; `nodeFlags` are for those that run on Node. */
  command(workshop: Workshop, nodeFlags: readonly string[]): readonly string[];
  env?: Readonly<Record<string, string>>;
  /** It knows nothing of messages, and has no part in scenarios with compressed ones. */
  isBare?: boolean;
  /** Throws when it cannot run here, and says what to do about it. */
  check?(): void;
}

function onNode(server: string): Peer['command'] {
  return (workshop, nodeFlags) => [process.execPath, '--expose-gc', ...nodeFlags, workshop.server(server)];
}

function checkBuilt(): void {
  if (!existsSync(join(root, 'dist', 'index.js'))) {
    throw new BenchError('There is no dist/index.js: run `npm run build` first. The bench measures the built package.');
  }
}

/** Ours first: the ratios are ours to each of the others. */
export const ours = 'switchboard';

export const peers: readonly Peer[] = [
  { name: ours, title: 'this package, in an Express app', command: onNode('switchboard'), check: checkBuilt },
  // Only its own code: bufferutil is a native add-on that a user may or may not have.
  { name: 'ws', title: 'ws without bufferutil', command: onNode('ws'), env: { WS_NO_BUFFER_UTIL: '1' } },
  { name: 'net', title: 'bare node:net, no protocol work: the limit', command: onNode('net'), isBare: true },
];
