import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import WebSocket from 'ws';
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
