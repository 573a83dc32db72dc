import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import WebSocket from 'ws';
import { AttachedServer, serverClosing } from '../../src/express/attached-server';
import { ExpressApps, expressVersions, get } from '../support/express-apps';
import { clientText, handshake } from '../support/raw-client';

for (const [version, express] of expressVersions) {
  describe(`AttachedServer (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('leaves to other listeners what no route of ours takes, without running any middleware for it', async () => {
      const { app } = apps.app();
      const seen: string[] = [];
      app.use((req, _res, next) => {
        seen.push(req.path);
        next();
      });
      app.ws('/ours', (socket) => socket.send('ours'));
      const server = createServer(app);
      const theirs = new WebSocket.Server({ noServer: true });
      server.on('upgrade', (request, socket, head) => {
        // They take their time, as those who look something up first.
        if (request.url?.startsWith('/theirs')) {
          setImmediate(() => theirs.handleUpgrade(request, socket, head, (other) => other.send('theirs')));
        }
      });
      const port = await apps.listen(server);
      expect(await (await apps.open(port, '/theirs?x=/ours')).next()).to.equal('theirs');
      expect(await (await apps.open(port, '/ours?x=1')).next()).to.equal('ours');
      expect(seen).to.deep.equal(['/ours']);
    });

    it('has the app answer where nobody listens for requests', async () => {
      const { app, board } = apps.app();
      app.get('/', (_req, res) => {
        res.send('the app');
      });
      app.ws('/', (socket) => socket.send('a WebSocket'));
      const server = createServer();
      board.attach(server);
      const port = await apps.listen(server);
      expect((await get(port)).body).to.equal('the app');
      expect(await (await apps.open(port)).next()).to.equal('a WebSocket');
    });

    it('leaves that to whoever begins to listen for requests before the server listens', async () => {
      const { app, board } = apps.app();
      const server = createServer();
      board.attach(server);
      server.on('request', (_request, response) => response.end('wrapped'));
      const port = await apps.listen(server);
      app.get('/', (_req, res) => {
        res.send('the app');
      });
      expect((await get(port)).body).to.equal('wrapped');
      board.detach(server);
      expect(server.listenerCount('request')).to.equal(1);
    });

    it('leaves h2c to ordinary requests, with the body', async () => {
      const { app } = apps.app();
      app.use(express.text());
      app.post('/form', (req, res) => {
        res.send(`${req.get('upgrade')} ${req.body}`);
      });
      const client = await apps.raw(await apps.listen(app));
      client.send(
        'POST /form HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody',
      );
      await client.untilText('h2c body');
    });

    it('answers what was pipelined before an upgrade first', async () => {
      const { app } = apps.app();
      app.get('/page', async (_req, res) => {
        await new Promise(setImmediate);
        res.send('page');
      });
      app.ws('/echo', (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      const client = await apps.raw(await apps.listen(app));
      client.send(`GET /page HTTP/1.1\r\nHost: x\r\n\r\n${handshake('/echo')}`);
      const text = String(await client.untilText('101 Switching Protocols'));
      expect(text.indexOf('page')).to.be.above(0);
      await client.send(clientText('hello')).untilText('hello');
    });

    it('gives the server back what it replaced when the last board is detached', () => {
      const { board } = apps.app();
      const server = createServer();
      const { close, closeAllConnections } = server;
      const events = ['upgrade', 'listening', 'close'];
      const before = events.map((event) => server.listenerCount(event));
      board.attach(server);
      expect(server.close).to.not.equal(close);
      AttachedServer.detach(server, board);
      AttachedServer.detach(server, board);
      expect(server.close).to.equal(close);
      expect(server.closeAllConnections).to.equal(closeAllConnections);
      expect(events.map((event) => server.listenerCount(event))).to.deep.equal(before);
    });

    it('keeps what somebody else put in its place', () => {
      const { board } = apps.app();
      const server = createServer();
      board.attach(server);
      const close = () => server;
      server.close = close;
      board.detach(server);
      expect(server.close).to.equal(close);
    });

    it('refuses upgrades while its server closes, and a page still comes', async () => {
      const { app } = apps.app();
      app.ws('/', () => {});
      let answer = () => {};
      app.get('/slow', (_req, res) => {
        answer = () => res.send('slow page');
      });
      const server = createServer(app);
      const port = await apps.listen(server);
      const requested = once(server, 'request');
      const page = get(port, '/slow');
      await requested;
      // The connection stands, its request comes too late.
      const connected = once(server, 'connection') as Promise<[Socket]>;
      const client = await apps.raw(port);
      client.send(handshake().slice(0, 20));
      const [socket] = await connected;
      while (socket.bytesRead === 0) await new Promise(setImmediate);
      const closed = new Promise((resolve) => server.close(resolve));
      expect(await client.send(handshake().slice(20)).rest()).to.include('503 Service Unavailable');
      while (answer.length === 0 && !String(answer).includes('slow page')) await new Promise(setImmediate);
      answer();
      expect((await page).body).to.equal('slow page');
      await closed;
    });
  });
}

describe('serverClosing', () => {
  it('tells clients to come back', () => {
    expect(serverClosing()).to.deep.include({ status: 503, headers: { 'Retry-After': '1' } });
  });
});
