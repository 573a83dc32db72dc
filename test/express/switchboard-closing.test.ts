import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import WebSocket from 'ws';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { InvalidOptionError } from '../../src/protocol/errors';
import { ExpressApps, expressVersions, get } from '../support/express-apps';
import { handshake } from '../support/raw-client';

for (const [version, express] of expressVersions) {
  describe(`switchboard: the end (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    describe('closing', () => {
      it('closes every connection, refuses new ones, and lets server.close() return', async () => {
        const { app, board } = apps.app();
        app.ws('/', () => {});
        app.get('/page', (_req, res) => {
          res.send('page');
        });
        const server = app.listen(0);
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        const sockets = await Promise.all([apps.open(port), apps.open(port)]);
        expect(board.connections.size).to.equal(2);
        expect([...board.connections].map((connection) => connection.readyState)).to.deep.equal([1, 1]);
        const each: WebSocketConnection[] = [];
        board.connections.forEach((connection) => {
          each.push(connection);
        });
        expect(each).to.deep.equal([...board.connections]);
        expect(each.map((connection) => board.connections.has(connection))).to.deep.equal([true, true]);
        const closures = Promise.all(sockets.map((socket) => socket.closed()));
        const closing = board.close({ code: 1012, reason: 'restart' });
        expect(board.close()).to.equal(closing);
        await closing;
        for (const closure of await closures) expect(closure).to.deep.equal({ code: 1012, reason: 'restart' });
        expect(board.connections.size).to.equal(0);
        expect((await apps.refused(port)).status).to.equal(503);
        expect((await get(port, '/page')).body).to.equal('page');
        await new Promise((resolve) => server.close(resolve));
      });

      it('comes with server.close(), which would wait for ever else', async () => {
        const { app, board } = apps.app();
        app.ws('/', () => {});
        const server = app.listen(0);
        await once(server, 'listening');
        const other = app.listen(0);
        await once(other, 'listening');
        const socket = await apps.open((server.address() as AddressInfo).port);
        const elsewhere = await apps.open((other.address() as AddressInfo).port);
        const closed = socket.closed();
        await new Promise((resolve) => server.close(resolve));
        expect(await closed).to.include({ code: 1001 });
        expect(elsewhere.readyState).to.equal(WebSocket.OPEN);
        expect(board.connections.size).to.equal(1);
        // It can listen again, and speak WebSocket again.
        await apps.open(await apps.listen(server));
        await new Promise((resolve) => other.close(resolve));
      });

      it('cuts WebSockets with closeAllConnections(), and pending upgrades', async () => {
        const { app, board } = apps.app();
        app.ws('/', () => {});
        let arrive = () => {};
        const arrived = new Promise<void>((resolve) => {
          arrive = resolve;
        });
        app.use('/slow', (_req, _res, _next) => arrive());
        const server = app.listen(0);
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        const socket = await apps.open(port);
        const client = await apps.raw(port);

        client.send(handshake('/slow'));
        await arrived;
        const closed = socket.closed();
        server.closeAllConnections();
        expect(await closed).to.include({ code: 1006 });
        await client.rest();
        expect(board.connections.size).to.equal(0);
        await new Promise((resolve) => server.close(resolve));
      });

      it('refuses an upgrade that is on its way when the board closes', async () => {
        const { app, board } = apps.app();
        let arrive: (next: () => void) => void;
        const arrived = new Promise<() => void>((resolve) => {
          arrive = resolve;
        });
        app.ws(
          '/',
          (_req, _res, next) => arrive(next),
          () => {},
        );
        const refused = apps.refused(await apps.listen(app));
        const next = await arrived;
        await board.close();
        next();
        expect((await refused).status).to.equal(503);
      });

      it('refuses at once what is on its way, and what comes, with Retry-After', async () => {
        const { app, board } = apps.app();
        let arrive = () => {};
        const arrived = new Promise<void>((resolve) => {
          arrive = resolve;
        });
        let ran = 0;
        app.use((_req, _res, next) => {
          if (ran++ > 0) next();
          else arrive();
        });
        app.ws('/', () => {});
        const port = await apps.listen(app);
        const pending = apps.refused(port);
        await arrived;
        void board.close();
        for (const refusal of [await pending, await apps.refused(port)]) {
          expect(refusal).to.include({ status: 503, body: 'The server is closing\n' });
          expect(refusal.headers['retry-after']).to.equal('1');
        }
        expect(ran, 'middleware that ran').to.equal(1);
        await board.close();
      });

      it('leaves alone what is on its way to another board of the same server', async () => {
        const { app: outer, board } = apps.app();
        const { app: inner, board: innerBoard } = apps.app();
        let arrive: (next: () => void) => void;
        const arrived = new Promise<() => void>((resolve) => {
          arrive = resolve;
        });
        inner.ws(
          '/',
          (_req, _res, next) => arrive(next),
          () => {},
        );
        outer.use('/inner', inner);
        outer.ws('/', () => {});
        const port = await apps.listen(outer);
        const opening = apps.open(port, '/inner');
        const next = await arrived;
        await board.close();
        next();
        expect((await opening).readyState).to.equal(WebSocket.OPEN);
        expect(innerBoard.connections.size).to.equal(1);
      });

      it('spreads the closes, and hurries when it is asked again', async () => {
        const { app, board } = apps.app();
        app.ws('/', () => {});
        const port = await apps.listen(app);
        const sockets = await Promise.all(Array.from({ length: 5 }, () => apps.open(port)));
        const closures = Promise.all(sockets.map((socket) => socket.closed()));
        const closing = board.close({ over: '24h', code: 1012 });
        expect(board.close()).to.equal(closing);
        expect([...board.connections].map(({ readyState }) => readyState)).to.deep.equal([1, 1, 1, 1, 1]);
        expect(board.close({ over: 0, reason: 'now' })).to.equal(closing);
        await closing;
        for (const closure of await closures) expect(closure).to.deep.equal({ code: 1012, reason: 'now' });
      });

      it('lets a handler finish what it is busy with, and tells the client', async () => {
        const { app, board } = apps.app();
        let finish = () => {};
        app.ws('/', (socket) => {
          socket.on('message', async () => {
            await socket.busy(
              new Promise<void>((resolve) => {
                finish = resolve;
              }),
            );
            socket.send('saved');
          });
          socket.send('ready');
        });
        const socket = await apps.open(await apps.listen(app));
        const closed = socket.closed();
        await socket.next();
        socket.send('order');
        const [connection] = [...board.connections];
        await once(connection!, 'message');
        const closing = board.close();
        expect(connection!.readyState).to.equal(1);
        finish();
        expect(await socket.next()).to.equal('saved');
        expect(await closed).to.deep.equal({ code: 1001, reason: '' });
        await closing;
      });

      it('closes as the option shutdown says, also with the server', async () => {
        const { app, board } = apps.app({ shutdown: { code: 1012, reason: 'retry-after=2' } });
        app.ws('/', () => {});
        const server = http.createServer(app);
        const socket = await apps.open(await apps.listen(server));
        const closed = socket.closed();
        await new Promise((resolve) => server.close(resolve));
        expect(await closed).to.deep.equal({ code: 1012, reason: 'retry-after=2' });
        const again = await apps.open(await apps.listen(server));
        const closedAgain = again.closed();
        await board.close({ reason: '' });
        expect(await closedAgain).to.deep.equal({ code: 1012, reason: '' });
      });

      it('is not hurried by server.close(), which waits for it', async () => {
        const { app, board } = apps.app();
        app.ws('/', () => {});
        const server = http.createServer(app);
        const socket = await apps.open(await apps.listen(server));
        const closed = socket.closed();
        const closing = board.close({ over: '24h', code: 1012 });
        const serverClosed = new Promise((resolve) => server.close(resolve));
        expect([...board.connections][0]!.readyState).to.equal(1);
        void board.close({ over: 0 });
        expect(await closed).to.include({ code: 1012 });
        await Promise.all([closing, serverClosed]);
      });

      it('closes what is opened while the server closes, because a session was still being saved', async () => {
        const { app, board } = apps.app();
        let save = () => {};
        const saving = new Promise<void>((resolve) => {
          app.use((_req, res, next) => {
            const end = res.end;
            res.end = function (this: typeof res, ...parameters: never[]) {
              save = () => Reflect.apply(end, this, parameters);
              resolve();
              return this;
            } as typeof res.end;
            next();
          });
        });
        app.ws('/', () => {});
        const server = http.createServer(app);
        const opening = apps.open(await apps.listen(server));
        await saving;
        const serverClosed = new Promise((resolve) => server.close(resolve));
        let open: number | undefined;
        const boardClosed = board.close().then(() => {
          open = board.metrics().connections.open;
        });
        save();
        const socket = await opening;
        expect(open, 'closed before its last connection').to.equal(undefined);
        expect(await socket.closed()).to.include({ code: 1001 });
        await serverClosed;
        await boardClosed;
        expect(open).to.equal(0);
      });

      it('refuses a shutdown that cannot be', () => {
        expect(() => apps.app({ shutdown: { over: 'soon' as never } })).to.throw(InvalidOptionError, "'over'");
        expect(() => apps.app({ shutdown: { cod: 1012 } as never })).to.throw(InvalidOptionError, "option 'shutdown'");
      });

      it('refuses codes that cannot be sent, and closes nothing then', async () => {
        const { app, board } = apps.app();
        app.ws('/', () => {});
        const socket = await apps.open(await apps.listen(app));
        expect(() => board.close({ code: 1005 })).to.throw(InvalidOptionError, '1005');
        expect(() => board.close({ tiemout: 5 } as never)).to.throw(InvalidOptionError, "'timeout'");
        expect(socket.readyState).to.equal(WebSocket.OPEN);
      });
    });
  });
}
