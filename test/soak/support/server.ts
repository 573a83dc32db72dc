/** The server that is soaked: the line `sample` on stdin is answered by how it is, `open` by how many connections it has. */
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import express from 'express';
import { rooms, switchboard } from '../../../src';
import { collectGarbage } from '../../support/collect-garbage';

/** How the server is: after everything was collected that nobody holds. */
export interface Sample {
  /** Bytes of objects, and of buffers. */
  readonly heap: number;
  readonly buffers: number;
  readonly rss: number;
  readonly open: number;
  readonly opened: number;
  /** By close code. */
  readonly closed: Readonly<Record<string, number>>;
  readonly messages: number;
  /** Bytes that wait, or belong to messages that have not come to their end. */
  readonly waiting: number;
  readonly rooms: number;
  /** What would keep the process alive, by kind: sockets, timers, … */
  readonly resources: Readonly<Record<string, number>>;
  /** Open files; 0 where the system does not tell. */
  readonly files: number;
  /** What went wrong in handlers. */
  readonly errors: readonly string[];
}

const app = express();
const errors: string[] = [];
const board = switchboard(app, { maxBufferedAmount: 256 * 1024, perMessageDeflate: true, pingInterval: 5_000 });
board.on('error', (error) => errors.push(String(error)));

app.ws('/echo', (socket) => {
  socket.on('message', (data) => socket.send(data));
});

const chat = rooms({ history: 50 });
chat.on('error', (error) => errors.push(String(error)));
app.use('/chat', chat);

const server = createServer(app);

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

function sample(): Sample {
  collectGarbage();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const { connections, messages, buffered, incomplete } = board.metrics();
  return {
    heap: heapUsed,
    buffers: arrayBuffers,
    rss,
    open: connections.open,
    opened: connections.opened,
    closed: connections.closed,
    messages: messages.received,
    waiting: buffered + incomplete,
    rooms: chat.rooms.length,
    resources: count(process.getActiveResourcesInfo()),
    files: openFiles(),
    errors: errors.splice(0, 20),
  };
}

server.listen(0, '127.0.0.1', 4096, () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => console.log(JSON.stringify(line === 'open' ? board.connections.size : sample())));
  lines.on('close', () => process.exit());
});
