import { createServer } from 'node:http';
import { expect } from 'chai';
import { type App, checkApp, expressCopyOf, ownRouter } from '../../src/express/express-internals';
import { InvalidOptionError } from '../../src/protocol/errors';
import { expressVersions } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`express-internals (${version})`, () => {
    const make = () => express() as unknown as App;

    it('finds the prototypes that all routers and layers of this express have', () => {
      const copy = expressCopyOf(make());
      expect(copy.layerMethod).to.equal(version === 'Express 4' ? 'handle_request' : 'handleRequest');
      const router = express.Router();
      router.get('/x', () => {});
      expect(Object.prototype.isPrototypeOf.call(copy.routerPrototype, router)).to.equal(true);
      expect(Object.prototype.isPrototypeOf.call(copy.layerPrototype, router.stack[0]!)).to.equal(true);
      expect(expressCopyOf(make()).layerPrototype).to.equal(copy.layerPrototype);
    });

    it('changes nothing about the app: settings, locals, listeners, own properties', () => {
      const app = express();
      app.set('view engine', 'pug');
      app.locals.title = 'kept';
      const before = {
        settings: { ...app.settings },
        locals: { ...app.locals },
        names: Object.getOwnPropertyNames(app),
        mount: app.listenerCount('mount'),
      };
      expressCopyOf(app as unknown as App);
      expect({
        settings: { ...app.settings },
        locals: { ...app.locals },
        names: Object.getOwnPropertyNames(app),
        mount: app.listenerCount('mount'),
      }).to.deep.equal(before);
    });

    it('adds no route to a router that is there already', () => {
      const app = express();
      app.get('/', () => {});
      const router = ownRouter(app as unknown as App)!;
      const count = router.stack.length;
      expressCopyOf(app as unknown as App);
      expect(router.stack).to.have.lengthOf(count);
    });

    it('refuses what is made by no express it knows', () => {
      const app = make();
      Object.assign(app, { init() {}, route() {} });
      expect(() => expressCopyOf(app)).to.throw(InvalidOptionError, 'knows Express 4 and 5');
    });

    it('knows an app from everything else', () => {
      expect(checkApp('switchboard()', express())).to.be.a('function');
      for (const wrong of [undefined, null, {}, 'app', () => {}, createServer()]) {
        expect(() => checkApp('switchboard()', wrong)).to.throw(
          InvalidOptionError,
          'switchboard() needs an Express app',
        );
      }
      expect(() => checkApp('switchboard()', express.Router())).to.throw('a router: give it the app');
    });
  });
}
