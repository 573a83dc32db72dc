import { once } from 'node:events';
import http from 'node:http';
import http2, { type ClientHttp2Session } from 'node:http2';
import type { Server } from 'node:net';
import { expect } from 'chai';
import type { Express, Request } from 'express';
import WebSocket from 'ws';
import { type ConnectOptions, connect, HandshakeError } from '../../src';
import { type Certificates, makeCertificates } from '../client/support/certificates';
import { debianTool } from '../support/debian-tool';
import { fetchStream } from '../support/http2-site';
import { type BrowserSocket, type Checks, commonChecks, plainChecks } from './support/checks';
import { describeChecks } from './support/describe-checks';
import { describeOurClient } from './support/our-client';
import { freePorts, PeerProcess } from './support/peer-process';
import { PeerServer } from './support/peer-server';
import { overSession, StreamWebSocket } from './support/stream-web-socket';

/** What HAProxy speaks with our server, whatever its client speaks. */
const backends = [
  { name: 'HTTP/1.1', version: '1.1', server: '', serve: (app: Express): Server => http.createServer(app) },
  {
    name: 'HTTP/2',
    version: '2.0',
    server: 'proto h2 ws h2',
    serve: (app: Express): Server => http2.createServer(app as never),
  },
];

/** HAProxy 2.6 stands still now and then under these with HTTP/2 behind it, whosever server that is. */
const heavy = [
  'text of every length',
  'binary of every length',
  '1,000 messages there and back, in order',
  '1,000 messages from the server, in order',
];

const all: Checks = { ...commonChecks, ...plainChecks };
const light: Checks = Object.fromEntries(Object.entries(all).filter(([name]) => !heavy.includes(name)));

for (const backend of backends) {
  describe(`HAProxy that speaks HTTP/2 in front of our server, ${backend.name} behind`, () => {
    const checks = backend.version === '2.0' ? light : all;
    let site: SiteBehindProxy;
    before(async function () {
      this.timeout(60_000);
      site = await SiteBehindProxy.start(debianTool(this, 'haproxy'), backend);
    });
    after(() => site?.stop());
    const ourOptions = (): ConnectOptions => ({ http2: true, tls: { ca: site.authority } });

    describeChecks('node:http2 finds all as without a proxy', checks, () => ({
      WebSocket: overSession(() => site.session),
      url: site.url,
    }));

    describeChecks('ws finds all as without a proxy, over HTTP/1.1', checks, () => ({
      WebSocket: site.http1Class(),
      url: site.url,
    }));

    if (checks === all) {
      describeOurClient('our client finds all as without a proxy', () => site.url, ourOptions);
    }

    it('lets our client through', async () => {
      const socket = await connect(`${site.url}/how`, ourOptions());
      expect(JSON.parse(String(await socket.receive()))).to.include({ version: backend.version, protocol: 'https' });
      socket.close();
      expect(await socket.closed).to.include({ code: 1005, cause: null });
      const refusal = await connect(`${site.url}/guarded`, ourOptions()).catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(HandshakeError).with.property('status', 401);
    });

    it('gets pages and WebSockets over one connection, and says so to nobody behind it', async () => {
      const page = await fetchStream(site.session, { ':path': '/how', ':authority': site.host });
      const how = { version: backend.version, protocol: 'https', host: site.host, ip: '127.0.0.1' };
      expect(JSON.parse(page.body)).to.deep.equal(how);
      const socket = site.open('/how');
      expect(JSON.parse(await messageOf(socket))).to.deep.equal(how);
      socket.close();
    });

    it('passes on refusals with their bodies', async () => {
      const refused = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'https', ':authority': site.host };
      const answer = await fetchStream(site.session, {
        ...refused,
        ':path': '/guarded',
        'sec-websocket-version': '13',
      });
      expect([answer.status, answer.body]).to.deep.equal([401, '{"error":"log in"}']);
    });

    it('lets in pages of its own origin, and refuses foreign ones', async () => {
      const own = site.url.replace('wss', 'https');
      const socket = site.open('/echo', own);
      await opened(socket);
      expect(socket.status).to.equal(200);
      socket.close();
      // Whoever sits on the wire may have written a page that came unencrypted.
      const foreign = ['https://evil.example', own.replace(/\d+$/, '1'), own.replace('https', 'http')];
      for (const origin of foreign) {
        const refused = site.open('/echo', origin);
        await opened(refused);
        expect(refused.status, origin).to.equal(403);
      }
    });

    // Behind the suites above, which need the server.
    describe('when the server closes', () => {
      it('passes on its 1001', async () => {
        const socket = site.open('/echo');
        await opened(socket);
        const closed = new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
        await site.server.board.close();
        expect(await closed).to.equal(1001);
      });
    });
  });
}

/** Resolves when it is open, or refused. */
function opened(socket: BrowserSocket): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['open', 'close']) socket.addEventListener(event, () => resolve());
  });
}

function messageOf(socket: BrowserSocket): Promise<string> {
  return new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(String(data))));
}

class SiteBehindProxy {
  private constructor(
    private readonly process: PeerProcess,
    readonly server: PeerServer,
    readonly host: string,
    readonly authority: string,
    /** With the proxy. */
    readonly session: ClientHttp2Session,
  ) {}

  static async start(program: string, { server: serverOptions, serve }: (typeof backends)[number]) {
    const certificates: Certificates = await makeCertificates();
    const server = new PeerServer({}, serve);
    server.app.set('trust proxy', 'loopback');
    server.app.ws('/how', (socket, req) => socket.send(JSON.stringify(how(req))));
    server.app.get('/how', (req, res) => res.json(how(req)));
    await server.listen();
    const [port = 0] = await freePorts(1);
    const { key, cert } = certificates.server;
    const process = new PeerProcess();
    const pem = process.write('front.pem', `${cert}\n${key}\n`);
    const configuration = process.write(
      'proxy.conf',
      `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
  retries 0
  option forwardfor

frontend front
  bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1
  http-request set-header X-Forwarded-Proto https
  default_backend app

backend app
  server app 127.0.0.1:${server.port} ${serverOptions}
`,
    );
    // -db: in the foreground, as one process.
    process.start(program, ['-db', '-f', configuration]);
    await process.listens(port);
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca: certificates.authority });
    await once(session, 'remoteSettings');
    return new SiteBehindProxy(process, server, `127.0.0.1:${port}`, certificates.authority, session);
  }

  get url(): string {
    return `wss://${this.host}`;
  }

  open(path: string, origin?: string): StreamWebSocket {
    return new StreamWebSocket(this.session, this.url + path, [], origin === undefined ? {} : { origin });
  }

  /** `ws` knows no HTTP/2. */
  http1Class() {
    const { authority } = this;
    return class extends WebSocket {
      constructor(url: string, protocols: string[] = []) {
        super(url, protocols, { ca: authority, perMessageDeflate: false });
      }
    };
  }

  async stop(): Promise<void> {
    this.session.destroy();
    await this.process.stop();
    await this.server.close();
  }
}

function how({ httpVersion: version, protocol, host, ip }: Request) {
  return { version, protocol, host, ip };
}
