import { once } from 'node:events';
import type { Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Express } from 'express';
import { connect } from '../../src/client/connect';
import type { ConnectOptions } from '../../src/client/options';
import { serveHttp2 } from '../../src/express/serve-http2';
import type { HandshakeError } from '../../src/protocol/errors';
import { bearerToken } from '../../src/server/bearer-token';
import { tickets } from '../../src/server/tickets';
import { type Certificates, makeCertificates } from '../client/support/certificates';
import { ExpressApps, expressVersions } from '../support/express-apps';

const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.';
const encoded = Buffer.from(token).toString('base64url');

for (const [version, express] of expressVersions) {
  for (const http2 of [false, true]) {
    describe(`credentials (${version}, HTTP/${http2 ? 2 : 1.1})`, () => {
      let certificates: Certificates;
      let apps: ExpressApps;
      let server: Http2SecureServer;
      before(async () => {
        certificates = await makeCertificates();
      });
      beforeEach(() => {
        apps = new ExpressApps(express);
      });
      afterEach(async () => {
        if (server.listening) await new Promise((resolve) => server.close(resolve));
        await apps.close();
      });

      async function serve(
        app: Express,
      ): Promise<(path: string, options?: ConnectOptions) => ReturnType<typeof connect>> {
        server = serveHttp2(app, certificates.server);
        server.listen(0);
        await once(server, 'listening');
        const url = `wss://localhost:${(server.address() as AddressInfo).port}`;
        return (path, options = {}) => connect(url + path, { http2, tls: { ca: certificates.authority }, ...options });
      }

      const refusalOf = (attempt: Promise<unknown>) =>
        attempt.then(
          () => expect.fail('accepted'),
          (error: HandshakeError) => error,
        );

      describe('a ticket', () => {
        function app() {
          const { app } = apps.app();
          const entry = tickets<{ user: string }>();
          app.ws('/feed', entry.required, (socket, req) => {
            socket.send(entry.claims(req)!.user);
          });
          return { app, entry };
        }

        it('lets one connection in, and its claims reach the handler', async () => {
          const { app: site, entry } = app();
          const dial = await serve(site);
          const path = `/feed?ticket=${entry.issue({ user: 'ann' })}`;
          const socket = await dial(path);
          expect(await socket.receive()).to.equal('ann');
          const refusal = await refusalOf(dial(path));
          expect(refusal.status).to.equal(401);
          expect(refusal.body).to.equal('The ticket has been used: ask for another one\n');
        });

        it('is needed, and must be ours', async () => {
          const dial = await serve(app().app);
          expect((await refusalOf(dial('/feed'))).status).to.equal(401);
          expect((await refusalOf(dial('/feed?ticket=a.b'))).body).to.include('none that was issued here');
        });

        it('can be needed by a router that is mounted', async () => {
          const { app: site } = apps.app();
          const entry = tickets<{ user: string }>();
          const router = express.Router();
          router.use(entry.required);
          router.ws('/feed', (socket, req) => {
            socket.user = entry.claims(req)?.user;
            socket.send(String(socket.user));
          });
          site.use('/api', router);
          const dial = await serve(site);
          const socket = await dial(`/api/feed?ticket=${entry.issue({ user: 'bob' })}`);
          expect(await socket.receive()).to.equal('bob');
        });
      });

      describe('a bearer token', () => {
        function app(subprotocols?: string[]) {
          const { app } = apps.app();
          app.ws('/feed', subprotocols ? { subprotocols } : {}, (socket, req) => {
            socket.send(String(bearerToken(req)));
          });
          return app;
        }

        it('comes as a header', async () => {
          const dial = await serve(app());
          const socket = await dial('/feed', { headers: { Authorization: `Bearer ${token}` } });
          expect(await socket.receive()).to.equal(token);
        });

        it('comes as a subprotocol beside a real one, which is chosen', async () => {
          const dial = await serve(app(['feed.v1']));
          const socket = await dial('/feed', { subprotocols: [`bearer.${encoded}`, 'feed.v1'] });
          expect(socket.protocol).to.equal('feed.v1');
          expect(await socket.receive()).to.equal(token);
        });

        it('alone is refused, with what the page should do, and without being repeated', async () => {
          const dial = await serve(app(['feed.v1']));
          const refusal = await refusalOf(dial('/feed', { subprotocols: [`bearer.${encoded}`] }));
          expect(refusal.status).to.equal(400);
          expect(refusal.body).to.include("option 'subprotocols'").and.not.include(encoded);
        });
      });

      it('that are over close the connection with 4401, and can be renewed on it', async () => {
        const { app } = apps.app();
        app.ws('/feed', (socket) => {
          socket.expiresAt = Date.now() + 60_000;
          socket.on('message', (data) => {
            socket.expiresAt = Number(data);
            socket.send(String(socket.expiresAt));
          });
        });
        const dial = await serve(app);
        const socket = await dial('/feed');
        const later = String(Date.now() + 3_600_000);
        socket.send(later);
        expect(await socket.receive()).to.equal(later);
        socket.send(String(Date.now() - 1));
        expect(await socket.closed).to.include({ code: 4401, reason: 'credentials expired' });
      });

      it('do not matter to a board that closes: what is busy finishes, and sessions end', async () => {
        const { app, board } = apps.app();
        let finish = () => {};
        app.ws('/feed', async (socket) => {
          await socket.busy(
            new Promise<void>((resolve) => {
              finish = resolve;
            }),
          );
          socket.send('done');
        });
        const dial = await serve(app);
        const socket = await dial('/feed');
        const closing = board.close({ over: '20ms', code: 1012 });
        expect((await refusalOf(dial('/feed'))).status).to.equal(503);
        finish();
        expect(await socket.receive()).to.equal('done');
        expect(await socket.closed).to.include({ code: 1012 });
        await closing;
      });
    });
  }
}
