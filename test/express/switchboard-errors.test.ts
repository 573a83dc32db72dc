import { once } from 'node:events';
import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { ExpressApps, expressVersions, withConsoleErrors } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`switchboard: handlers that fail (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    describe('errors', () => {
      it('before the 101 go to error middleware, whether thrown, passed on or rejected', async () => {
        const { app } = apps.app();
        app.ws('/throws', () => {
          throw new Error('in the handler, not here');
        });
        app.ws(
          '/thrown',
          (_req, _res, _next) => {
            throw new Error('thrown');
          },
          () => {},
        );
        app.ws(
          '/passed',
          (_req, _res, next) => next(new Error('passed')),
          () => {},
        );
        app.ws(
          '/rejected',
          async (_req, _res, _next) => {
            throw new Error('rejected');
          },
          () => {},
        );
        app.use(async (_req, _res, next) => {
          await null;
          next();
        });
        app.use('/used', async (_req, _res, _next) => Promise.reject(new Error('used')));
        app.use(((error, _req, res, _next) => {
          res.status(418).json({ error: error.message });
        }) as import('express').ErrorRequestHandler);
        const port = await apps.listen(app);
        for (const name of ['thrown', 'passed', 'rejected', 'used']) {
          const { status, body } = await apps.refused(port, `/${name}`);
          expect([status, body]).to.deep.equal([418, JSON.stringify({ error: name })]);
        }
      });

      it('of the handshake reach error middleware, too, with their status', async () => {
        const { app } = apps.app();
        app.ws('/', () => {});
        app.use(((error, _req, res, _next) => {
          res.status(error.status).json({ code: error.code });
        }) as import('express').ErrorRequestHandler);
        const port = await apps.listen(app);
        const { status, body } = await apps.refused(port, '/', { origin: 'http://evil.example' });
        expect([status, body]).to.deep.equal([403, '{"code":"FOREIGN_ORIGIN"}']);
      });

      for (const [name, handler] of [
        [
          'a handler throws',
          () => {
            throw new Error('oops');
          },
        ],
        [
          'a handler rejects',
          async () => {
            await null;
            throw new Error('oops');
          },
        ],
        [
          'a listener throws',
          (socket: WebSocketConnection) => {
            socket.on('message', () => {
              throw new Error('oops');
            });
          },
        ],
        [
          'a listener rejects',
          (socket: WebSocketConnection) => {
            socket.on('message', async () => {
              throw new Error('oops');
            });
          },
        ],
      ] as Array<[string, (socket: WebSocketConnection) => unknown]>) {
        it(`close with 1011, no detail on the wire, and reach the board: ${name}`, async () => {
          const { app, board } = apps.app();
          app.ws('/', handler);
          const reported = once(board, 'error').catch((error: unknown) => [error]);
          const socket = await apps.open(await apps.listen(app));
          const closed = socket.closed();
          socket.send('x');
          expect(await closed).to.deep.equal({ code: 1011, reason: '' });
          expect((await reported)[0])
            .to.be.an('error')
            .with.property('message', 'oops');
        });
      }

      it('are written to the console, once each, when nobody listens to the board', async () => {
        const { app } = apps.app();
        app.ws('/', () => {
          throw new Error('oops');
        });
        const port = await apps.listen(app);
        const written = await withConsoleErrors(async () => {
          const socket = await apps.open(port);
          await socket.closed();
        });
        expect(written.map(([error]) => (error as Error).message)).to.deep.equal(['oops']);
      });

      it('in listeners of the board end nothing either', async () => {
        const { app, board } = apps.app();
        board.on('connection', () => {
          throw new Error('from connection');
        });
        board.on('error', async () => {
          throw new Error('from error');
        });
        app.ws('/', (socket) => {
          socket.on('message', () => {
            throw new Error('oops');
          });
          socket.send('hello');
        });
        const port = await apps.listen(app);
        const written = await withConsoleErrors(async () => {
          const socket = await apps.open(port);
          expect(await socket.next()).to.equal('hello');
          const closed = socket.closed();
          socket.send('x');
          await closed;
          await new Promise(setImmediate);
        });
        expect(written.map(([error]) => (error as Error).message)).to.deep.equal(['from connection', 'from error']);
      });
    });
  });
}
