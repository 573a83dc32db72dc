import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { expect } from 'chai';
import { ChatServer } from '../../src/chat/chat-server';
import { connect } from '../../src/client/connect';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import type { Metrics } from '../../src/diagnostics/metrics';
import type { Switchboard } from '../../src/express/switchboard';
import { HandshakeError } from '../../src/protocol/errors';
import { Hub } from '../../src/rooms/hub';
import { ExpressApps, expressVersions, get } from '../support/express-apps';
import { Http2Site, openStream } from '../support/http2-site';

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, each) => total + each, 0);

/** What must agree in every snapshot. */
function check(metrics: Metrics, board: Pick<Switchboard, 'connections'>): void {
  const { connections, handshakes } = metrics;
  expect(connections.opened).to.equal(connections.open + sum(connections.closed));
  expect(connections.open).to.equal(board.connections.size);
  expect(connections.opened).to.equal(handshakes.accepted);
  const unanswered = handshakes.refused.CLIENT_LEFT ?? 0;
  expect(handshakes.duration.count).to.equal(handshakes.accepted + sum(handshakes.refused) - unanswered);
}

/** An upgrade request by hand; the socket is open when it has been sent. */
async function ask(port: number, path: string): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  return socket;
}

for (const [version, express] of expressVersions) {
  describe(`metrics of a board, ${version}`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('begin with nothing', () => {
      const { board } = apps.app();
      const { at, handshakes, ...metrics } = board.metrics();
      expect(at).to.be.closeTo(Date.now(), 60_000);
      expect(handshakes.duration.count).to.equal(0);
      expect(metrics).to.deep.equal({
        connections: { open: 0, opened: 0, closed: {}, failed: {} },
        messages: { received: 0, sent: 0 },
        bytes: { received: 0, sent: 0 },
        limited: {},
        handlers: { running: 0, errors: 0 },
        buffered: 0,
        incomplete: 0,
        rooms: { rooms: 0, members: 0, published: 0, delivered: 0, dropped: 0, adapter: 'ready' },
      });
    });

    it('count refusals by the code of the error, or the status that middleware answered with', async () => {
      const { app, board } = apps.app();
      app.use('/private', (_request, response) => {
        response.status(401).end();
      });
      app.use('/busy', (_request, _response, next) => {
        next(new HandshakeError('Not now', { status: 503, code: 'BUSY' }));
      });
      app.ws('/echo', () => {});
      app.ws('/picky', { subprotocols: () => 'nonsense' }, () => {});
      const port = await apps.listen(app);
      expect((await apps.refused(port, '/private')).status).to.equal(401);
      expect((await apps.refused(port, '/nowhere')).status).to.equal(404);
      expect((await apps.refused(port, '/busy')).status).to.equal(503);
      expect((await apps.refused(port, '/echo', { origin: 'http://evil.example' })).status).to.equal(403);
      expect((await apps.refused(port, '/echo', { protocolVersion: 8 })).status).to.equal(426);
      expect((await get(port, '/echo')).status).to.equal(426);
      const metrics = board.metrics();
      expect(metrics.handshakes.refused).to.deep.equal({
        HTTP_401: 1,
        HTTP_404: 1,
        BUSY: 1,
        FOREIGN_ORIGIN: 1,
        UNSUPPORTED_VERSION: 1,
        UPGRADE_REQUIRED: 1,
      });
      expect(metrics.handshakes).to.include({ pending: 0, accepted: 0 });
      // The ordinary request at a path of WebSockets was no upgrade, and took no time as one.
      expect(metrics.handshakes.duration.count).to.equal(5);
    });

    it('count a refusal by its code, though error middleware puts it into other words', async () => {
      const { app, board } = apps.app();
      app.ws('/echo', () => {});
      app.use(((_error, _request, response, _next) => {
        response.status(418).send('No');
      }) as import('express').ErrorRequestHandler);
      const port = await apps.listen(app);
      expect((await apps.refused(port, '/echo', { origin: 'http://evil.example' })).status).to.equal(418);
      expect(board.metrics().handshakes.refused).to.deep.equal({ FOREIGN_ORIGIN: 1 });
    });

    it('count what waits for its answer, who leaves before, and who waits too long', async () => {
      const { app, board } = apps.app({ handshakeTimeout: 300 });
      const arrivals = new EventEmitter();
      app.use('/slow', (request) => {
        arrivals.emit('request', request);
      });
      const port = await apps.listen(app);
      const arrived = once(arrivals, 'request');
      const leaver = await ask(port, '/slow');
      const [request] = (await arrived) as [http.IncomingMessage];
      expect(board.metrics().handshakes.pending).to.equal(1);
      const left = once(request, 'close');
      leaver.destroy();
      await left;
      expect(board.metrics().handshakes).to.deep.include({ pending: 0, refused: { CLIENT_LEFT: 1 } });
      expect((await apps.refused(port, '/slow')).status).to.equal(503);
      check(board.metrics(), board);
      expect(board.metrics().handshakes).to.deep.include({
        pending: 0,
        refused: { CLIENT_LEFT: 1, HANDSHAKE_TIMEOUT: 1 },
      });
    });

    it('count messages and their payloads, as the application has them', async () => {
      const { app, board } = apps.app({ perMessageDeflate: { threshold: 0 } });
      app.ws('/echo', (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      app.ws('/pieces', async (socket) => {
        for await (const _ of socket.pieces()) {
        }
        await socket.sendPieces(['grün', 'e Wiese ', 'x'.repeat(1000)]);
      });
      const port = await apps.listen(app);
      const messages = ['', 'grün', 'x'.repeat(125), 'y'.repeat(126), 'ü'.repeat(100), 'z'.repeat(70_000)];
      const bytes = messages.reduce((total, message) => total + Buffer.byteLength(message), 0);
      for (const perMessageDeflate of [false, true]) {
        const before = board.metrics();
        const client = await apps.open(port, '/echo', { perMessageDeflate });
        client.setMaxListeners(0);
        for (const message of messages) client.send(message);
        for (const message of messages) expect(await client.next()).to.equal(message);
        for (const message of messages) client.send(Buffer.from(message));
        for (const message of messages) expect(await client.next()).to.equal(message);
        const after = board.metrics();
        for (const way of ['received', 'sent'] as const) {
          expect(after.messages[way] - before.messages[way]).to.equal(2 * messages.length);
          expect(after.bytes[way] - before.bytes[way], `${way}, ${perMessageDeflate}`).to.equal(2 * bytes);
        }
        const reader = await apps.open(port, '/pieces', { perMessageDeflate });
        reader.send('blühende Landschaften', { fin: false });
        reader.send(' und mehr');
        await reader.next();
        const end = board.metrics();
        expect(end.messages.received - after.messages.received).to.equal(1);
        expect(end.messages.sent - after.messages.sent).to.equal(1);
        expect(end.bytes.received - after.bytes.received).to.equal(31);
        expect(end.bytes.sent - after.bytes.sent).to.equal(1013);
      }
    });

    it('count how connections end: by close code, and by the error where the board failed them', async () => {
      const { app, board } = apps.app({ logger: false, closeTimeout: 50, pingInterval: 20, pongTimeout: 20 });
      app.ws('/fails', (socket) => {
        socket.on('message', () => {
          throw new Error('A mistake');
        });
      });
      app.ws('/closes', (socket) => socket.close(4000));
      app.ws('/open', { pingInterval: false }, () => {});
      app.ws('/beats', () => {});
      const port = await apps.listen(app);
      const closed = async (path: string, act: (socket: Awaited<ReturnType<typeof apps.open>>) => void) => {
        const socket = await apps.open(port, path);
        const end = Promise.all([...board.connections].map((connection) => connection.closed));
        act(socket);
        await end;
      };
      await closed('/open', (socket) => socket.close(3001));
      await closed('/open', (socket) => socket.terminate());
      await closed('/fails', (socket) => socket.send('x'));
      await closed('/open', (socket) => socket.send('x'.repeat(1024 * 1024 + 1)));
      for (const path of ['/beats', '/closes']) {
        const accepted = once(board, 'connection');
        const silent = await ask(port, path);
        silent.resume();
        const [connection] = (await accepted) as [WebSocketConnection];
        await connection.closed;
        silent.destroy();
      }
      const metrics = board.metrics();
      check(metrics, board);
      expect(metrics.connections).to.deep.equal({
        open: 0,
        opened: 6,
        closed: { '3001': 1, '1006': 3, '1011': 1, '1009': 1 },
        failed: { HANDLER_ERROR: 1, MESSAGE_TOO_BIG: 1, PONG_TIMEOUT: 1, CLOSE_TIMEOUT: 1 },
      });
      expect(metrics.handlers).to.deep.equal({ running: 0, errors: 1 });
    });

    it('count handlers that run, and how they fail', async () => {
      const { app, board } = apps.app({ logger: false });
      app.ws('/waits', async (socket) => {
        await socket.receive();
        throw new Error('A mistake');
      });
      const port = await apps.listen(app);
      const client = await apps.open(port, '/waits');
      expect(board.metrics().handlers).to.deep.equal({ running: 1, errors: 0 });
      const end = client.closed();
      client.send('x');
      expect((await end).code).to.equal(1011);
      expect(board.metrics().handlers).to.deep.equal({ running: 0, errors: 1 });
    });

    it('count the rooms of every hub that their connections are in', async () => {
      const { app, board } = apps.app();
      const other = new Hub();
      app.ws('/both', (socket) => {
        socket.join('one');
        other.join(socket, 'two');
        other.join(socket, 'three');
      });
      const port = await apps.listen(app);
      const client = await apps.open(port, '/both');
      board.hub.to('one', 'nobody').publish('hello');
      other.to('two', 'three').publish('grün');
      expect([await client.next(), await client.next()]).to.deep.equal(['hello', 'grün']);
      const metrics = board.metrics();
      expect(metrics.rooms).to.deep.equal({
        rooms: 3,
        members: 3,
        published: 2,
        delivered: 2,
        dropped: 0,
        adapter: 'ready',
      });
      expect(metrics.messages.sent).to.equal(2);
      expect(metrics.bytes.sent).to.equal(10);
      const [connection] = board.connections;
      client.close();
      await connection!.closed;
      expect(board.metrics().rooms).to.include({ rooms: 0, members: 0, published: 2, delivered: 2 });
    });

    it('tell what waits to be sent', async () => {
      const { app, board } = apps.app();
      app.ws('/echo', () => {});
      const port = await apps.listen(app);
      await apps.open(port, '/echo');
      const [connection] = board.connections;
      connection!.send('four');
      const sent = new Promise((resolve) => connection!.send(Buffer.alloc(200), resolve));
      expect(board.metrics().buffered).to.equal(6 + 204);
      await sent;
      expect(board.metrics().buffered).to.equal(0);
    });

    it('are those of the board that the request was for, where one server has several', async () => {
      const [left, right] = [apps.app(), apps.app()];
      left.app.ws('/echo', () => {});
      right.app.ws('/echo', () => {});
      const server = http.createServer((request, response) => {
        const { app } = request.headers['x-app'] === 'right' ? right : left;
        app(request, response);
      });
      left.board.attach(server);
      right.board.attach(server);
      const port = await apps.listen(server);
      await apps.open(port, '/echo', { headers: { 'x-app': 'right' } });
      await apps.refused(port, '/nix', { headers: { 'x-app': 'right' } });
      await apps.open(port, '/echo');
      expect(left.board.metrics().handshakes).to.deep.include({ pending: 0, accepted: 1, refused: {} });
      expect(right.board.metrics().handshakes).to.deep.include({ pending: 0, accepted: 1, refused: { HTTP_404: 1 } });
      check(left.board.metrics(), left.board);
      check(right.board.metrics(), right.board);
    });

    it('count over HTTP/2 as over HTTP/1.1', async () => {
      const { app, board } = apps.app({ allowedOrigins: [] });
      app.get('/private', (_request, response) => {
        response.status(401).end();
      });
      app.ws('/echo', (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      const site = new Http2Site();
      try {
        const server = http2.createServer();
        board.attach(server);
        const port = await site.listen(server);
        const socket = await connect(`ws://localhost:${port}/echo`, { http2: true });
        socket.send('grün');
        expect(await socket.receive()).to.equal('grün');
        const session = await site.connect(port);
        for (const [path, status] of [
          ['/nowhere', 404],
          ['/echo', 403],
        ] as const) {
          const stream = openStream(session, path, { origin: 'http://evil.example' });
          const [headers] = await once(stream, 'response');
          expect(headers[':status']).to.equal(status);
          stream.close();
        }
        socket.close(3001);
        await Promise.all([...board.connections].map((connection) => connection.closed));
        await socket.closed;
        const metrics = board.metrics();
        check(metrics, board);
        expect(metrics.handshakes).to.deep.include({
          pending: 0,
          accepted: 1,
          refused: { HTTP_404: 1, FOREIGN_ORIGIN: 1 },
        });
        expect(metrics.connections.closed).to.deep.equal({ '3001': 1 });
        expect(metrics.messages).to.deep.equal({ received: 1, sent: 1 });
        expect(metrics.bytes).to.deep.equal({ received: 5, sent: 5 });
      } finally {
        await site.close();
      }
    });
  });
}

describe('metrics of a ChatServer', () => {
  it('count its handshakes, connections, messages and rooms', async () => {
    const server = new ChatServer('127.0.0.1', 0);
    await server.start();
    try {
      const { port } = server.address!;
      const client = await connect(`ws://127.0.0.1:${port}`);
      client.send(JSON.stringify({ type: 'join', room: 'general' }));
      expect(JSON.parse(String(await client.receive()))).to.include({ type: 'joined' });
      server.broadcast('hello');
      expect(await client.receive()).to.equal('hello');
      expect((await get(port)).status).to.equal(426);
      const metrics = server.metrics();
      expect(metrics.handshakes).to.deep.include({ pending: 0, accepted: 1, refused: { UPGRADE_REQUIRED: 1 } });
      expect(metrics.connections).to.deep.include({ open: 1, opened: 1 });
      expect(metrics.messages.received).to.equal(1);
      expect(metrics.messages.sent).to.equal(2);
      // Whoever is in the room already is told of who comes; a broadcast goes to no room.
      expect(metrics.rooms).to.deep.include({ rooms: 1, members: 1, published: 1, delivered: 0 });
      client.close();
      await client.closed;
    } finally {
      await server.stop();
    }
    const { connections } = server.metrics();
    expect(connections).to.deep.include({ open: 0, opened: 1, failed: {} });
  });
});
