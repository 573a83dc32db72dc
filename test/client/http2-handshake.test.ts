import { expect } from 'chai';
import type { ConnectOptions } from '../../src/client/options';
import { HandshakeError } from '../../src/protocol/errors';
import { connecting } from './support/connecting';
import { acceptStream, Http2TestServer, type StreamScript } from './support/http2-test-server';
import { rejectionOf } from './support/rejection-of';

describe('handshakeOverHttp2', () => {
  const { closers, open, leavesNoTimer } = connecting();

  async function listen(script: StreamScript): Promise<Http2TestServer> {
    const server = await Http2TestServer.listen(script);
    closers.push(() => server.close());
    return server;
  }

  const accepting = (headers?: Record<string, string>) => listen((stream) => acceptStream(stream, headers));

  /** The error of a handshake with a server that answers so; nothing is left of it. */
  async function refused(script: StreamScript, options: ConnectOptions = {}): Promise<HandshakeError> {
    const server = await listen(script);
    const error = await rejectionOf(HandshakeError, open(server.url, { http2: true, ...options }));
    await server.allClosed();
    leavesNoTimer();
    return error;
  }

  describe('asks', () => {
    it('as RFC 8441, 5 says, without a key', async () => {
      const server = await accepting();
      await open(`${server.url}/chat?x=1`, { http2: true });
      expect(Object.fromEntries(Object.entries(server.requests[0]!))).to.deep.equal({
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': 'http',
        ':authority': `localhost:${server.port}`,
        ':path': '/chat?x=1',
        'sec-websocket-version': '13',
      });
    });

    it('with headers, origin, subprotocols, extensions, user and password', async () => {
      const server = await accepting({ 'sec-websocket-protocol': 'b' });
      const connection = await open(server.url.replace('//', '//me:pass@'), {
        http2: true,
        headers: { Cookie: 'a=b', 'X-Own': 'é' },
        origin: 'https://app.example',
        subprotocols: ['a', 'b'],
        perMessageDeflate: true,
      });
      expect(connection.protocol).to.equal('b');
      expect(connection.extensions).to.equal('');
      expect(server.requests[0]).to.include({
        cookie: 'a=b',
        'x-own': 'é',
        origin: 'https://app.example',
        'sec-websocket-protocol': 'a, b',
        authorization: `Basic ${btoa('me:pass')}`,
      });
      expect(server.requests[0]?.['sec-websocket-extensions']).to.match(/^permessage-deflate/);
    });

    it('with a Host of the caller as :authority', async () => {
      const server = await accepting();
      await open(server.url, { http2: true, headers: { Host: 'other.example' } });
      expect(server.requests[0]).to.include({ ':authority': 'other.example' });
      expect(server.requests[0]).not.to.have.property('host');
    });

    it('without headers that are about a connection of HTTP/1.1', async () => {
      const server = await accepting();
      const headers = {
        'Keep-Alive': 'timeout=5',
        'Proxy-Connection': 'close',
        'HTTP2-Settings': 'x',
        TE: 'gzip',
        A: 'b',
      };
      await open(server.url, { http2: true, headers });
      expect(server.requests[0]).to.include({ a: 'b' });
      expect(server.requests[0]).not.to.have.any.keys('keep-alive', 'proxy-connection', 'http2-settings', 'te');
    });
  });

  it('agrees on compression', async () => {
    const server = await accepting({ 'sec-websocket-extensions': 'permessage-deflate; server_no_context_takeover' });
    const connection = await open(server.url, { http2: true, perMessageDeflate: true });
    expect(connection.extensions).to.equal('permessage-deflate; server_no_context_takeover');
  });

  it('keeps the head of the answer: cookies, say', async () => {
    const server = await listen((stream) =>
      stream.respond({ ':status': 200, 'set-cookie': ['a=b', 'c=d'], date: 'now' }),
    );
    const { response } = await open(server.url, { http2: true });
    expect(response).to.deep.equal({
      status: 200,
      headers: { 'set-cookie': ['a=b', 'c=d'], date: 'now' },
      httpVersion: '2.0',
    });
  });

  it('takes any 2xx for a yes (RFC 9110, 9.3.6)', async () => {
    const server = await listen((stream) => stream.respond({ ':status': 202 }));
    expect((await open(server.url, { http2: true })).response.status).to.equal(202);
  });

  it('passes interim responses over', async () => {
    const server = await listen((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      acceptStream(stream).send('hello');
    });
    expect(await (await open(server.url, { http2: true })).receive()).to.equal('hello');
  });

  const wrong: Array<[headers: Record<string, string>, code: string]> = [
    [{ 'sec-websocket-protocol': 'c' }, 'UNEXPECTED_SUBPROTOCOL'],
    [{ 'sec-websocket-protocol': 'a, b' }, 'UNEXPECTED_SUBPROTOCOL'],
    [{ 'sec-websocket-extensions': 'x-other' }, 'UNEXPECTED_EXTENSION'],
    [{ 'sec-websocket-extensions': 'permessage-deflate, permessage-deflate' }, 'INVALID_EXTENSION'],
    [{ 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits=99' }, 'INVALID_EXTENSION'],
  ];
  for (const [headers, code] of wrong) {
    it(`refuses what HTTP/1.1 refuses: ${Object.values(headers)}`, async () => {
      const script: StreamScript = (stream) => stream.respond({ ':status': 200, ...headers });
      const error = await refused(script, { subprotocols: ['a', 'b'], perMessageDeflate: true });
      expect(error).to.include({ code, status: 200 });
      expect(error.response?.headers).to.include(headers);
    });
  }

  it('refuses a yes that ends the stream', async () => {
    const error = await refused((stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    expect(error).to.include({
      code: 'INVALID_RESPONSE',
      message: "The server's 200 ends its stream (END_STREAM), which leaves no room for a WebSocket",
    });
  });

  describe('refused', () => {
    it('says what the server answered', async () => {
      const error = await refused((stream) => {
        stream.respond({ ':status': 401, 'www-authenticate': 'Bearer', 'set-cookie': ['a=b', 'c=d'] });
        stream.end('who are you?\r\n');
      });
      expect(error.message).to.match(/^The server ws:\S+ answered 401$/);
      expect(error).to.include({ code: 'HANDSHAKE_REFUSED', status: 401, expose: false, body: 'who are you?\r\n' });
      const { date, ...headers } = { ...error.response?.headers };
      expect(date).to.be.a('string');
      expect(headers).to.deep.equal({ 'www-authenticate': 'Bearer', 'set-cookie': ['a=b', 'c=d'] });
    });

    it('keeps 64 KiB of a body without an end', async () => {
      const error = await refused((stream) => {
        stream.respond({ ':status': 403 });
        const more = () => {
          while (!stream.destroyed && stream.write('x'.repeat(4096)));
        };
        stream.on('drain', more);
        more();
      });
      expect(error.response?.body).to.equal('x'.repeat(64 * 1024));
    });

    it('says what it knows when the body is late, or cut short', async () => {
      const begun: StreamScript = (stream) => {
        stream.respond({ ':status': 403 });
        stream.write('hello');
      };
      const late = await refused(begun, { handshakeTimeout: 60 });
      expect(late.response).to.include({ status: 403, body: 'hello' });
      const cut = await refused((stream, headers) => {
        begun(stream, headers);
        stream.write('!', () => stream.close());
      });
      expect(cut.response?.body).to.equal('hello!');
    });

    it('says a status without a body', async () => {
      const error = await refused((stream) => stream.respond({ ':status': 404 }, { endStream: true }));
      expect(error.response).to.include({ status: 404, body: '' });
    });
  });

  describe('redirected', () => {
    const redirecting = (location: (path: string) => string | undefined) =>
      listen((stream, { ':path': path = '' }) => {
        const there = location(path);
        if (there === undefined) acceptStream(stream);
        else stream.respond({ ':status': 302, location: there }, { endStream: true });
      });

    it('follows, on a session of its own', async () => {
      const server = await redirecting((path) => (path === '/start' ? '/there?x=1' : undefined));
      await open(`${server.url}/start`, { http2: true, followRedirects: true });
      expect(server.requests.map((request) => request[':path'])).to.deep.equal(['/start', '/there?x=1']);
      expect(server.sessions).to.have.length(2);
      await server.until(() => server.sockets[0]!.closed);
    });

    it('says where to, unless asked to follow', async () => {
      const server = await redirecting(() => '/there');
      const error = await rejectionOf(HandshakeError, open(server.url, { http2: true }));
      expect(error.message).to.match(/answered 302: it redirects to "\/there", and followRedirects is off$/);
    });
  });
});
