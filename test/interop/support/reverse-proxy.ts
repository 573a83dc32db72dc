import { expect } from 'chai';
import session from 'express-session';
import type { Context } from 'mocha';
import { generate } from 'selfsigned';
import type WebSocket from 'ws';
import { debianTool } from '../../support/debian-tool';
import { TestSocket } from '../../support/express-apps';
import { commonChecks, deflateChecks, deflatingClientChecks } from './checks';
import { describeChecks } from './describe-checks';
import { describeOurClient } from './our-client';
import { freePorts, PeerProcess } from './peer-process';
import { echo, PeerServer } from './peer-server';

/** The ports of the app, and of a proxy's front ends, which all lead to it. */
export interface Ports {
  app: number;
  plain: number;
  /** TLS ends here; the app is reached unencrypted. */
  tls: number;
  /** Cuts connections that are silent for two seconds. */
  hasty: number;
  /** Gives the app another `Host`, and the client's as `X-Forwarded-Host`. */
  renaming: number;
}

export interface ReverseProxy {
  readonly name: string;
  readonly command: string;
  readonly debianPackage: string;
  /** The text of its configuration; `certificate` is a file with certificate and key. */
  configuration(ports: Ports, folder: string, certificate: string): string;
  arguments(configurationFile: string): string[];
  /** What it answers while the app is away. */
  readonly statusWithoutApp: number;
}

declare module 'express-session' {
  interface SessionData {
    visits: number;
  }
}

const large = 4 * 1024 * 1024;

/** Runs our app behind the proxy. */
export function describeProxy(proxy: ReverseProxy): void {
  describe(`${proxy.name} in front of our server`, () => {
    const behind = new AppBehindProxy(proxy);
    before(async function () {
      this.timeout(60_000);
      await behind.start(this);
    });
    afterEach(() => behind.hangUp());
    after(() => behind.stop());

    for (const front of ['plain', 'tls'] as const) {
      describe(front === 'tls' ? 'TLS' : 'plain', () => {
        const site = () => ({ WebSocket: behind.socketClass(), url: behind.url(front) });
        describeChecks(
          'ws finds all as without a proxy',
          { ...commonChecks, ...deflateChecks, ...deflatingClientChecks },
          site,
        );

        describeOurClient(
          'our client finds all as without a proxy',
          () => behind.url(front),
          () => ({
            tls: { ca: behind.certificate },
          }),
        );

        it(`${large} bytes there and back`, async () => {
          const socket = await behind.open(front, '/large');
          socket.send('x'.repeat(large));
          expect((await socket.next()).length).to.equal(large);
        });

        it('tells how the client came', async () => {
          const socket = await behind.open(front, '/whoami');
          const { host } = new URL(behind.url(front));
          const protocol = front === 'tls' ? 'https' : 'http';
          expect(JSON.parse(await socket.next())).to.deep.equal({ ip: '127.0.0.1', host, protocol });
        });

        it('passes on the cookie of a session, set on the 101', async () => {
          const first = await behind.open(front, '/session');
          expect(await first.next()).to.equal('visit 1');
          const [cookie = ''] = first.headers['set-cookie'] ?? [];
          expect(cookie).to.match(/^connect\.sid=/);
          const second = await behind.open(front, '/session', { headers: { Cookie: cookie.split(';')[0]! } });
          expect(await second.next()).to.equal('visit 2');
        });

        it('passes on refusals with their bodies', async () => {
          expect(await behind.refusal(front, '/guarded')).to.deep.equal([401, '{"error":"log in"}']);
          const [status, body] = await behind.refusal(front, '/nowhere');
          expect([status, body.includes('Cannot GET /nowhere')]).to.deep.equal([404, true]);
        });

        it('lets in pages of its own origin, and refuses foreign ones', async () => {
          const own = behind.url(front).replace(/^ws/, 'http');
          await behind.open(front, '/echo', { origin: own });
          const foreign = ['https://evil.example', own.replace(/\d+$/, '1'), own.replace(/:\d+$/, '')];
          // Whoever sits on the wire may have written a page that came unencrypted.
          if (front === 'tls') foreign.push(own.replace('https', 'http'));
          for (const origin of foreign) {
            const [status, body] = await behind.refusal(front, '/echo', { origin });
            expect([status, body.includes(origin)], origin).to.deep.equal([403, true]);
          }
        });
      });
    }

    it("may give the app another Host, with the client's as X-Forwarded-Host", async () => {
      const own = behind.url('renaming').replace(/^ws/, 'http');
      const socket = await behind.open('renaming', '/whoami', { origin: own });
      expect(JSON.parse(await socket.next())).to.include({ host: new URL(own).host });
      expect((await behind.refusal('renaming', '/echo', { origin: 'http://evil.example' }))[0]).to.equal(403);
    });

    it('keeps a silent connection open where the heartbeat is faster than its time-out', async () => {
      const beating = await behind.open('hasty', '/beating');
      const mute = await behind.open('hasty', '/mute');
      let pings = 0;
      beating.on('ping', () => pings++);
      // The time-out is real: this is what happens without a heartbeat.
      expect((await mute.closed()).code).to.equal(1006);
      expect(pings).to.be.above(2);
      beating.send('still there');
      expect(await beating.next()).to.equal('still there');
    });

    it('shows a crash of the app as 1006, then an error of its own, then the app again', async () => {
      const socket = await behind.open('plain', '/echo');
      const closed = socket.closed();
      await behind.server.crash();
      expect((await closed).code).to.equal(1006);
      expect((await behind.refusal('plain', '/echo'))[0]).to.equal(proxy.statusWithoutApp);
      await behind.restart();
      const again = await behind.open('plain', '/echo');
      again.send('hello again');
      expect(await again.next()).to.equal('hello again');
    });

    it('passes on the 1001 of a server that closes', async () => {
      const socket = await behind.open('tls', '/echo');
      const closed = socket.closed();
      behind.server.server.close();
      expect((await closed).code).to.equal(1001);
      await behind.restart();
    });
  });
}

/** A client that trusts the proxy, and keeps the headers of its 101. */
class ProxyClient extends TestSocket {
  headers: Record<string, string | string[] | undefined> = {};

  constructor(url: string, protocols: string[], options: WebSocket.ClientOptions) {
    super(url, protocols, options);
    this.once('upgrade', ({ headers }) => {
      this.headers = headers;
    });
  }
}

class AppBehindProxy {
  server = new PeerServer();
  private ports: Ports = { app: 0, plain: 0, tls: 0, hasty: 0, renaming: 0 };
  certificate = '';
  private readonly process = new PeerProcess();
  private readonly clients: WebSocket[] = [];

  constructor(private readonly proxy: ReverseProxy) {}

  async start(context: Context): Promise<void> {
    const program = debianTool(context, this.proxy.command, this.proxy.debianPackage);
    await this.listen(0);
    const [plain, tls, hasty, renaming] = (await freePorts(4)) as [number, number, number, number];
    this.ports = { app: this.server.port, plain, tls, hasty, renaming };
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    this.certificate = cert;
    const { process: peer } = this;
    const pem = peer.write('front.pem', `${cert}\n${key}\n`);
    const configuration = peer.write('proxy.conf', this.proxy.configuration(this.ports, peer.folder, pem));
    peer.start(program, this.proxy.arguments(configuration));
    for (const port of [plain, tls, hasty, renaming]) await peer.listens(port);
  }

  /** The app at the same port again. */
  async restart(): Promise<void> {
    await this.server.close();
    await this.listen(this.ports.app);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.server.close();
  }

  hangUp(): void {
    for (const client of this.clients.splice(0)) client.terminate();
  }

  url(front: keyof Ports): string {
    return `${front === 'tls' ? 'wss' : 'ws'}://127.0.0.1:${this.ports[front]}`;
  }

  /** A class with the interface of browsers that trusts the certificate. */
  socketClass() {
    const { certificate } = this;
    return class extends ProxyClient {
      constructor(url: string, protocols: string[] = []) {
        super(url, protocols, { ca: certificate });
      }
    };
  }

  async open(front: keyof Ports, path: string, options: WebSocket.ClientOptions = {}): Promise<ProxyClient> {
    const client = new ProxyClient(this.url(front) + path, [], { ca: this.certificate, ...options });
    this.clients.push(client);
    await client.opened();
    return client;
  }

  /** The status and the body of a refusal. */
  async refusal(front: keyof Ports, path: string, options?: WebSocket.ClientOptions): Promise<[number, string]> {
    const answer = await this.open(front, path, options).catch((error: unknown) => error);
    if (answer instanceof ProxyClient) throw new Error(`${path} was accepted`);
    if (answer instanceof Error) throw answer;
    const { status, body } = answer as { status: number; body: string };
    return [status, body];
  }

  private async listen(port: number): Promise<void> {
    this.server = new PeerServer({ perMessageDeflate: { threshold: 0 } });
    const { app } = this.server;
    app.set('trust proxy', 'loopback');
    app.ws('/large', { maxMessageSize: large }, echo);
    app.ws('/beating', { pingInterval: 250 }, echo);
    app.ws('/mute', { pingInterval: false }, echo);
    app.ws('/whoami', (socket, { ip, protocol, host }) => socket.send(JSON.stringify({ ip, host, protocol })));
    app.ws(
      '/session',
      session({ secret: 'only a test', resave: false, saveUninitialized: false }),
      (req, _res, next) => {
        req.session.visits = (req.session.visits ?? 0) + 1;
        next();
      },
      (socket, req) => socket.send(`visit ${req.session.visits}`),
    );
    await this.server.listen(port);
  }
}
