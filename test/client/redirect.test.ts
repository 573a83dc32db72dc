import tls from 'node:tls';
import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import type { ConnectOptions } from '../../src/client/options';
import { HandshakeError } from '../../src/protocol/errors';
import { type Certificates, makeCertificates } from './support/certificates';
import { acceptance, headerOf, RawServer, type Script } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';

const accept: Script = (socket, head) => void socket.write(acceptance(head));

const redirecting =
  (location: (head: string) => string, status = 302): Script =>
  (socket, head) =>
    void socket.write(`HTTP/1.1 ${status} Elsewhere\r\nLocation: ${location(head)}\r\nContent-Length: 3\r\n\r\nfoo`);

const pathOf = (head: string) => head.split(' ')[1];

describe('redirects', () => {
  const closers: Array<() => unknown> = [];

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function listen(script: Script, certificates?: tls.TlsOptions): Promise<RawServer> {
    const raw = await RawServer.listen(script, certificates && tls.createServer(certificates));
    closers.push(() => raw.close());
    return raw;
  }

  async function open(url: string, options: ConnectOptions = {}) {
    const connection = await connect(url, { pingInterval: false, followRedirects: true, ...options });
    closers.push(() => connection.terminate());
    return connection;
  }

  /** A server whose path `/` leads to the location, and whose other paths accept. */
  const leadingTo = (location: string, status?: number) =>
    listen((socket, head) =>
      pathOf(head) === '/start' ? redirecting(() => location, status)(socket, head) : accept(socket, head),
    );

  it('are not followed unless asked for', async () => {
    const server = await leadingTo('/there');
    for (const followRedirects of [undefined, false, 0]) {
      const options = followRedirects === undefined ? {} : { followRedirects };
      const error = await rejectionOf(HandshakeError, connect(`${server.url}/start`, options));
      expect(error.message).to.match(
        /^The server \S+ answered 302 Elsewhere: it redirects to "\/there", and followRedirects is off$/,
      );
      expect(error.response).to.deep.include({ status: 302, body: 'foo' });
      expect(error.response?.headers).to.include({ location: '/there' });
    }
    await server.allClosed();
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`follows ${status}, with a fresh key and a connection of its own`, async () => {
      const server = await leadingTo('/there?x=1', status);
      await open(`${server.url}/start`);
      expect(server.heads.map(pathOf)).to.deep.equal(['/start', '/there?x=1']);
      const [first, second] = server.heads.map((head) => headerOf(head, 'Sec-WebSocket-Key'));
      expect(first).not.to.equal(second);
      expect(server.sockets).to.have.length(2);
      expect(server.sockets[0]?.closed).to.equal(true);
    });
  }

  for (const status of [300, 304, 305, 399]) {
    it(`does not follow ${status}`, async () => {
      const server = await leadingTo('/there', status);
      const error = await rejectionOf(HandshakeError, open(`${server.url}/start`));
      expect(error.response?.status).to.equal(status);
    });
  }

  it('does not follow a redirect that leads nowhere', async () => {
    const server = await listen((socket) => socket.write('HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n'));
    expect((await rejectionOf(HandshakeError, open(server.url))).message).to.match(
      /^The server \S+ answered 302 Found$/,
    );
  });

  const locations: Array<[location: string, path: string]> = [
    ['there', '/a/there'],
    ['../there', '/there'],
    ['?x=2', '/a/b?x=2'],
    ['//127.0.0.1:PORT/there', '/there'],
    ['ws://127.0.0.1:PORT/there', '/there'],
    ['http://127.0.0.1:PORT/there#fragment', '/there'],
  ];
  for (const [location, path] of locations) {
    it(`follows ${location}`, async () => {
      const server = await listen((socket, head) => {
        if (pathOf(head) !== '/a/b') accept(socket, head);
        else redirecting(() => location.replace('PORT', String(server.port)))(socket, head);
      });
      await open(`${server.url}/a/b`);
      expect(server.heads.map(pathOf)).to.deep.equal(['/a/b', path]);
    });
  }

  for (const location of [
    'ftp://127.0.0.1/',
    'mailto:me@example.com',
    'javascript:alert(1)',
    'ws://',
    'http://a:99999/',
  ]) {
    it(`refuses ${location}`, async () => {
      const server = await leadingTo(location);
      const error = await rejectionOf(HandshakeError, open(`${server.url}/start`));
      expect(error.message).to.match(/^The server redirects to ".*", which is no (URL|address of a WebSocket)$/);
      expect(error).to.include({ code: 'INVALID_REDIRECT', expose: false });
      expect(error.response?.status).to.equal(302);
      await server.allClosed();
    });
  }

  it('ends a loop', async () => {
    const server = await listen(redirecting((head) => `${pathOf(head)}x`));
    const error = await rejectionOf(HandshakeError, open(server.url));
    expect(error.message).to.match(
      /^The server \S+ answered 302 Elsewhere: a redirect more than followRedirects \(5\) allows$/,
    );
    expect(server.heads).to.have.length(6);
    await server.allClosed();
    const again = await rejectionOf(HandshakeError, open(server.url, { followRedirects: 1 }));
    expect(again.message).to.include('more than followRedirects (1) allows');
    expect(server.heads).to.have.length(8);
  });

  it('has one deadline for all', async () => {
    const server = await listen((socket, head) => {
      const timer = setTimeout(() => redirecting(() => '/')(socket, head), 40);
      socket.on('close', () => clearTimeout(timer));
    });
    const error = await rejectionOf(Error, open(server.url, { followRedirects: 100, handshakeTimeout: 100 }));
    expect(error).to.include({ code: 'HANDSHAKE_TIMEOUT' });
    await server.allClosed();
  });

  const personal = { Authorization: 'Bearer x', COOKIE: 'a=b', 'proxy-authorization': 'Basic y', 'X-Own': 'z' };

  it('keeps everything for the same origin', async () => {
    const server = await leadingTo('/there');
    await open(`${server.url}/start`, {
      headers: { ...personal, Host: 'other.example' },
      origin: 'https://app.example',
      subprotocols: ['chat'],
    });
    const [first = '', second = ''] = server.heads;
    for (const name of [...Object.keys(personal), 'Host', 'Origin', 'Sec-WebSocket-Protocol']) {
      expect(headerOf(second, name), name).to.equal(headerOf(first, name)).and.not.equal(undefined);
    }
  });

  it('lets no credentials cross an origin, and none come back', async () => {
    const other = await listen((socket, head) => {
      if (pathOf(head) === '/back') redirecting(() => `${server.url}/again`)(socket, head);
      else accept(socket, head);
    });
    const server: RawServer = await listen((socket, head) => {
      if (pathOf(head) === '/again') accept(socket, head);
      else redirecting(() => `ws://you:there@127.0.0.1:${other.port}${pathOf(head)}`)(socket, head);
    });
    const headers = { ...personal, Host: 'other.example' };
    await open(`${server.url}/there`, { headers, origin: 'https://app.example' });
    await open(`${server.url.replace('//', '//me:pass@')}/back`, { headers: { 'X-Own': 'z' } });
    const [direct = '', , again = ''] = [other.heads[0], other.heads[1], server.heads[2]];
    for (const head of [direct, other.heads[1]!, again]) {
      expect(head).not.to.match(/^(authorization|cookie|proxy-authorization):/im);
      expect(headerOf(head, 'X-Own')).to.equal('z');
    }
    expect(headerOf(server.heads[1]!, 'Authorization')).to.equal(`Basic ${btoa('me:pass')}`);
    expect(headerOf(direct, 'Host')).to.equal(`127.0.0.1:${other.port}`);
    expect(headerOf(direct, 'Origin')).to.equal('https://app.example');
  });

  describe('with TLS', () => {
    let certificates: Certificates;

    before(async () => {
      certificates = await makeCertificates();
    });

    it('lead from ws: to wss:, and never back', async () => {
      const ca = certificates.authority;
      const secure = await listen(accept, certificates.server);
      const plain = await leadingTo(`https://localhost:${secure.port}/there`);
      await open(`${plain.url}/start`, { tls: { ca } });
      expect(secure.heads.map(pathOf)).to.deep.equal(['/there']);

      const leaving = await listen(
        redirecting(() => `${plain.url}/there`),
        certificates.server,
      );
      const error = await rejectionOf(HandshakeError, open(`wss://localhost:${leaving.port}/`, { tls: { ca } }));
      expect(error.message).to.match(/which has no TLS: that is not followed from a wss: URL$/);
      await leaving.allClosed();
      expect(plain.heads).to.have.length(1);
    });

    it('take the client’s certificate to the same origin only', async () => {
      const wanting = {
        ...certificates.server,
        ca: certificates.authority,
        requestCert: true,
        rejectUnauthorized: false,
      };
      const other = await listen(accept, wanting);
      const own: RawServer = await listen((socket, head) => {
        const location = pathOf(head) === '/1' ? '/2' : `wss://localhost:${other.port}/3`;
        redirecting(() => location)(socket, head);
      }, wanting);
      const shown: string[] = [];
      for (const { server } of [own, other]) {
        server.prependListener('secureConnection', (socket: tls.TLSSocket) =>
          shown.push(String(socket.getPeerCertificate().subject?.CN)),
        );
      }
      const options = { ca: certificates.authority, ...certificates.client };
      await open(`wss://localhost:${own.port}/1`, { tls: options });
      expect(shown).to.deep.equal(['a client', 'a client', 'undefined']);
    });
  });
});
