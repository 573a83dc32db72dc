import { once } from 'node:events';
import http2, { type ClientHttp2Session } from 'node:http2';
import type { Server } from 'node:net';
import { expect } from 'chai';
import type { Express } from 'express';
import { serveHttp2 } from '../../src';
import { type Certificates, makeCertificates } from '../client/support/certificates';
import { fetchStream } from '../support/http2-site';
import { commonChecks, plainChecks } from './support/checks';
import { describeChecks } from './support/describe-checks';
import { compressing, PeerServer } from './support/peer-server';
import { overSession } from './support/stream-web-socket';

/** What is served over TLS and without, as browsers do not. */
const rows: Array<[name: string, scheme: 'wss' | 'ws', serve: (app: Express, certificates: Certificates) => Server]> = [
  ['TLS', 'wss', (app, { server }) => serveHttp2(app, server)],
  ['h2c', 'ws', (app) => http2.createServer(app as never)],
];

for (const [name, scheme, serve] of rows) {
  describe(`node:http2 by hand and our server, over ${name}`, () => {
    let plain: Site;
    let compressed: Site;

    before(async function () {
      this.timeout(30_000);
      const certificates = await makeCertificates();
      [plain, compressed] = await Promise.all([
        Site.open(scheme, certificates, new PeerServer({}, (app) => serve(app, certificates))),
        Site.open(scheme, certificates, new PeerServer(compressing, (app) => serve(app, certificates))),
      ]);
    });
    after(() => Promise.all([plain?.close(), compressed?.close()]));

    describeChecks('without compression', { ...commonChecks, ...plainChecks }, () => plain);
    describeChecks('a client that does not compress', { ...commonChecks, ...plainChecks }, () => compressed);

    it('has a page and its WebSockets on one connection', async () => {
      const { WebSocket, url, server } = plain;
      const before = server.arrivals.length;
      const sockets = ['/echo', '/wire'].map((path) => new WebSocket(url + path));
      await Promise.all(
        sockets.map((socket) => new Promise<void>((resolve) => socket.addEventListener('open', () => resolve()))),
      );
      const page = await fetchStream(plain.session, { ':path': '/page' });
      expect([page.status, page.body]).to.deep.equal([200, 'a page']);
      for (const socket of sockets) socket.close();
      const arrivals = server.arrivals.slice(before);
      expect(arrivals.map(({ path, version }) => [path, version])).to.deep.equal([
        ['/echo', '2.0'],
        ['/wire', '2.0'],
        ['/page', '2.0'],
      ]);
      expect(server.connections).to.equal(1);
    });
  });
}

/** A server, and one session with it. */
class Site {
  readonly WebSocket = overSession(() => this.session);

  private constructor(
    readonly server: PeerServer,
    readonly url: string,
    readonly session: ClientHttp2Session,
  ) {}

  static async open(scheme: 'wss' | 'ws', { authority }: Certificates, server: PeerServer): Promise<Site> {
    await server.listen();
    const url = `${scheme}://${server.host}`;
    const session = http2.connect(url.replace('ws', 'http'), { ca: authority });
    await once(session, 'remoteSettings');
    return new Site(server, url, session);
  }

  async close(): Promise<void> {
    this.session.destroy();
    await this.server.close();
  }
}
