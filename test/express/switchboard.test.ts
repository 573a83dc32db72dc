import { once } from 'node:events';
import http from 'node:http';
import { expect } from 'chai';
import { expressCopyOf } from '../../src/express/express-internals';
import { switchboard } from '../../src/express/switchboard';
import { InvalidOptionError, InvalidStateError } from '../../src/protocol/errors';
import { ExpressApps, expressVersions } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`switchboard (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    describe('app.ws', () => {
      it('echoes text and binary', async () => {
        const { app } = apps.app();
        app.ws('/echo', (socket) => {
          socket.on('message', (data) => socket.send(data));
        });
        const socket = await apps.open(await apps.listen(app), '/echo');
        socket.send('hello');
        expect(await socket.next()).to.equal('hello');
        const binary = once(socket, 'message');
        socket.send(Buffer.from([1, 2, 3]));
        expect(await binary).to.deep.equal([Buffer.from([1, 2, 3]), true]);
      });

      it('gives the handler the request of Express', async () => {
        const { app } = apps.app();
        app.ws('/feed/:symbol', (socket, req) => {
          socket.send(
            JSON.stringify([
              req.params.symbol,
              req.query,
              req.path,
              req.originalUrl,
              req.get('x-test'),
              req.app === app,
            ]),
          );
        });
        const port = await apps.listen(app);
        const socket = await apps.open(port, '/feed/a%20b?x=1', { headers: { 'X-Test': 'yes' } });
        expect(JSON.parse(await socket.next())).to.deep.equal([
          'a b',
          { x: '1' },
          '/feed/a%20b',
          '/feed/a%20b?x=1',
          'yes',
          true,
        ]);
      });

      it('runs middleware before the 101: that of the app, of the router and of the route, in order', async () => {
        const { app } = apps.app();
        const order: string[] = [];
        const note =
          (name: string) =>
          (_req: unknown, _res: unknown, next: () => void): void => {
            order.push(name);
            next();
          };
        const router = express.Router();
        router.use(note('router'));
        app.use(note('app'));
        app.use('/r', router);
        router.ws('/x', note('first'), [note('second'), note('third')], (socket) => socket.send(order.join()));
        const socket = await apps.open(await apps.listen(app), '/r/x');
        expect(await socket.next()).to.equal('app,router,first,second,third');
      });

      it('takes paths as Express does: RegExp, lists, strict and case sensitive routing set afterwards', async () => {
        const { app } = apps.app();
        app.enable('strict routing');
        app.enable('case sensitive routing');
        app.ws([/^\/re-(\d+)$/, '/list/:id'], (socket, req) => socket.send(JSON.stringify(req.params)));
        app.ws('/Strict', (socket) => socket.send('strict'));
        const port = await apps.listen(app);
        expect(JSON.parse(await (await apps.open(port, '/re-7')).next())).to.include({ 0: '7' });
        expect(JSON.parse(await (await apps.open(port, '/list/8')).next())).to.include({ id: '8' });
        await apps.open(port, '/Strict');
        expect((await apps.refused(port, '/strict')).status).to.equal(404);
        expect((await apps.refused(port, '/Strict/')).status).to.equal(404);
      });

      it('has options of its own', async () => {
        const { app } = apps.app({ maxMessageSize: 10 });
        app.ws('/small', (socket) => socket.on('message', (data) => socket.send(data)));
        app.ws('/large', { maxMessageSize: 100 }, (socket) => socket.on('message', (data) => socket.send(data)));
        const port = await apps.listen(app);
        const small = await apps.open(port, '/small');
        small.send('x'.repeat(11));
        expect(await small.closed()).to.include({ code: 1009 });
        const large = await apps.open(port, '/large');
        large.send('x'.repeat(11));
        expect(await large.next()).to.have.lengthOf(11);
      });

      it('returns the app, for the next call', () => {
        const { app } = apps.app();
        expect(app.ws('/a', () => {}).ws('/b', () => {})).to.equal(app);
      });

      it('works in mounted routers with mergeParams, and after app.param', async () => {
        const { app } = apps.app();
        const router = express.Router({ mergeParams: true });
        router.param('id', (req, _res, next, id) => {
          Object.assign(req, { found: `<${id}>` });
          next();
        });
        router.ws('/:id', (socket, req) => socket.send(JSON.stringify({ ...req.params, found: Object(req).found })));
        app.use('/room/:room', router);
        const socket = await apps.open(await apps.listen(app), '/room/a/b');
        expect(JSON.parse(await socket.next())).to.deep.equal({ room: 'a', id: 'b', found: '<b>' });
      });
    });

    it('gives ws to routers made before it was called, and to those with a board nowhere near', async () => {
      const early = express.Router();
      const { app } = apps.app();
      early.ws('/early', (socket) => socket.send('early'));
      app.use(early);
      const socket = await apps.open(await apps.listen(app), '/early');
      expect(await socket.next()).to.equal('early');
    });

    it('does not create the router of the app, nor add to it', () => {
      const app = express();
      switchboard(app);
      const router = (app as unknown as { _router?: { stack: unknown[] } })._router;
      if (version === 'Express 4') expect(router).to.equal(undefined);
      else expect(app.router.stack).to.have.lengthOf(0);
    });

    it('leaves an app with routes as it is', () => {
      const app = express();
      app.get('/', (_req, res) => res.end());
      const { stack } = (app as unknown as { _router?: { stack: unknown[] } })._router ?? app.router;
      const before = [...stack];
      switchboard(app);
      expect(stack).to.deep.equal(before);
      expect(app.listenerCount('mount')).to.equal(1);
    });

    describe('loses no message', () => {
      it('while the handler awaits before it listens', async () => {
        const { app } = apps.app();
        let proceed = () => {};
        const waiting = new Promise<void>((resolve) => {
          proceed = resolve;
        });
        app.ws('/', async (socket) => {
          await waiting;
          socket.on('message', (data) => socket.send(`late ${data}`));
        });
        const socket = await apps.open(await apps.listen(app));
        for (const text of ['a', 'b', 'c']) socket.send(text);
        await new Promise((resolve) => setTimeout(resolve, 20));
        proceed();
        expect([await socket.next(), await socket.next(), await socket.next()]).to.deep.equal([
          'late a',
          'late b',
          'late c',
        ]);
      });

      it('to a loop over messages()', async () => {
        const { app } = apps.app();
        app.ws('/', async (socket) => {
          for await (const message of socket.messages()) socket.send(`got ${message}`);
        });
        const socket = await apps.open(await apps.listen(app));
        for (const text of ['a', 'b']) socket.send(text);
        expect([await socket.next(), await socket.next()]).to.deep.equal(['got a', 'got b']);
      });
    });

    it('chooses subprotocols', async () => {
      const { app } = apps.app({ subprotocols: ['chat'] });
      app.ws('/', (socket) => socket.send(socket.protocol));
      app.ws('/by', { subprotocols: (offered, req) => (req.query.v ? offered.at(-1)! : false) }, () => {});
      const port = await apps.listen(app);
      expect(await (await apps.open(port, '/', { protocols: ['soap', 'chat'] })).next()).to.equal('chat');
      expect((await apps.open(port, '/by?v=1', { protocols: ['a', 'b'] })).protocol).to.equal('b');
    });

    describe('bad input', () => {
      it('an app that is none', () => {
        for (const wrong of [undefined, null, {}, () => {}, http.createServer(), 'app']) {
          expect(() => switchboard(wrong as never)).to.throw(InvalidOptionError, 'needs an Express app');
        }
        expect(() => switchboard(express.Router() as never)).to.throw(InvalidOptionError, 'a router');
      });

      it('a second call', () => {
        const { app } = apps.app();
        expect(() => switchboard(app)).to.throw(InvalidStateError, 'before');
      });

      it('an app, or routers, that have ws from somebody else', () => {
        const app = express();
        Object.assign(app, { ws: () => {} });
        expect(() => switchboard(app)).to.throw(InvalidStateError, 'express-ws perhaps');
        const { routerPrototype } = expressCopyOf(express() as never);
        const ours = Object.getOwnPropertyDescriptor(routerPrototype, 'ws')!;
        Object.defineProperty(routerPrototype, 'ws', { ...ours, value: () => {} });
        try {
          expect(() => switchboard(express())).to.throw(InvalidStateError, 'Routers have a method ws already');
        } finally {
          Object.defineProperty(routerPrototype, 'ws', ours);
        }
      });

      it('options with a typing error', () => {
        expect(() => switchboard(express(), { maxMesageSize: 5 } as never)).to.throw(
          InvalidOptionError,
          "Unknown option 'maxMesageSize' in switchboard(). Did you mean 'maxMessageSize'?",
        );
      });

      it('a server that is none', () => {
        const { board } = apps.app();
        for (const wrong of [undefined, null, {}, () => {}, 8080]) {
          expect(() => board.attach(wrong as never)).to.throw(InvalidOptionError, 'attach() needs a server');
        }
      });
    });
  });
}
