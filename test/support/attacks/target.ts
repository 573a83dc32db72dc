/**
 * The server that is attacked, alone in its process, so that what it costs can be told from what the attack costs. It says its
 * port by a message, and answers messages: what it has used so far, what it holds, and which connections were closed how.
 */
import { createServer } from 'node:http';
import express from 'express';
import { rooms, switchboard, type WebSocketConnection } from '../../../src';
import type { ConnectionOptions } from '../../../src/connection/options';
import { collectGarbage } from '../collect-garbage';

/** What the target tells of itself. */
export interface Usage {
  /** Seconds of processor time since it began. */
  readonly cpu: number;
  /** Bytes on the heap and in buffers; those that it holds, when it was asked to collect its garbage before. */
  readonly held: number;
  readonly connections: number;
  readonly messages: number;
  /** What connections have ended with so far: the code of the error, or else the close code. */
  readonly ends: readonly string[];
  /** Exceptions so far that nobody caught. */
  readonly crashes: readonly string[];
}

const ends: string[] = [];
const crashes: string[] = [];
let messages = 0;

process.on('uncaughtException', (error) => crashes.push(String(error)));
process.on('unhandledRejection', (error) => crashes.push(String(error)));

const app = express();
// Half a handshake is node:http's business: it waits 60 s by default, and looks every 30.
const server = createServer({ headersTimeout: 1000, connectionsCheckingInterval: 100 }, app);
const board = switchboard(app, {
  handshakeTimeout: 1000,
  closeTimeout: 500,
  allowedOrigins: ['https://*.example.com', 'http://localhost:*'],
  subprotocols: ['chat'],
});
board.on('error', (error) => crashes.push(String(error)));
board.attach(server);

function listen(socket: WebSocketConnection): void {
  socket.on('error', () => {});
  socket.on('message', () => messages++);
  void socket.closed.then(({ code, cause }) => {
    ends.push(cause?.code ?? String(code));
  });
}

/** What an application would set that fears floods. */
const rates: Partial<ConnectionOptions> = {
  maxMessagesPerSecond: { rate: 20, burst: 100 },
  maxBytesPerSecond: { rate: 64 * 1024, burst: 256 * 1024 },
};

app.ws('/', listen);
app.ws('/limited', rates, listen);
// Who is delayed is not read, and so not seen to leave: pings find out.
const delays = { ...rates, onRateLimit: 'delay', pingInterval: 200, pongTimeout: 100 } as const;
app.ws('/delayed', delays, listen);
app.ws('/newcomers', { firstMessageTimeout: 200 }, listen);
app.ws('/share', { maxIncompleteBytes: 8 * 1024 * 1024 }, listen);
app.ws('/deflate', { perMessageDeflate: true }, listen);
app.ws('/deflate-delayed', { ...delays, perMessageDeflate: true }, listen);
app.ws('/send', (socket) => {
  listen(socket);
  const block = Buffer.alloc(64 * 1024);
  const send = () => {
    for (let index = 0; index < 8; index++) socket.send(block);
    if (socket.readyState === socket.OPEN) setImmediate(send);
  };
  send();
});
app.ws('/typed', (socket) => {
  const memory = new Uint32Array(64).fill(0x5ec4e700);
  memory.set([1, 2, 3], 8);
  socket.send(memory.subarray(8, 11));
  socket.send(new Float64Array(2).buffer);
});
// Middleware that never comes to an end.
app.use('/never', () => {});
app.ws('/never', listen);
app.use('/header', (request, response, next) => {
  response.setHeader('X-Said', String(request.query.said));
  next();
});
app.ws('/header', listen);
const chat = rooms({ history: { count: 1000, bytes: 512 * 1024 }, maxMessagesPerSecond: { rate: 50, burst: 400 } });
chat.on('error', (error) => crashes.push(String(error)));
app.use('/chat', chat);
// A refusal is not a mistake of ours: it is answered, and not written to the console.
app.use(((error, _request, response, _next) => {
  response.status(error.status ?? 500).end();
}) as express.ErrorRequestHandler);

async function fillHistory(): Promise<void> {
  for (let index = 0; index < 130; index++) await chat.say('full', 'x'.repeat(4000));
}

process.on('message', (question) => {
  const { user, system } = process.cpuUsage();
  if (question === 'held') {
    // The memory of buffers is freed by another thread, which the next collection waits for.
    collectGarbage();
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  const usage: Usage = {
    cpu: (user + system) / 1e6,
    held: heapUsed + external,
    connections: board.connections.size,
    messages,
    ends,
    crashes,
  };
  process.send!(usage);
});
process.on('disconnect', () => process.exit());

void fillHistory().then(() =>
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port)),
);
