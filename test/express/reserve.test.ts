import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import type { NextFunction } from 'express';
import { Reserve } from '../../src/express/reserve';
import { pendingUpgrade } from '../../src/server/pending-upgrade';
import { ExpressApps, expressVersions } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`Reserve (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('is for what asks for a path that ends like its own', () => {
      const reserve = new Reserve('/feed');
      const asks = (url?: string) => reserve.isFor({ url } as IncomingMessage);
      expect(['/feed', '/below/feed?x'].map(asks)).to.deep.equal([true, true]);
      expect([undefined, '/', '/?/feed', '/feed/', '/xfeed2'].map(asks)).to.deep.equal(new Array(5).fill(false));
    });

    it('lets four at a time come to the middleware of a full board, and none of them to another route', async () => {
      const { app, board } = apps.app({ maxConnections: 1 });
      board.reserve = new Reserve('/feed');
      const waiting: NextFunction[] = [];
      app.ws('/', () => {});
      app.ws(
        '/feed',
        (_request, _response, next) => void waiting.push(next),
        () => {},
      );
      const port = await apps.listen(app);
      await apps.open(port);
      const four = Array.from({ length: 4 }, () => apps.refused(port, '/feed'));
      while (waiting.length < 4) await new Promise(setImmediate);
      expect(await apps.refused(port, '/feed')).to.include({ status: 503 });
      expect(waiting).to.have.lengthOf(4);
      for (const next of waiting) next();
      for (const { status, body } of await Promise.all(four)) {
        expect(status).to.equal(503);
        expect(body).to.include('maxConnections');
      }
      expect(board.connections.size).to.equal(1);
    });

    it('keeps no seat for who has an answer already', async () => {
      const { app, board } = apps.app();
      const reserve = new Reserve('/feed');
      board.reserve = reserve;
      const seats: unknown[] = [];
      app.use((request, response) => {
        response.status(401).end();
        const pending = pendingUpgrade(request)!;
        response.once('close', () => {
          reserve.enter(pending);
          seats.push(pending.seat?.admission === board.admission);
        });
      });
      const port = await apps.listen(app);
      for (let round = 0; round < 5; round++) await apps.refused(port, '/feed');
      expect(seats).to.deep.equal([true, true, true, true, true]);
    });

    it('keeps no seat for who has left', async () => {
      const { app, board } = apps.app();
      const reserve = new Reserve('/feed');
      board.reserve = reserve;
      let entered = 0;
      app.use((request, _response) => {
        const pending = pendingUpgrade(request)!;
        pending.socket.destroy();
        pending.socket.once('close', () => {
          if (reserve.enter(pending) && pending.seat?.admission === board.admission) entered++;
        });
      });
      const port = await apps.listen(app);
      for (let round = 0; round < 5; round++) await apps.open(port).catch(() => {});
      while (entered < 5) await new Promise(setImmediate);
    });
  });
}
