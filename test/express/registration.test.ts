import { createServer } from 'node:http';
import { expect } from 'chai';
import { upgrade } from '../../src/express/upgrade';
import { InvalidOptionError } from '../../src/protocol/errors';
import { receiveUpgrades } from '../../src/server/receive-upgrades';
import { ExpressApps, expressVersions, get } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`registration (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    const wrong: Array<[name: string, parameters: unknown[], message: string]> = [
      ['no handler', ['/x'], "app.ws('/x') needs a handler: (socket, req) => …"],
      ['options and no handler', ['/x', {}], "app.ws('/x') needs a handler"],
      ['an empty list', ['/x', []], "app.ws('/x') needs a handler"],
      ['a handler that is none', ['/x', 'handler'], 'needs functions, not "handler"'],
      ['undefined as handler', ['/x', undefined], 'needs functions, not undefined'],
      ['null as options', ['/x', null, () => {}], 'needs functions, not null'],
      ['options in the wrong place', ['/x', () => {}, {}, () => {}], 'options come right after the path'],
      ['middleware as handler', ['/x', (_a: 1, _b: 2, _c: 3) => {}], 'as in express-ws? Leave out next'],
      ['an option with a typing error', ['/x', { maxMesageSize: 1 }, () => {}], "Did you mean 'maxMessageSize'?"],
      ['an option of the server', ['/x', { handshakeTimeout: 1 }, () => {}], 'Give it to switchboard(app'],
      ['a wrong value', ['/x', { maxMessageSize: -1 }, () => {}], 'maxMessageSize'],
      ['no path', [() => {}], 'app.ws() needs a path first'],
      ['an empty list of paths', [[], () => {}], 'app.ws() needs a path first'],
      ['a number as path', [7, () => {}], 'app.ws() needs a path first'],
    ];
    for (const [name, parameters, message] of wrong) {
      it(`refuses ${name}, in words`, () => {
        const { app } = apps.app();
        expect(() => Reflect.apply(app.ws, app, parameters)).to.throw(InvalidOptionError, message);
      });
    }

    it('names router.ws where it was that', () => {
      apps.app();
      const router = express.Router();
      expect(() => Reflect.apply(router.ws, router, ['/y'])).to.throw(InvalidOptionError, "router.ws('/y')");
      expect(router.ws('/y', () => {})).to.equal(router);
    });

    describe('upgrade()', () => {
      it('takes upgrades in app.get, router.get and app.use, with middleware before it', async () => {
        const { app } = apps.app();
        const router = express.Router();
        router.get(
          '/:id',
          upgrade<{ id: string }>((socket, req) => socket.send(`router ${req.params.id}`)),
        );
        app.get(
          '/get',
          (_req, res, next) => {
            res.cookie('seen', '1');
            next();
          },
          upgrade((socket) => socket.send('get')),
        );
        app.use(
          '/use',
          upgrade({ maxMessageSize: 10 }, (socket, req) => socket.send(`use ${req.path}`)),
        );
        app.use('/r', router);
        const port = await apps.listen(app);
        expect(await (await apps.open(port, '/get')).next()).to.equal('get');
        expect(await (await apps.open(port, '/r/7')).next()).to.equal('router 7');
        const used = await apps.open(port, '/use/deep/er');
        expect(await used.next()).to.equal('use /deep/er');
        used.send('x'.repeat(11));
        expect(await used.closed()).to.include({ code: 1009 });
      });

      it('passes ordinary requests on, and 426 is the last answer', async () => {
        const { app } = apps.app();
        app.get(
          '/page',
          upgrade(() => {}),
          (_req, res) => {
            res.send('page');
          },
        );
        app.get(
          '/only',
          upgrade(() => {}),
        );
        app.use(
          '/used',
          upgrade(() => {}),
        );
        const port = await apps.listen(app);
        expect((await get(port, '/page')).body).to.equal('page');
        expect((await get(port, '/only')).status).to.equal(426);
        expect((await get(port, '/used/x')).status).to.equal(426);
      });

      it('works in a router of another copy of express', async () => {
        const [, otherExpress] = expressVersions.find(([name]) => name !== version)!;
        const { app } = apps.app();
        const router = otherExpress.Router();
        router.get(
          '/other',
          upgrade((socket) => socket.send('other copy')),
        );
        app.use(router);
        const socket = await apps.open(await apps.listen(app), '/other');
        expect(await socket.next()).to.equal('other copy');
      });

      it('says what is missing in an app without a board', async () => {
        apps.app();
        const bare = express();
        bare.set('env', 'test');
        bare.get(
          '/x',
          upgrade(() => {}),
        );
        const server = createServer(bare);
        receiveUpgrades(server, { handshakeTimeout: 1000, dispatch: bare });
        const { status, body } = await apps.refused(await apps.listen(server), '/x');
        expect(status).to.equal(500);
        expect(body).to.include('need switchboard(app)');
      });

      for (const [name, parameters, message] of [
        ['no handler', [], 'upgrade() needs a handler'],
        ['a typing error', [{ maxMesageSize: 1 }, () => {}], "Did you mean 'maxMessageSize'?"],
        ['middleware', [() => {}, () => {}], 'middleware goes before it'],
        ['a request handler', [(_a: 1, _b: 2, _c: 3) => {}], 'looks like middleware'],
      ] as Array<[string, unknown[], string]>) {
        it(`refuses ${name}`, () => {
          expect(() => Reflect.apply(upgrade, undefined, parameters)).to.throw(InvalidOptionError, message);
        });
      }
    });
  });
}
