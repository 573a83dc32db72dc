import { once } from 'node:events';
import http2, { type ClientHttp2Session, type SecureClientSessionOptions } from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import { ConnectError, HandshakeError, InvalidOptionError, TimeoutError } from '../../src/protocol/errors';
import { type Certificates, makeCertificates } from './support/certificates';
import { connecting } from './support/connecting';
import { accepted, acknowledgement, allowingOne, goodbye, Http2ByHand } from './support/http2-by-hand';
import { acceptStream, echoStream, Http2TestServer, type StreamScript } from './support/http2-test-server';
import { RawServer } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = http2.constants;

describe('joinSession', () => {
  const { closers, open, leavesNoTimer } = connecting();
  let certificates: Certificates;

  before(async () => {
    certificates = await makeCertificates();
  });

  async function listen(script: StreamScript, options: Parameters<typeof Http2TestServer.listen>[1] = {}) {
    const server = await Http2TestServer.listen(script, options);
    closers.push(() => server.close());
    return server;
  }

  function sessionTo(authority: string, options?: SecureClientSessionOptions): ClientHttp2Session {
    const session = http2.connect(authority, options);
    closers.push(() => session.destroy());
    return session;
  }

  async function pair(script: StreamScript = echoStream) {
    const server = await listen(script);
    return { server, session: sessionTo(server.authority) };
  }

  async function echoes(connection: Awaited<ReturnType<typeof connect>>, text: string): Promise<void> {
    connection.send(text);
    expect(await connection.receive()).to.equal(text);
  }

  it('carries many connections over one socket, and stays open behind them', async () => {
    const server = await listen(echoStream, { certificate: certificates.server });
    const session = sessionTo(server.authority, { ca: certificates.authority });
    const connections = await Promise.all(
      Array.from({ length: 30 }, (_, i) => open(`${server.url}/${i}`, { http2: session })),
    );
    await Promise.all(connections.map((connection, i) => echoes(connection, `to ${i}`)));
    expect(server.sockets).to.have.length(1);
    expect(connections[0]?.response.httpVersion).to.equal('2.0');
    connections[0]?.terminate();
    for (const connection of connections.slice(1)) connection.close();
    for (const connection of connections) await connection.closed;
    await server.until(() => server.streams.every(({ closed }) => closed));
    expect(session).to.include({ closed: false, destroyed: false });
    await echoes(await open(server.url, { http2: session }), 'again');
    expect(server.sockets).to.have.length(1);
  });

  it('shares the session with ordinary requests', async () => {
    const { server, session } = await pair((stream, headers) => {
      if (headers[':method'] === 'CONNECT') echoStream(stream, headers);
      else stream.end('a page');
    });
    const connection = await open(server.url, { http2: session });
    const request = session.request({ ':path': '/' });
    const [body] = await once(request, 'data');
    expect(String(body)).to.equal('a page');
    await echoes(connection, 'meanwhile');
  });

  it('tells every connection when the session is lost, and ends no process by it', async () => {
    const { server, session } = await pair();
    const connections = [await open(server.url, { http2: session }), await open(server.url, { http2: session })];
    server.sessions[0]?.goaway(NGHTTP2_INTERNAL_ERROR);
    for (const connection of connections) {
      expect((await connection.closed).cause).to.include({ code: 'SESSION_CLOSED' });
    }
    expect(session.destroyed).to.equal(true);
  });

  describe('refuses', () => {
    const closed =
      "the session of option 'http2' is closed, by this side or by GOAWAY; a new one is made by http2.connect()";

    it('a session that is closed or destroyed', async () => {
      for (const end of ['close', 'destroy'] as const) {
        const { server, session } = await pair();
        await once(session, 'connect');
        session[end]();
        const error = await rejectionOf(ConnectError, connect(server.url, { http2: session }));
        expect(error).to.include({ code: 'SESSION_CLOSED', message: `Could not connect to ${server.url}: ${closed}` });
      }
    });

    it('a session that got GOAWAY, while its other connections go on', async () => {
      const { server, session } = await pair();
      const connection = await open(server.url, { http2: session });
      server.sessions[0]?.close();
      await once(session, 'goaway');
      await echoes(connection, 'still there');
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: session }));
      expect(error.code).to.equal('SESSION_CLOSED');
    });

    it('a session that could not be connected', async () => {
      const unused = net.createServer().listen(0, '127.0.0.1');
      await once(unused, 'listening');
      const { port } = unused.address() as net.AddressInfo;
      await new Promise((resolve) => unused.close(resolve));
      const session = sessionTo(`http://127.0.0.1:${port}`);
      const error = await rejectionOf(ConnectError, connect(`ws://127.0.0.1:${port}`, { http2: session }));
      expect(error.code).to.equal('ECONNREFUSED');
    });

    it('a session to a server that speaks HTTP/1.1', async () => {
      const httpsServer = tls.createServer({ ...certificates.server, ALPNProtocols: ['http/1.1'] });
      httpsServer.on('tlsClientError', () => {});
      const server = await RawServer.listen(() => {}, httpsServer);
      closers.push(() => server.close());
      const url = `wss://localhost:${server.port}`;
      const session = sessionTo(`https://localhost:${server.port}`, { ca: certificates.authority });
      const error = await rejectionOf(ConnectError, connect(url, { http2: session }));
      expect(error).to.include({
        code: 'NO_HTTP2',
        message: `Could not connect to ${url}: it does not speak HTTP/2 (ALPN h2); connect without option 'http2'`,
      });
      expect(error.cause).to.have.property('code', 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
    });

    it('a session to a server that is not trusted, with who can change that', async () => {
      const server = await listen(echoStream, { certificate: certificates.server });
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: sessionTo(server.authority) }));
      expect(error.message).to.match(
        / \(http2\.connect\(url, \{ ca \}\) of node:http2 makes its authority a trusted one\)$/,
      );
    });

    it('a session without a certificate that the server wants, with who can change that', async () => {
      const ca = certificates.authority;
      const server = await listen(echoStream, { certificate: certificates.server, clientAuthority: ca });
      // Node leaves the socket of such a session open.
      const socket = tls.connect({ host: 'localhost', port: server.port, ca, ALPNProtocols: ['h2'] });
      closers.push(() => socket.destroy());
      const session = sessionTo(server.authority, { createConnection: () => socket });
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: session }));
      expect(error.code).to.equal('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
      expect(error.message).to.match(
        / \(it wants another certificate of the client than it got: http2\.connect\(url, \{ cert, key \}\) of node:http2\)$/,
      );
    });

    it('a URL that the session is not for', async () => {
      const { server, session } = await pair();
      const { port } = server;
      for (const url of [`ws://127.0.0.1:${port}`, `ws://localhost:${port + 1}`, `wss://localhost:${port}`]) {
        const error = await rejectionOf(InvalidOptionError, connect(url, { http2: session }));
        const other = url.replace(/^ws/, 'http');
        expect(error.message).to.equal(
          `The session of option 'http2' is for http://localhost:${port}, not for ${other}`,
        );
      }
      const unix = rejectionOf(InvalidOptionError, connect('ws+unix:///run/app.sock:/path', { http2: session }));
      expect((await unix).message).to.include("but option 'http2' brings the session of a connection");
      expect(server.requests).to.have.length(0);
    });

    it('a redirect to where the session is not for', async () => {
      const { server, session } = await pair((stream, { ':path': path }) => {
        if (path === '/there') acceptStream(stream);
        else
          stream.respond(
            { ':status': 302, location: path === '/start' ? '/there' : 'ws://other.example/' },
            { endStream: true },
          );
      });
      await open(`${server.url}/start`, { http2: session, followRedirects: true });
      expect(server.sockets).to.have.length(1);
      const leaving = connect(`${server.url}/away`, { http2: session, followRedirects: true });
      const error = await rejectionOf(HandshakeError, leaving);
      expect(error.code).to.equal('INVALID_REDIRECT');
      expect(error.message).to.equal(
        'The server redirects to "ws://other.example/", which the session of option \'http2\' does not serve',
      );
    });
  });

  describe('given up', () => {
    it('cancels its stream only', async () => {
      const { server, session } = await pair((stream, headers) => {
        if (headers[':path'] === '/silent') return;
        echoStream(stream, headers);
      });
      const connection = await open(server.url, { http2: session });
      await rejectionOf(TimeoutError, connect(`${server.url}/silent`, { http2: session, handshakeTimeout: 60 }));
      await server.until(() => server.streams[1]!.closed);
      expect(server.streams[1]?.rstCode).to.equal(NGHTTP2_CANCEL);
      await echoes(connection, 'still there');
      await echoes(await open(server.url, { http2: session }), 'and new ones');
    });

    it('while the server allows no more streams, asks for nothing later', async () => {
      const server = await Http2ByHand.listen();
      closers.push(() => server.close());
      const session = sessionTo(server.url.replace('ws', 'http'));
      const first = open(server.url, { http2: session });
      await server.server.asked(1);
      server.say(allowingOne, acknowledgement);
      await server.requested(1);
      server.say(accepted(1));
      const connection = await first;

      const late = rejectionOf(TimeoutError, connect(server.url, { http2: session, handshakeTimeout: 60 }));
      expect(await late).to.include({
        code: 'HANDSHAKE_TIMEOUT',
        message: `The opening handshake with ${server.url} took longer than handshakeTimeout (60 ms): its HTTP/2 session has as many streams open as the server allows (1, SETTINGS_MAX_CONCURRENT_STREAMS); close some, or open another session`,
      });
      leavesNoTimer();
      const waiting = open(server.url, { http2: session });
      connection.close();
      await server.spoken(1);
      server.say(goodbye(1));
      await server.requested(5);
      server.say(accepted(5));
      expect((await waiting).readyState).to.equal(1);
      expect(server.requests).to.deep.equal([1, 5]);
    });
  });
});
