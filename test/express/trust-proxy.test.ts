import { expect } from 'chai';
import { reachedThroughExpress } from '../../src/express/trust-proxy';
import { ExpressApps, expressVersions } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`reachedThroughExpress (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('asks the proxy, where it is trusted, how the client came', async () => {
      const { app } = apps.app();
      const seen: unknown[] = [];
      app.get('/', (req, res) => {
        seen.push(reachedThroughExpress(req));
        res.end();
      });
      const port = await apps.listen(app);
      const ask = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}/`, { headers });
      const forwarded = { 'X-Forwarded-Host': 'a.example, b.example', 'X-Forwarded-Proto': 'https' };
      await ask(forwarded);
      app.set('trust proxy', 'loopback');
      await ask(forwarded);
      await ask({});
      expect(seen).to.deep.equal([
        { host: `127.0.0.1:${port}`, secure: false },
        { host: 'a.example', secure: true },
        { host: `127.0.0.1:${port}`, secure: false },
      ]);
    });
  });
}
