import { expect } from 'chai';
import { ExpressApps, expressVersions, withConsoleErrors } from '../support/express-apps';
import { handshake } from '../support/raw-client';

for (const [version, express] of expressVersions) {
  describe(`switchboard: upgrades that are refused (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    describe('refusals are complete HTTP answers', () => {
      it('of middleware: json, redirect, cookies, large pages', async () => {
        const { app } = apps.app();
        const page = 'x'.repeat(3 * 1024 * 1024);
        app.ws(
          '/json',
          (_req, res) => res.status(401).json({ error: 'log in' }),
          () => {},
        );
        app.ws(
          '/redirect',
          (_req, res) => res.cookie('a', 'b').redirect('/login'),
          () => {},
        );
        app.ws(
          '/large',
          (_req, res) => res.status(403).send(page),
          () => {},
        );
        const port = await apps.listen(app);
        const json = await apps.refused(port, '/json');
        expect([json.status, json.body]).to.deep.equal([401, '{"error":"log in"}']);
        expect(json.headers.connection).to.equal('close');
        const redirect = await apps.refused(port, '/redirect', { followRedirects: false });
        expect(redirect.status).to.equal(302);
        expect(redirect.headers).to.include({ location: '/login' });
        expect(redirect.headers['set-cookie']).to.deep.equal(['a=b; Path=/']);
        expect((await apps.refused(port, '/large')).body).to.equal(page);
      });

      it('of Express: 404 where there is no route, and where next() goes beyond the last', async () => {
        const { app } = apps.app();
        app.ws(
          '/passes',
          (_req, _res, next) => next('route'),
          () => {},
        );
        const port = await apps.listen(app);
        expect((await apps.refused(port, '/nowhere')).status).to.equal(404);
        expect((await apps.refused(port, '/passes')).status).to.equal(404);
      });

      it('of our own: in words, without a stack, and not in the log of errors', async () => {
        const { app } = apps.app();
        app.set('env', 'development');
        app.ws('/', () => {});
        const port = await apps.listen(app);
        const written = await withConsoleErrors(async () => {
          const { status, body, headers } = await apps.refused(port, '/', { origin: 'http://evil.example' });
          expect(status).to.equal(403);
          expect(headers['content-type']).to.equal('text/plain; charset=utf-8');
          expect(body).to.include('http://evil.example').and.not.include('at ');
          const client = await apps.raw(port);
          const text = await client.send(handshake('/', { 'Sec-WebSocket-Version': '7' })).rest();
          expect(text).to.include('HTTP/1.1 426').and.include('Sec-WebSocket-Version: 13');
        });
        expect(written).to.deep.equal([]);
      });

      it('of the deadline, when middleware never answers', async () => {
        const { app } = apps.app({ handshakeTimeout: 30 });
        app.ws(
          '/',
          () => {},
          () => {},
        );
        app.use('/used', (_req, _res, _next) => {});
        const port = await apps.listen(app);
        expect((await apps.refused(port, '/used')).status).to.equal(503);
      });
    });

    describe('the same origin', () => {
      it('is asked for by default; programs without an origin pass', async () => {
        const { app } = apps.app();
        app.ws('/', (socket) => socket.send('in'));
        const port = await apps.listen(app);
        await apps.open(port);
        await apps.open(port, '/', { origin: `http://127.0.0.1:${port}` });
        expect((await apps.refused(port, '/', { origin: 'http://127.0.0.1' })).status).to.equal(403);
        expect((await apps.refused(port, '/', { origin: 'null' })).status).to.equal(403);
      });

      it('can be widened for the app, and for a route', async () => {
        const { app } = apps.app({ allowedOrigins: ['https://friend.example'] });
        app.ws('/', () => {});
        app.ws('/open', { dangerouslyAllowAnyOrigin: true }, () => {});
        const port = await apps.listen(app);
        await apps.open(port, '/', { origin: 'https://friend.example' });
        await apps.open(port, '/open', { origin: 'http://evil.example' });
        expect((await apps.refused(port, '/', { origin: 'http://evil.example' })).status).to.equal(403);
      });

      it('is that of the proxy where the app trusts it, and only there', async () => {
        const headers = { 'X-Forwarded-Host': 'public.example', 'X-Forwarded-Proto': 'https' };
        const { app } = apps.app();
        app.ws('/', () => {});
        const port = await apps.listen(app);
        const fromPublic = { headers, origin: 'https://public.example' };
        expect((await apps.refused(port, '/', fromPublic)).status).to.equal(403);
        app.set('trust proxy', true);
        await apps.open(port, '/', fromPublic);
        expect((await apps.refused(port, '/', { headers, origin: 'http://public.example' })).status).to.equal(403);
      });
    });
  });
}
