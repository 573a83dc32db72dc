import { once } from 'node:events';
import http2, { type Http2SecureServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express, { type Express } from 'express';
import { serveHttp2 } from '../../src/express/serve-http2';
import { type Switchboard, switchboard } from '../../src/express/switchboard';
import { HandshakeError } from '../../src/protocol/errors';
import { type Certificates, makeCertificates } from './support/certificates';
import { connecting } from './support/connecting';
import { rejectionOf } from './support/rejection-of';

describe('connect over HTTP/2, with a server of ours', () => {
  const { closers, open } = connecting();
  let certificates: Certificates;
  let app: Express;
  let board: Switchboard;

  before(async () => {
    certificates = await makeCertificates();
  });

  beforeEach(() => {
    app = express();
    board = switchboard(app, { pingInterval: false, perMessageDeflate: true, subprotocols: ['chat'] });
    app.use((_request, response, next) => {
      response.cookie('seen', 'yes');
      next();
    });
    app.ws('/echo/:name', (socket, request) => {
      socket.send(`${request.params.name} over ${request.httpVersion}`);
      socket.on('message', (data) => socket.send(data));
    });
    app.use('/secret', (_request, response, _next) => {
      response.status(401).json({ error: 'who are you?' });
    });
    app.use('/moved', (_request, response, _next) => response.redirect('/echo/moved'));
  });

  async function listen(server: Http2Server | Http2SecureServer): Promise<number> {
    const sessions = new Set<http2.ServerHttp2Session>();
    server.on('session', (session: http2.ServerHttp2Session) => sessions.add(session));
    closers.push(async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  const secure = async () => `wss://localhost:${await listen(serveHttp2(app, certificates.server))}`;

  for (const version of ['2.0', '1.1'] as const) {
    it(`goes through the app, as over HTTP/1.1: ${version}`, async () => {
      const url = await secure();
      const connection = await open(`${url}/echo/ada`, {
        http2: version === '2.0' ? 'auto' : false,
        tls: { ca: certificates.authority },
        subprotocols: ['chat'],
        perMessageDeflate: true,
      });
      expect(connection.response.httpVersion).to.equal(version);
      expect(connection.response.headers['set-cookie']).to.deep.equal(['seen=yes; Path=/']);
      expect(connection.protocol).to.equal('chat');
      expect(connection.extensions).to.match(/^permessage-deflate/);
      expect(await connection.receive()).to.equal(`ada over ${version}`);
      for (const size of [0, 125, 70_000, 500_000]) {
        connection.send('ä'.repeat(size));
        expect(await connection.receive()).to.equal('ä'.repeat(size));
      }
      connection.close(3000, 'done');
      expect(await connection.closed).to.include({ code: 3000, reason: 'done', cause: null });
    });
  }

  it('says what the app refuses with, and follows where it leads', async () => {
    const options = { http2: true as const, tls: { ca: certificates.authority }, followRedirects: true };
    const url = await secure();
    const error = await rejectionOf(HandshakeError, open(`${url}/secret`, options));
    expect(error.response?.status).to.equal(401);
    expect(JSON.parse(error.response?.body ?? '')).to.deep.equal({ error: 'who are you?' });
    const moved = await open(`${url}/moved`, options);
    expect(await moved.receive()).to.equal('moved over 2.0');
  });

  it('shares a session without TLS, which the board ends with 1001', async () => {
    const server = http2.createServer(app as never);
    board.attach(server);
    const port = await listen(server);
    const session = http2.connect(`http://localhost:${port}`);
    closers.push(() => session.destroy());
    const url = `ws://localhost:${port}/echo`;
    const connections = await Promise.all(['a', 'b', 'c'].map((name) => open(`${url}/${name}`, { http2: session })));
    const greetings = await Promise.all(connections.map((connection) => connection.receive()));
    expect(greetings).to.deep.equal(['a over 2.0', 'b over 2.0', 'c over 2.0']);
    await board.close();
    for (const connection of connections) expect((await connection.closed).code).to.equal(1001);
  });
});
