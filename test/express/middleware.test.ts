import { expect } from 'chai';
import cors from 'cors';
import { rateLimit } from 'express-rate-limit';
import session from 'express-session';
import helmet from 'helmet';
import morgan from 'morgan';
import { ExpressApps, expressVersions, get } from '../support/express-apps';

declare module 'express-session' {
  interface SessionData {
    visits: number;
  }
}

/** Stores sessions, but takes its time to. */
class SlowStore extends session.MemoryStore {
  override set(id: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    setTimeout(() => super.set(id, data, callback), 20);
  }
}

for (const [version, express] of expressVersions) {
  describe(`middleware as it comes (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    for (const [name, makeStore] of [
      ['memory', () => new session.MemoryStore()],
      ['a slow store', () => new SlowStore()],
    ] as Array<[string, () => session.Store]>) {
      it(`express-session with ${name}: the 101 sets the cookie, the session is saved before, and shared with pages`, async () => {
        const { app } = apps.app();
        app.use(session({ secret: 'test', resave: false, saveUninitialized: false, store: makeStore() }));
        app.ws(
          '/visit',
          (req, _res, next) => {
            req.session.visits = (req.session.visits ?? 0) + 1;
            next();
          },
          (socket, req) => socket.send(`visit ${req.session.visits}`),
        );
        app.get('/visits', (req, res) => {
          res.send(`${req.session.visits ?? 0}`);
        });
        const port = await apps.listen(app);
        let cookie = '';
        const first = await apps.open(port, '/visit', {
          finishRequest: (request) => {
            request.on('upgrade', (response) => {
              cookie = response.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
            });
            request.end();
          },
        });
        expect(await first.next()).to.equal('visit 1');
        expect(cookie).to.match(/^connect\.sid=/);
        expect((await get(port, '/visits', { headers: { cookie } })).body).to.equal('1');
        const second = await apps.open(port, '/visit', { headers: { cookie } });
        expect(await second.next()).to.equal('visit 2');
        expect((await get(port, '/visits')).body).to.equal('0');
      });
    }

    it('express-session: a session can be changed and saved while the connection is open', async () => {
      const { app } = apps.app();
      app.use(session({ secret: 'test', resave: false, saveUninitialized: true }));
      app.ws('/count', (socket, req) => {
        socket.on('message', () => {
          req.session.visits = (req.session.visits ?? 0) + 1;
          req.session.save(() => socket.send(`${req.session.visits}`));
        });
      });
      const socket = await apps.open(await apps.listen(app), '/count');
      socket.send('');
      expect(await socket.next()).to.equal('1');
      socket.send('');
      expect(await socket.next()).to.equal('2');
    });

    it('helmet and cors: their headers are on the 101 and on refusals, and change nothing else', async () => {
      const { app } = apps.app();
      app.use(helmet());
      app.use(cors({ origin: 'https://friend.example', credentials: true }));
      app.ws('/echo', { allowedOrigins: ['https://friend.example'] }, (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      const port = await apps.listen(app);
      let headers: Record<string, unknown> = {};
      const socket = await apps.open(port, '/echo', {
        origin: 'https://friend.example',
        finishRequest: (request) => {
          request.on('upgrade', (response) => {
            headers = response.headers;
          });
          request.end();
        },
      });
      expect(headers).to.include({
        'x-content-type-options': 'nosniff',
        'access-control-allow-origin': 'https://friend.example',
      });
      socket.send('hello');
      expect(await socket.next()).to.equal('hello');
      // CORS says which pages may read answers; it lets every request through, and the origin is still refused.
      const refusal = await apps.refused(port, '/echo', { origin: 'https://evil.example' });
      expect(refusal.status).to.equal(403);
      expect(refusal.headers['content-security-policy']).to.be.a('string');
    });

    it('morgan: logs 101 and refusals, once each', async () => {
      const { app } = apps.app();
      const lines: string[] = [];
      let wake = () => {};
      app.use(
        morgan(':method :url :status', {
          stream: {
            write: (line) => {
              lines.push(line.trim());
              wake();
            },
          },
        }),
      );
      app.ws('/echo', () => {});
      const port = await apps.listen(app);
      await apps.open(port, '/echo?x=1');
      await apps.refused(port, '/none');
      while (lines.length < 2) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      expect(lines).to.deep.equal(['GET /echo?x=1 101', 'GET /none 404']);
    });

    it('express-rate-limit: counts upgrades, and answers 429 completely', async () => {
      const { app } = apps.app();
      app.use(rateLimit({ windowMs: 60_000, limit: 2, standardHeaders: 'draft-7', legacyHeaders: false }));
      app.ws('/', () => {});
      const port = await apps.listen(app);
      await apps.open(port);
      await apps.open(port);
      const { status, headers, body } = await apps.refused(port);
      expect(status).to.equal(429);
      expect(headers['retry-after']).to.be.a('string');
      expect(body).to.include('Too many requests');
    });

    it('all of them together', async () => {
      const { app } = apps.app();
      app.use(helmet(), cors(), rateLimit({ limit: 100 }), morgan('tiny', { stream: { write: () => {} } }));
      app.use(session({ secret: 'test', resave: true, saveUninitialized: true, rolling: true }));
      app.use(express.json(), express.urlencoded({ extended: true }));
      app.ws('/echo', (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      const port = await apps.listen(app);
      const sockets = await Promise.all(Array.from({ length: 10 }, () => apps.open(port, '/echo')));
      for (const [index, socket] of sockets.entries()) {
        socket.send(`${index}`);
        expect(await socket.next()).to.equal(`${index}`);
      }
    });
  });
}
