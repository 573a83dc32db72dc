import path from 'node:path';
import { expect } from 'chai';
import type { NextFunction, Request, Response } from 'express';
import { switchboard } from '../../src/express/switchboard';
import { ExpressApps, expressVersions, get } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  /** What matches every path, in the words of either version. */
  const everything = version === 'Express 4' ? '*' : '/*path';

  describe(`an upgrade passes over pages (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    const page = (_req: Request, res: Response): void => {
      res.send('page');
    };

    for (const order of ['before', 'after']) {
      it(`at the same path, registered ${order} the WebSocket route`, async () => {
        const { app } = apps.app();
        if (order === 'before') app.get('/chat', page);
        app.ws('/chat', (socket) => socket.send('socket'));
        if (order === 'after') app.get('/chat', page);
        const port = await apps.listen(app);
        expect(await (await apps.open(port, '/chat')).next()).to.equal('socket');
        expect(await get(port, '/chat')).to.include({ status: 200, body: 'page' });
      });
    }

    it('of app.all and of a wildcard for single page apps, registered before', async () => {
      const { app } = apps.app();
      app.all('/chat', page);
      app.get(everything, page);
      app.ws('/chat', (socket) => socket.send('socket'));
      const port = await apps.listen(app);
      expect(await (await apps.open(port, '/chat')).next()).to.equal('socket');
      expect((await apps.refused(port, '/elsewhere')).status).to.equal(404);
      expect((await get(port, '/elsewhere')).body).to.equal('page');
    });

    it('registered before switchboard() was called', async () => {
      const app = express();
      app.set('env', 'test');
      app.get('/chat', page);
      const board = switchboard(app);
      app.ws('/chat', (socket) => socket.send('socket'));
      const port = await apps.listen(app);
      expect(await (await apps.open(port, '/chat')).next()).to.equal('socket');
      await board.close();
    });

    it('but never past a guard that takes next, whatever route it is in', async () => {
      const { app } = apps.app();
      const guard = (req: Request, res: Response, next: NextFunction): void => {
        if (req.headers['x-user']) next();
        else res.status(401).send('log in');
      };
      app.all(`/admin${everything === '*' ? '/*' : everything}`, guard);
      app.get('/own', guard, page);
      app.ws('/admin/feed', (socket) => socket.send('in'));
      app.ws('/own', (socket) => socket.send('in'));
      const port = await apps.listen(app);
      for (const path of ['/admin/feed', '/own']) {
        expect((await apps.refused(port, path)).status, path).to.equal(401);
        expect(await (await apps.open(port, path, { headers: { 'X-User': '1' } })).next()).to.equal('in');
      }
    });

    it('nor past a guard whose parameters cannot be counted', async () => {
      const { app } = apps.app();
      const wrapped = (...parameters: unknown[]): void => {
        (parameters[1] as Response).status(401).send('log in');
      };
      app.all(everything, wrapped);
      app.ws('/feed', () => {});
      expect((await apps.refused(await apps.listen(app), '/feed')).status).to.equal(401);
    });

    it('but runs a middleware of its own route that can only answer', async () => {
      const { app } = apps.app();
      app.ws(
        '/closed',
        (_req, res) => res.status(403).send('closed'),
        () => {},
      );
      expect(await apps.refused(await apps.listen(app), '/closed')).to.include({ status: 403, body: 'closed' });
    });

    it('and runs middleware of app.use that can only answer', async () => {
      const { app } = apps.app();
      app.use('/closed', (_req, res) => {
        res.status(403).send('closed');
      });
      app.ws('/closed', () => {});
      expect((await apps.refused(await apps.listen(app), '/closed')).status).to.equal(403);
    });

    it('and over files: express.static has an index.html at /', async () => {
      const { app } = apps.app();
      app.use(express.static(path.join(__dirname, '../support/static')));
      app.ws('/', (socket) => socket.send('socket'));
      const port = await apps.listen(app);
      expect((await get(port, '/')).body).to.include('a page of files');
      expect(await (await apps.open(port, '/')).next()).to.equal('socket');
      expect((await apps.refused(port, '/index.html')).status).to.equal(404);
    });

    it('while ordinary requests are as they were', async () => {
      const { app } = apps.app();
      app.use(express.json());
      app.ws('/api', () => {});
      app.post('/api', (req, res) => {
        res.json(req.body);
      });
      const port = await apps.listen(app);
      const answer = await get(port, '/api', {
        method: 'POST',
        body: '{"a":1}',
        headers: { 'Content-Type': 'application/json' },
      });
      expect(answer).to.include({ status: 200, body: '{"a":1}' });
    });
  });
}
