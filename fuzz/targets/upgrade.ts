import http from 'node:http';
import { getActiveResourcesInfo } from 'node:process';
import { HandshakeError, WebSocketError } from '../../src/protocol/errors';
import { acceptUpgrade } from '../../src/server/accept-upgrade';
import { resolveServerOptions } from '../../src/server/options';
import { receiveUpgrades } from '../../src/server/receive-upgrades';
import { refuseUpgrade } from '../../src/server/refuse-upgrade';
import { FuzzTransport } from '../fuzz-transport';
import { frameSequence } from '../grammar/frames';
import { headWords, requestHead } from '../grammar/heads';
import { mutate } from '../mutation';
import type { Random } from '../random';
import { ensure, ensureSame, type Target } from '../target';

/* An input is all that a client sends to an HTTP server. Its length decides into what chunks it is cut. */

const options = resolveServerOptions('fuzz', {
  perMessageDeflate: true,
  pingInterval: false,
  handshakeTimeout: 100_000,
  closeTimeout: 100_000,
});
let dispatched = 0;
let mistakes: unknown[] = [];

/** One server for all inputs; it listens nowhere. */
const server = http.createServer((_request, response) => {
  dispatched++;
  response.end('ordinary');
});
const receiver = receiveUpgrades(server, {
  handshakeTimeout: 100_000,
  dispatch(request, response) {
    dispatched++;
    acceptUpgrade(request, response, options, { onError: (error) => mistakes.push(error) })
      .then((connection) => {
        connection.on('message', (data) => connection.send(data));
        connection.openGate();
      })
      .catch((error) => {
        if (!(error instanceof WebSocketError) || error.fault === 'caller') mistakes.push(error);
        else if (error instanceof HandshakeError) refuseUpgrade(response, error);
      });
  },
});

/** How many requests these bytes can be at most. */
function mostRequests(input: Buffer): number {
  return input.toString('latin1').split('\n').length + 1;
}

/** A request for another protocol, which is handed back to the server as an ordinary one. */
function otherUpgrade(random: Random): Buffer {
  const value = random.pick(['Upgrade', 'keep-alive, upgrade', 'HTTP2-Settings, Upgrade', 'close', ' UPGRADE ']);
  const names = ['Connection', 'Proxy-Connection', 'connection'].filter(() => random.oneIn(2));
  const lines = names.map((name) => `${name}: ${value}\r\n`).join('');
  const body = random.oneIn(3) ? 'Content-Length: 5\r\n\r\nhello' : '\r\n';
  return Buffer.from(
    `GET /h2 HTTP/1.1\r\nHost: x\r\nUpgrade: ${random.pick(['h2c', 'TLS/1.2', ''])}\r\n${lines}${body}`,
  );
}

export const target: Target = {
  name: 'upgrade',
  title: 'a server of node:http, and whatever clients send to it',
  share: 0.03,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(4)) return mutate(random, random.pick(corpus), corpus, headWords);
    const parts = [random.oneIn(6) ? otherUpgrade(random) : requestHead(random)];
    if (random.oneIn(3)) parts.push(frameSequence(random, 'server'));
    if (random.oneIn(8)) parts.unshift(Buffer.from('GET /first HTTP/1.1\r\nHost: x\r\n\r\n'));
    const input = Buffer.concat(parts);
    return random.oneIn(2) ? mutate(random, input, corpus, headWords) : input;
  },

  async run(input) {
    const timers = countTimers();
    dispatched = 0;
    mistakes = [];
    const socket = new FuzzTransport(16 * 1024);
    socket.on('error', () => {});
    server.emit('connection', socket);
    const size = input.length % 3 === 0 ? Math.ceil(input.length / 3) : input.length;
    for (let at = 0; at < input.length; at += size) {
      if (socket.destroyed) break;
      socket.push(Buffer.from(input.subarray(at, at + size)));
      await turn();
    }
    await turn();
    if (!socket.destroyed) socket.push(null);
    await turn();
    await turn();
    socket.destroy();
    await turn();
    ensure(mistakes.length === 0, () => `A mistake of ours: ${String((mistakes[0] as Error).stack ?? mistakes[0])}`);
    ensure(dispatched <= mostRequests(input), () => `${dispatched} requests were made of ${mostRequests(input)} lines`);
    ensureSame(receiver.pending.size, 0, 'Upgrades that are pending though the client is gone');
    const written = Buffer.concat(socket.written).toString('latin1');
    ensure(
      written === '' || written.startsWith('HTTP/1.1 '),
      () => `The answer is none of HTTP: ${JSON.stringify(written.slice(0, 80))}`,
    );
    ensureSame(countTimers(), timers, 'How many timers are left');
  },
};

function countTimers(): number {
  return getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
