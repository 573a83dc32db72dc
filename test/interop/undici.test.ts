import { expect } from 'chai';
import type { Express } from 'express';
import { Agent, fetch, WebSocket as UndiciWebSocket } from 'undici';
import { serveHttp2 } from '../../src';
import { type Certificates, makeCertificates } from '../client/support/certificates';
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

/** What undici 7.30 does over HTTP/2 when a WebSocket is refused is nothing: neither `error` nor `close` comes. */
const { 'a refused handshake never opens': _refused, ...checksOverHttp2 } = commonChecks;

/**
 * Its WebSocket over HTTP/2 sends a key, against RFC 8441, section 5, and insists on the accept that answers it. It never ends
 * its side of a stream.
 */
describe('undici and our server, over HTTP/2', () => {
  let certificates: Certificates;
  let plain: PeerServer;
  let compressed: PeerServer;
  let dispatcher: Agent;

  class OverHttp2 extends UndiciWebSocket {
    constructor(url: string, protocols: string[] = []) {
      super(url, { protocols, dispatcher });
    }
  }

  before(async function () {
    this.timeout(30_000);
    certificates = await makeCertificates();
    const serve = (app: Express) => serveHttp2(app, certificates.server);
    plain = await new PeerServer({}, serve).listen();
    compressed = await new PeerServer(compressing, serve).listen();
    dispatcher = new Agent({ allowH2: true, connections: 1, pipelining: 10, connect: { ca: certificates.authority } });
  });
  after(async () => {
    await dispatcher?.destroy();
    await Promise.all([plain?.close(), compressed?.close()]);
  });

  const site = (server: () => PeerServer) => () => ({ WebSocket: OverHttp2, url: `wss://${server().host}` });
  describeChecks(
    'without compression',
    { ...checksOverHttp2, ...plainChecks },
    site(() => plain),
  );
  describeChecks(
    'with compression',
    { ...checksOverHttp2, ...deflateChecks },
    site(() => compressed),
  );

  it('has a page and its WebSockets on one connection', async () => {
    const { host } = plain;
    const before = plain.arrivals.length;
    const sockets = ['/echo', '/wire'].map((path) => new OverHttp2(`wss://${host}${path}`));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.addEventListener('open', resolve))));
    expect(await (await fetch(`https://${host}/page`, { dispatcher })).text()).to.equal('a page');
    for (const socket of sockets) socket.close();
    const arrivals = plain.arrivals.slice(before);
    expect(arrivals.map(({ path, version }) => [path, version])).to.have.deep.members([
      ['/echo', '2.0'],
      ['/wire', '2.0'],
      ['/page', '2.0'],
    ]);
    expect(new Set(arrivals.map(({ port }) => port)).size).to.equal(1);
  });
});
