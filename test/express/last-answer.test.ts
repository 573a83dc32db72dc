import { expect } from 'chai';
import { HandshakeError } from '../../src/protocol/errors';
import { ExpressApps, expressVersions, get, withConsoleErrors } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`an ordinary request at a WebSocket route (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('gets 426 where nothing else lives, and it is no error of the server', async () => {
      const { app } = apps.app();
      app.set('env', 'development');
      app.ws('/feed', () => {});
      const router = express.Router();
      router.ws('/feed', () => {});
      app.use('/r', router);
      const port = await apps.listen(app);
      const written = await withConsoleErrors(async () => {
        for (const path of ['/feed', '/r/feed', '/feed?x=1']) {
          const { status, headers, body } = await get(port, path);
          expect(status, path).to.equal(426);
          expect(headers.get('upgrade')).to.equal('websocket');
          expect(body).to.include('speaks WebSocket');
        }
        expect((await get(port, '/feed', { method: 'HEAD' })).status).to.equal(426);
      });
      expect(written).to.deep.equal([]);
    });

    it('gets the 404 of Express with another method, and elsewhere', async () => {
      const { app } = apps.app();
      app.ws('/feed', () => {});
      const port = await apps.listen(app);
      expect((await get(port, '/feed', { method: 'POST' })).status).to.equal(404);
      expect((await get(port, '/other')).status).to.equal(404);
    });

    it('gets whatever else answers: a page, a later router, the own 404 of the app, an error', async () => {
      const { app } = apps.app();
      app.ws('/page', () => {});
      app.ws('/broken', () => {});
      app.ws('/none', () => {});
      app.get('/page', (_req, res) => {
        res.send('page');
      });
      app.get('/broken', () => {
        throw new Error('broken');
      });
      app.use('/none', (_req, res) => {
        res.status(404).send('our own 404');
      });
      const port = await apps.listen(app);
      expect((await get(port, '/page')).status).to.equal(200);
      expect((await get(port, '/broken')).status).to.equal(500);
      expect(await get(port, '/none')).to.include({ status: 404, body: 'our own 404' });
    });

    it('says 502, and none of its headers, where a connect() of ours was refused by another server', async () => {
      const { app } = apps.app();
      const response = { status: 401, headers: { 'set-cookie': ['id=secret'] }, body: 'inner' };
      app.get('/relay', (_req, _res, next) => {
        next(new HandshakeError('The server answered 401 Unauthorized', { response }));
      });
      const port = await apps.listen(app);
      const { status, headers, body } = await get(port, '/relay');
      expect(status).to.equal(502);
      expect(headers.get('set-cookie')).to.equal(null);
      expect(body).to.not.include('inner');
    });

    it('leaves the last word to the app that this one is mounted in', async () => {
      const { app } = apps.app();
      const inner = apps.app();
      inner.app.ws('/feed', (socket) => socket.send('inner'));
      app.use('/inner', inner.app);
      app.get('/inner/feed', (_req, res) => {
        res.send('outer page');
      });
      const port = await apps.listen(app);
      expect((await get(port, '/inner/feed')).body).to.equal('outer page');
      expect(await (await apps.open(port, '/inner/feed')).next()).to.equal('inner');
      expect(inner.board.connections.size).to.equal(1);
    });

    it('leaves the last word to a callback that the app was called with', async () => {
      const { app } = apps.app();
      app.ws('/feed', () => {});
      const outer = express();
      outer.use((req, res, next) => app(req, res, next));
      outer.use((_req, res) => {
        res.send('outer');
      });
      expect((await get(await apps.listen(outer), '/feed')).body).to.equal('outer');
    });

    it('says 400 when half of the headers are lacking, and what a proxy must pass on', async () => {
      const { app } = apps.app();
      app.ws('/feed', () => {});
      const port = await apps.listen(app);
      const client = await apps.raw(port);
      client.send('GET /feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n');
      const text = await client.rest();
      expect(text).to.include('HTTP/1.1 400').and.include('The header Connection must hold');
    });
  });
}
