/** A Redis of the bench's own: on a free port, with nothing kept on disk. */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from './children';
import { type Cores, pinned } from './cores';
import { BenchError } from './errors';

export interface Redis {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

const PATIENCE = 10_000;

/** Why there is none here, in a sentence. */
export function whyNoRedis(): string | undefined {
  if (!spawnSync('redis-server', ['--version']).error) return undefined;
  return 'there is no redis-server (on Debian: apt-get install redis-server).';
}

/** On the generator's core: the server's is for the node that is measured. */
export async function startRedis({ generator }: Cores): Promise<Redis> {
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = startChild('Redis', pinned(generator, ['redis-server', ...settings, '--loglevel', 'warning']));
  await untilItAnswers(child, port);
  // It does not end with its stdin.
  return { port, pid: child.pid, stop: () => child.stop(0) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilItAnswers(child: Child, port: number): Promise<void> {
  for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; await delay(20)) {
    if (await answers(port)) return;
  }
  await child.stop(0);
  throw new BenchError(`Redis does not answer on port ${port}: ${child.complaint}`);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return String(answer).startsWith('+PONG');
  } catch {
    return false; // not yet
  } finally {
    socket.destroy();
  }
}
