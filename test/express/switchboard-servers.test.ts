import { once } from 'node:events';
import http, { type Server } from 'node:http';
import https from 'node:https';
import { expect } from 'chai';
import { generate } from 'selfsigned';
import WebSocket from 'ws';
import { ExpressApps, expressVersions, get } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`switchboard: servers (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    describe('servers', () => {
      const echoApp = () => {
        const { app, board } = apps.app();
        app.ws('/', (socket) => {
          socket.on('message', (data) => socket.send(data));
        });
        return { app, board };
      };
      const echoes = async (port: number) => {
        const socket = await apps.open(port);
        socket.send('hello');
        expect(await socket.next()).to.equal('hello');
      };

      it('are found where the app is their own listener, at the very first connection', async () => {
        await echoes(await apps.listen(http.createServer(echoApp().app)));
      });

      it('are found when the app comes as a listener afterwards', async () => {
        const server = http.createServer();
        const port = await apps.listen(server);
        server.on('request', echoApp().app);
        await echoes(port);
      });

      it('have to be attached where the app is wrapped', async () => {
        const { app, board } = echoApp();
        const server = http.createServer((req, res) => app(req, res));
        const port = await apps.listen(server);
        const { status, body } = await get(port, '/');
        expect([status, body.includes('speaks WebSocket')]).to.deep.equal([426, true]);
        expect((await apps.refused(port)).status).to.equal(500);
        expect(board.attach(server)).to.equal(board);
        board.attach(server);
        await echoes(port);
        board.detach(server);
        expect((await apps.refused(port)).status).to.equal(500);
      });

      it('send upgrades through the wrapper as well', async () => {
        const { app, board } = echoApp();
        const server = http.createServer((req, res) => {
          if (req.headers['x-blocked']) res.writeHead(429).end();
          else app(req, res);
        });
        board.attach(server);
        const port = await apps.listen(server);
        await echoes(port);
        expect((await apps.refused(port, '/', { headers: { 'X-Blocked': '1' } })).status).to.equal(429);
      });

      it('may be shared by several apps', async () => {
        const one = apps.app();
        const two = apps.app();
        one.app.ws('/', (socket) => socket.send('one'));
        two.app.ws('/', (socket) => socket.send('two'));
        const server = http.createServer((req, res) => (req.headers['x-app'] === '2' ? two.app : one.app)(req, res));
        one.board.attach(server);
        two.board.attach(server);
        const port = await apps.listen(server);
        expect(await (await apps.open(port)).next()).to.equal('one');
        expect(await (await apps.open(port, '/', { headers: { 'X-App': '2' } })).next()).to.equal('two');
        expect([one.board.connections.size, two.board.connections.size]).to.deep.equal([1, 1]);
        one.board.detach(server);
        expect(await (await apps.open(port, '/', { headers: { 'X-App': '2' } })).next()).to.equal('two');
      });

      it('may be HTTPS', async () => {
        const { app, board } = echoApp();
        const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
        const server = https.createServer({ key, cert }, app) as unknown as Server;
        const port = await apps.listen(server);
        const socket = new WebSocket(`wss://127.0.0.1:${port}/`, {
          rejectUnauthorized: false,
          origin: `https://127.0.0.1:${port}`,
        });
        await once(socket, 'open');
        socket.send('hello');
        expect(String((await once(socket, 'message'))[0])).to.equal('hello');
        const closed = once(socket, 'close');
        await board.close();
        expect((await closed)[0]).to.equal(1001);
      });

      it('keep serving the others when one client sends garbage', async () => {
        const port = await apps.listen(echoApp().app);
        const client = await apps.raw(port);
        expect(await client.send('\0\x01\x02 garbage\r\n\r\n').rest()).to.include('400 Bad Request');
        const reset = await apps.open(port);
        reset.send('x');
        (reset as unknown as { _socket: import('node:net').Socket })._socket.resetAndDestroy();
        await echoes(port);
      });
    });
  });
}
