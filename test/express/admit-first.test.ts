import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import { ExpressApps, expressVersions, get, withConsoleErrors } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`admitFirst (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('answers ws with status, headers, and words, and leaves ordinary requests alone', async () => {
      const { app } = apps.app({ maxConnections: 1 });
      app.ws('/', () => {});
      app.get('/page', (_req, res) => void res.send('page'));
      const port = await apps.listen(app);
      await apps.open(port);
      const { status, headers, body } = await apps.refused(port);
      expect([status, body]).to.deep.equal([
        503,
        'This server has no room for more than 1 WebSocket (maxConnections)\n',
      ]);
      expect(headers).to.include({ 'retry-after': '5', connection: 'close' });
      expect((await get(port, '/page')).body).to.equal('page');
    });

    it('answers with 500 when the application cannot say whom it trusts, and the process lives', async () => {
      const { app } = apps.app({ maxConnectionsPerAddress: 1 });
      app.set('trust proxy', () => {
        throw new Error('a bug');
      });
      app.ws('/', () => {});
      const port = await apps.listen(app);
      const written = await withConsoleErrors(async () => {
        const headers = { 'X-Forwarded-For': '203.0.113.1' };
        expect((await apps.refused(port, '/', { headers })).status).to.equal(500);
      });
      expect(String(written[0]?.[0])).to.equal('Error: a bug');
    });

    it('counts by no address who comes over a Unix socket, unless a trusted proxy reports one', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'switchboard-'));
      const socketPath = path.join(folder, 'socket');
      const { app } = apps.app({ maxConnectionsPerAddress: 1 });
      app.ws('/', () => {});
      const server = app.listen(socketPath);
      await once(server, 'listening');
      const headers = { 'X-Forwarded-For': '203.0.113.1' };
      const open = () => connect('ws://localhost/', { socketPath, headers, pingInterval: false });
      const clients = [await open(), await open()];
      app.set('trust proxy', true);
      clients.push(await open());
      const error: unknown = await open().catch((reason: unknown) => reason);
      expect(error).to.include({ status: 429 });
      for (const client of clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    });
  });
}
