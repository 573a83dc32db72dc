import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import http2, { type ClientHttp2Session, type Http2SecureServer, type SecureServerOptions } from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express, { type Express } from 'express';
import WebSocket from 'ws';
import { serveHttp2 } from '../../src/express/serve-http2';
import { type Switchboard, switchboard } from '../../src/express/switchboard';
import { InvalidOptionError, InvalidStateError } from '../../src/protocol/errors';
import { type Certificates, makeCertificates } from '../client/support/certificates';
import { fetchStream, openStream } from '../support/http2-site';

describe('serveHttp2', () => {
  let certificates: Certificates;
  let app: Express;
  let board: Switchboard;
  let server: Http2SecureServer | undefined;
  let session: ClientHttp2Session | undefined;

  before(async () => {
    certificates = await makeCertificates();
  });

  beforeEach(() => {
    app = express();
    board = switchboard(app);
    app.get('/', (request, response) => {
      response.send(`HTTP/${request.httpVersion} ${request.protocol}`);
    });
    app.ws('/version', (socket, request) => {
      socket.send(request.httpVersion);
    });
  });

  afterEach(async () => {
    session?.destroy();
    if (server?.listening) await new Promise((resolve) => server!.close(resolve));
  });

  async function listen(options: Partial<SecureServerOptions> = {}): Promise<number> {
    server = serveHttp2(app, { ...certificates.server, ...options });
    server.listen(0);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function connectSession(port: number): Promise<ClientHttp2Session> {
    session = http2.connect(`https://localhost:${port}`, { ca: certificates.authority });
    session.on('error', () => {});
    await once(session, 'remoteSettings');
    return session;
  }

  it('serves pages and WebSockets on one connection', async () => {
    const client = await connectSession(await listen());
    let connections = 0;
    server!.on('session', () => {
      connections++;
    });
    expect(await fetchStream(client, { ':path': '/' })).to.include({ status: 200, body: 'HTTP/2.0 https' });
    const stream = openStream(client, '/version', { ':scheme': 'https' });
    const [frame] = await once(stream, 'data');
    expect(frame.toString('latin1')).to.equal('\x81\x032.0');
    expect(connections).to.equal(0);
  });

  it('serves clients of HTTP/1.1 on the same port', async () => {
    const port = await listen();
    const { authority: ca } = certificates;
    const [response] = await once(https.get({ host: 'localhost', port, ca, agent: false }), 'response');
    expect(String((await response.toArray()).join(''))).to.equal('HTTP/1.1 https');
    const socket = new WebSocket(`wss://localhost:${port}/version`, { ca });
    const [message] = await once(socket, 'message');
    expect(String(message)).to.equal('1.1');
    socket.terminate();
  });

  it('refuses them where allowHTTP1 is false', async () => {
    const port = await listen({ allowHTTP1: false });
    // Node would tell the client in words, and wait for it to leave.
    server!.on('unknownProtocol', (socket) => socket.destroy());
    const socket = new WebSocket(`wss://localhost:${port}/version`, { ca: certificates.authority });
    const [error] = await once(socket, 'error');
    expect(error).to.be.instanceOf(Error);
    const client = await connectSession(port);
    expect(await fetchStream(client, { ':path': '/' })).to.include({ status: 200 });
  });

  it('closes WebSockets with 1001 and sessions with GOAWAY when the board closes', async () => {
    const client = await connectSession(await listen());
    const stream = openStream(client, '/version', { ':scheme': 'https' });
    const [hello] = await once(stream, 'data');
    expect(hello.toString('latin1')).to.equal('\x81\x032.0');
    const goaway = once(client, 'goaway');
    const close = once(stream, 'data');
    const closed = board.close({ timeout: 5_000 });
    const [frame] = await close;
    expect(frame.toString('hex')).to.equal('880203e9');
    stream.end(Buffer.from('88820000000003e9', 'hex'));
    const [code] = await goaway;
    expect(code).to.equal(http2.constants.NGHTTP2_NO_ERROR);
    await closed;
    if (!client.destroyed) await once(client, 'close');
  });

  it('closes WebSockets and sessions when the server closes', async () => {
    const client = await connectSession(await listen());
    const stream = openStream(client, '/version', { ':scheme': 'https' });
    await once(stream, 'data');
    const close = once(stream, 'data');
    const closed = new Promise((resolve) => server!.close(resolve));
    const [frame] = await close;
    expect(frame.toString('hex')).to.equal('880203e9');
    stream.end(Buffer.from('88820000000003e9', 'hex'));
    await closed;
  });

  it('leaves the WebSockets of another board on the same server alone when a board closes', async () => {
    const other = express();
    const otherBoard = switchboard(other);
    other.ws('/other', (socket) => socket.send('other'));
    server = http2.createSecureServer(certificates.server);
    server.on('request', ((request: IncomingMessage, response: ServerResponse) => {
      (request.url === '/other' ? other : app)(request as never, response as never);
    }) as never);
    board.attach(server);
    otherBoard.attach(server);
    server.listen(0);
    await once(server, 'listening');
    const client = await connectSession((server.address() as AddressInfo).port);
    const stream = openStream(client, '/other', { ':scheme': 'https' });
    await once(stream, 'data');
    await board.close({ timeout: 20 });
    expect(otherBoard.connections.size).to.equal(1);
    expect(client.closed).to.equal(false);
    const closed = otherBoard.close({ timeout: 20 });
    await once(client, 'goaway');
    await closed;
  });

  it('serves no WebSockets behind the closing of the board, and pages as before', async () => {
    const port = await listen();
    await board.close();
    const client = await connectSession(port);
    expect(await fetchStream(client, { ':path': '/' })).to.include({ status: 200 });
    const stream = openStream(client, '/version', { ':scheme': 'https' });
    const [headers] = await once(stream, 'response');
    expect(headers[':status']).to.equal(503);
  });

  it('says what is missing', () => {
    const { key, cert } = certificates.server;
    const serve = (given: unknown, options?: unknown) => () =>
      serveHttp2(given as Express, options as SecureServerOptions);
    expect(serve(express.Router(), { key, cert })).to.throw(InvalidOptionError, /^serveHttp2\(\) needs an Express app/);
    expect(serve(express(), { key, cert })).to.throw(InvalidStateError, /call switchboard\(app\) first/);
    expect(serve(app)).to.throw(InvalidOptionError, /needs options with key and cert, not undefined/);
    expect(serve(app, {})).to.throw(InvalidOptionError, /needs a certificate: options 'key' and 'cert'/);
    expect(serve(app, { key })).to.throw(InvalidOptionError, /needs a certificate: options 'key' and 'cert'/);
    expect(serve(app, { cert })).to.throw(InvalidOptionError, /'key' of serveHttp2\(\) is missing: the private key/);
  });

  it('says what cannot be', () => {
    const { key, cert } = certificates.server;
    const serve = (options: object) => () => serveHttp2(app, options as SecureServerOptions);
    expect(serve({ key: 'key.pem', cert: 'cert.pem' })).to.throw(InvalidOptionError, /are the contents of PEM files/);
    expect(serve({ key: certificates.client.key, cert })).to.throw(InvalidOptionError, /that belong together/);
    expect(serve({ key, cert, allowHttp1: false })).to.throw(InvalidOptionError, /Did you mean 'allowHTTP1'/);
    expect(serve({ key, cert, allowedOrigins: [] })).to.throw(
      InvalidOptionError,
      /belongs to switchboard\(app, { allowedOrigins }\)/,
    );
    expect(serve({ key, cert, handshakeTimeout: 1_000 })).not.to.throw();
  });
});
