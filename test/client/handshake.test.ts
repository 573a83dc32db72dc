import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { expect } from 'chai';
import type { ClientConnection } from '../../src/client/client-connection';
import { connect } from '../../src/client/connect';
import { WebSocket } from '../../src/client/web-socket';
import { WebSocketBuilder } from '../../src/client/web-socket-builder';
import { ConnectError, HandshakeError } from '../../src/protocol/errors';
import { type Certificates, makeCertificates } from './support/certificates';
import { connecting } from './support/connecting';
import { acceptStream, echoStream, Http2TestServer, type StreamScript } from './support/http2-test-server';
import { acceptance, RawServer } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';
import { TestProxy } from './support/test-proxy';

describe('handshake', () => {
  const { closers, open, leavesNoTimer } = connecting();
  let certificates: Certificates;
  let ca: string;

  before(async () => {
    certificates = await makeCertificates();
    ca = certificates.authority;
  });

  async function listen(script: StreamScript, options: Parameters<typeof Http2TestServer.listen>[1] = {}) {
    const server = await Http2TestServer.listen(script, options);
    closers.push(() => server.close());
    return server;
  }

  const secure = (script: StreamScript = echoStream, options = {}) =>
    listen(script, { certificate: certificates.server, ...options });

  /** A server with TLS that speaks HTTP/1.1 only, whatever it says of that by ALPN. */
  async function secureHttp1(options: tls.TlsOptions = {}): Promise<RawServer> {
    const server = tls.createServer({ ...certificates.server, ...options });
    server.on('tlsClientError', () => {});
    const raw = await RawServer.listen((socket, head) => socket.write(acceptance(head)), server);
    closers.push(() => raw.close());
    return raw;
  }

  async function echoes(connection: ClientConnection, text = 'hällo'): Promise<void> {
    connection.send(text);
    expect(await connection.receive()).to.equal(text);
  }

  const upgraded = (socket: net.Socket, key: string) => socket.write(acceptance(`Sec-WebSocket-Key: ${key}\r\n`));

  describe('with http2: true', () => {
    it('opens a connection over TLS, which says so', async () => {
      const server = await secure();
      const connection = await open(server.url, { http2: true, tls: { ca } });
      expect(connection.response).to.include({ status: 200, httpVersion: '2.0' });
      await echoes(connection);
      expect(await connection.ping()).to.be.at.least(0);
      connection.close(3000, 'done');
      expect(await connection.closed).to.deep.equal({ code: 3000, reason: 'done', initiator: 'local', cause: null });
      await server.allClosed();
      expect(server.goaways).to.include(http2.constants.NGHTTP2_NO_ERROR);
    });

    it('opens one without TLS, without asking', async () => {
      const server = await listen(echoStream);
      const connection = await open(server.url, { http2: true });
      await echoes(connection, 'x'.repeat(300_000));
      expect(connection.response.httpVersion).to.equal('2.0');
    });

    it('goes through a Unix socket', async function () {
      if (process.platform === 'win32') this.skip();
      const folder = mkdtempSync(path.join(tmpdir(), 'switchboard-'));
      closers.push(() => rmSync(folder, { recursive: true }));
      const server = http2.createServer({ settings: { enableConnectProtocol: true } });
      server.on('stream', echoStream);
      server.listen(path.join(folder, 'app.sock'));
      closers.push(() => new Promise((resolve) => server.close(resolve)));
      await once(server, 'listening');
      const connection = await open(`ws+unix://${folder}/app.sock:/chat`, { http2: true });
      await echoes(connection);
      connection.close();
      await connection.closed;
    });

    it('is there in the builder, and in the class of browsers', async () => {
      const server = await listen((stream) => acceptStream(stream).send('hello'));
      const connection = await new WebSocketBuilder(server.url).option('http2', true).connect();
      closers.push(() => connection.terminate());
      expect(await connection.receive()).to.equal('hello');
      const socket = new WebSocket(server.url, { http2: true });
      const [event] = (await once(socket, 'message')) as [MessageEvent];
      expect(event.data).to.equal('hello');
      socket.close();
      await once(socket, 'close');
    });

    it('goes through a proxy, and through one with TLS', async () => {
      const server = await secure();
      for (const certificate of [undefined, certificates.server]) {
        const proxy = await TestProxy.listen(() => null, certificate);
        closers.push(() => proxy.close());
        // Loopback addresses are exempt from proxies of the environment only.
        const connection = await open(server.url, { http2: true, tls: { ca }, proxy: proxy.url });
        await echoes(connection);
        expect(proxy.authorities).to.deep.equal([`localhost:${server.port}`]);
        connection.close();
        await proxy.allClosed();
      }
    });

    it('refuses a server that speaks HTTP/1.1, whether that says so or not', async () => {
      for (const options of [{}, { ALPNProtocols: ['http/1.1'] }]) {
        const server = await secureHttp1(options);
        const url = `wss://localhost:${server.port}`;
        const error = await rejectionOf(ConnectError, connect(url, { http2: true, tls: { ca } }));
        expect(error.code).to.equal('NO_HTTP2');
        expect(error.message).to.equal(
          `Could not connect to ${url}: it does not speak HTTP/2 (ALPN h2); http2: 'auto' would take HTTP/1.1`,
        );
        await server.allClosed();
        leavesNoTimer();
      }
    });

    it('says that a server wants a certificate, which it does behind the handshake of TLS', async () => {
      const server = await secure(echoStream, { clientAuthority: ca });
      const countSockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
      const socketsBefore = countSockets();
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: true, tls: { ca } }));
      expect(error.code).to.equal('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
      expect(error.message).to.match(/ than it got: tls: \{ cert, key \}\)$/);
      await server.allClosed();
      // Nothing of the connection is left open at this end.
      while (countSockets() > socketsBefore) await new Promise((resolve) => setImmediate(resolve));
      leavesNoTimer();
      await echoes(await open(server.url, { http2: true, tls: { ca, ...certificates.client } }));
    });

    it('refuses a server without TLS that speaks HTTP/1.1', async () => {
      const server = await RawServer.listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      closers.push(() => server.close());
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: true }));
      expect(error.code).to.equal('NO_HTTP2');
      expect(error.message).to.match(
        /^Could not connect to ws:\S+: what it answered is not HTTP\/2 \(.*\); without option/,
      );
      await server.allClosed();
    });

    it('refuses a server that takes no WebSockets over HTTP/2', async () => {
      const server = await secure(() => expect.fail('nothing may be asked'), { settings: {} });
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: true, tls: { ca } }));
      expect(error.code).to.equal('NO_EXTENDED_CONNECT');
      expect(error.message).to.equal(
        `Could not connect to ${server.url}: it allows no WebSockets over HTTP/2 (SETTINGS_ENABLE_CONNECT_PROTOCOL); http2: 'auto' would open them over HTTP/1.1`,
      );
      await server.allClosed();
      leavesNoTimer();
    });
  });

  describe("with http2: 'auto'", () => {
    it('takes HTTP/2 where there is a choice', async () => {
      const server = await secure(echoStream, { http1: () => expect.fail('not over HTTP/1.1') });
      const connection = await open(server.url, { http2: 'auto', tls: { ca } });
      expect(connection.response.httpVersion).to.equal('2.0');
      await echoes(connection);
      expect(server.sockets).to.have.length(1);
    });

    it('takes HTTP/1.1 on the same socket where the server has nothing else', async () => {
      for (const options of [{}, { ALPNProtocols: ['http/1.1'] }]) {
        const server = await secureHttp1(options);
        const connection = await open(`wss://localhost:${server.port}`, { http2: 'auto', tls: { ca } });
        expect(connection.response).to.include({ status: 101, httpVersion: '1.1' });
        expect(server.sockets).to.have.length(1);
      }
    });

    it('takes HTTP/1.1 on another socket where HTTP/2 has no WebSockets', async () => {
      const server = await secure(() => expect.fail('nothing may be asked'), { settings: {}, http1: upgraded });
      const connection = await open(server.url, { http2: 'auto', tls: { ca } });
      expect(connection.response.httpVersion).to.equal('1.1');
      expect(server.sockets).to.have.length(2);
      await server.until(() => server.sockets[0]!.closed);
      expect(server.sockets[1]?.closed).to.equal(false);
    });

    it('takes HTTP/1.1 where the server wants that for this request', async () => {
      const { NGHTTP2_HTTP_1_1_REQUIRED } = http2.constants;
      const server = await secure((stream) => stream.close(NGHTTP2_HTTP_1_1_REQUIRED), { http1: upgraded });
      const connection = await open(server.url, { http2: 'auto', tls: { ca } });
      expect(connection.response.httpVersion).to.equal('1.1');
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: true, tls: { ca } }));
      expect(error.code).to.equal('HTTP_1_1_REQUIRED');
    });

    it('takes HTTP/1.1 without TLS', async () => {
      const server = await RawServer.listen((socket, head) => socket.write(acceptance(head)));
      closers.push(() => server.close());
      const connection = await open(server.url, { http2: 'auto' });
      expect(connection.response.httpVersion).to.equal('1.1');
    });

    it('leaves other errors as they are', async () => {
      const server = await secure((stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM), {
        http1: upgraded,
      });
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: 'auto', tls: { ca } }));
      expect(error.code).to.equal('STREAM_RESET');
      expect(server.sockets).to.have.length(1);
      await server.allClosed();
    });
  });

  it('does not offer HTTP/2 unless asked to', async () => {
    const server = await secure(() => expect.fail('not over HTTP/2'), { http1: upgraded });
    const connection = await open(server.url, { tls: { ca } });
    expect(connection.response.httpVersion).to.equal('1.1');
  });

  it('guesses that a server speaks HTTP/2 only', async () => {
    const server = await secure();
    const error = await rejectionOf(ConnectError, connect(server.url, { tls: { ca } }));
    expect(error.message).to.include('(does it speak HTTP/2 only? Then option http2: true reaches it)');
  });

  it('knows a server without TLS that speaks HTTP/2 only', async () => {
    const server = await listen(echoStream);
    for (const option of [false, 'auto'] as const) {
      const error = await rejectionOf(HandshakeError, connect(server.url, { http2: option }));
      expect(error).to.include({
        code: 'INVALID_RESPONSE',
        message: `The answer of ${server.url} is not HTTP/1.1: it speaks HTTP/2 without TLS; option http2: true reaches it`,
      });
    }
    await server.allClosed();
  });

  it('guesses that a server wants TLS, whatever HTTP it was asked for', async () => {
    const { port } = await secureHttp1();
    const url = `ws://localhost:${port}`;
    for (const option of [false, 'auto', true] as const) {
      const error = await rejectionOf(ConnectError, connect(url, { http2: option }));
      expect(error).to.include({
        code: 'ECONNRESET',
        message: `Could not connect to ${url}: it closed the connection without an answer; does it want wss://?`,
      });
    }
  });
});
