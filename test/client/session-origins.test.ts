import { once } from 'node:events';
import http2, { type ClientHttp2Session, type SecureClientSessionOptions } from 'node:http2';
import net from 'node:net';
import { expect } from 'chai';
import { originsOf, serves } from '../../src/client/session-origins';
import { type Certificates, makeCertificates } from './support/certificates';
import { Http2TestServer } from './support/http2-test-server';

describe('session-origins', () => {
  const closers: Array<() => unknown> = [];
  let certificates: Certificates;

  before(async () => {
    certificates = await makeCertificates();
  });

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function listen(isSecure: boolean): Promise<Http2TestServer> {
    const server = await Http2TestServer.listen(() => {}, isSecure ? { certificate: certificates.server } : {});
    closers.push(() => server.close());
    return server;
  }

  async function sessionTo(authority: string, options: SecureClientSessionOptions = {}): Promise<ClientHttp2Session> {
    const session = http2.connect(authority, { ca: certificates.authority, ...options });
    closers.push(() => session.destroy());
    await once(session, 'connect');
    return session;
  }

  it('knows what a session was connected to, with TLS and without', async () => {
    for (const isSecure of [false, true]) {
      const { port, authority, url } = await listen(isSecure);
      const session = await sessionTo(authority);
      expect(originsOf(session)).to.deep.equal([authority]);
      expect(serves(session, new URL(`${url}/path?x=1`))).to.equal(true);
      expect(serves(session, new URL(`${isSecure ? 'ws' : 'wss'}://localhost:${port}`))).to.equal(false);
      expect(serves(session, new URL(url.replace('localhost', '127.0.0.1')))).to.equal(false);
    }
  });

  it('knows it of a session over a socket that leads elsewhere, as a tunnel does', async () => {
    const { port } = await listen(false);
    for (const [authority, url] of [
      ['http://server.example', 'ws://server.example:80/'],
      ['http://[::1]:8080', 'ws://[::1]:8080'],
      ['http://10.0.0.1:81', 'ws://10.0.0.1:81'],
    ] as const) {
      const session = await sessionTo(authority, { createConnection: () => net.connect(port, '127.0.0.1') });
      expect(serves(session, new URL(url)), url).to.equal(true);
      expect(serves(session, new URL(`ws://localhost:${port}`)), url).to.equal(false);
    }
  });

  it('takes the name that the server was asked for', async () => {
    const { port } = await listen(true);
    const session = await sessionTo(`https://127.0.0.1:${port}`, { servername: 'localhost' });
    expect(serves(session, new URL(`wss://localhost:${port}`))).to.equal(true);
  });

  it('takes what the server names (RFC 8336)', async () => {
    const server = await listen(true);
    const session = await sessionTo(server.authority);
    const named = once(session, 'origin');
    await server.until(({ sessions }) => sessions.length > 0);
    server.sessions[0]?.origin('https://other.example', 'https://third.example:444');
    await named;
    for (const url of [server.url, 'wss://other.example/path', 'wss://third.example:444']) {
      expect(serves(session, new URL(url)), url).to.equal(true);
    }
    expect(serves(session, new URL('wss://third.example'))).to.equal(false);
  });

  it('leaves it to the server where a session does not know', () => {
    const forgetful = { originSet: undefined } as unknown as ClientHttp2Session;
    expect(originsOf(forgetful)).to.deep.equal([]);
    expect(serves(forgetful, new URL('ws://localhost'))).to.equal(true);
  });
});
