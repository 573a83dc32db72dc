import { WebSocket as UndiciWebSocket } from 'undici';
import { type Checks, commonChecks, deflateChecks, plainChecks } from './support/checks';
import { describeChecks } from './support/describe-checks';
import { compressing, PeerServer } from './support/peer-server';

/** `WebSocket` is a global from Node 22 on; it is the undici that comes with Node. */
const globalWebSocket = (globalThis as { WebSocket?: unknown }).WebSocket;

const classes: Array<[name: string, WebSocket: unknown]> = [['undici', UndiciWebSocket]];
if (globalWebSocket !== undefined) classes.push([`WebSocket of Node ${process.version}`, globalWebSocket]);

/** That of Node 22 tells of a handshake that failed by `error` alone: `close` never comes. */
const closesWhenRefused = ['no subprotocol is chosen where none fits', 'a refused handshake never opens'];

const checksFor = (WebSocket: unknown): Checks => {
  const isNode22 = WebSocket === globalWebSocket && process.version.startsWith('v22.');
  const checks = Object.entries(commonChecks).filter(([name]) => !(isNode22 && closesWhenRefused.includes(name)));
  return Object.fromEntries(checks);
};

for (const [name, WebSocket] of classes) {
  describe(`${name} and our server`, () => {
    const plain = new PeerServer();
    const compressed = new PeerServer(compressing);
    before(() => Promise.all([plain.listen(), compressed.listen()]));
    after(() => Promise.all([plain.close(), compressed.close()]));

    const site = (server: PeerServer) => () => ({ WebSocket, url: `ws://${server.host}` });
    describeChecks('without compression', { ...checksFor(WebSocket), ...plainChecks }, site(plain));
    // undici offers compression, inflates what comes, and sends everything as it is.
    describeChecks('with compression', { ...checksFor(WebSocket), ...deflateChecks }, site(compressed));
  });
}
