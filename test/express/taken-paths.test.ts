import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import type { App } from '../../src/express/express-internals';
import { takesPath } from '../../src/express/taken-paths';
import { upgrade } from '../../src/express/upgrade';
import { ExpressApps, expressVersions } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`takesPath (${version})`, () => {
    const apps = new ExpressApps(express);
    const { app } = apps.app();
    app.use((_req, _res, next) => next());
    app.get('/page', (_req, res) => res.end());
    app.ws('/feed/:id', () => {});
    app.get(
      '/plain',
      upgrade(() => {}),
    );
    app.use(
      '/used',
      upgrade(() => {}),
    );
    const router = express.Router();
    const inner = express.Router();
    inner.ws('/deep', () => {});
    router.use('/inner', inner);
    router.ws('/', () => {});
    app.use('/r', router);
    app.use('/sub', express());
    after(() => apps.close());

    const takes = (url: string) => takesPath(app as unknown as App, { url } as IncomingMessage);

    for (const url of [
      '/feed/1',
      '/feed/1?x=2',
      '/plain',
      '/used',
      '/used/below',
      '/r',
      '/r/',
      '/r/inner/deep',
      '/sub/any',
    ]) {
      it(`says yes to ${url}`, () => {
        expect(takes(url)).to.equal(true);
      });
    }
    for (const url of [
      '/',
      '/page',
      '/feed',
      '/feed/1/2',
      '/r/other',
      '/r/inner',
      '/usedx',
      '/feed/%',
      '*',
      '/?/feed/1',
    ]) {
      it(`says no to ${url}`, () => {
        expect(takes(url)).to.equal(false);
      });
    }

    it('says no for an app without routes, and a request without a path', () => {
      expect(takesPath(express() as unknown as App, { url: '/' } as IncomingMessage)).to.equal(false);
      expect(takesPath(app as unknown as App, {} as IncomingMessage)).to.equal(false);
    });
  });
}
