import { expect } from 'chai';
import type { NextFunction, Request, RequestHandler } from 'express';
import session from 'express-session';
import { HandshakeError, InvalidOptionError } from '../../src/protocol/errors';
import { describeAdmission } from '../support/admission-site';

/** Middleware that lets nobody pass before `count` have come. */
function barrier(count: number): RequestHandler {
  const waiting: NextFunction[] = [];
  return (_request, _response, next) => {
    waiting.push(next);
    if (waiting.length === count) for (const proceed of waiting) proceed();
  };
}

const userOf = (request: Request): string | undefined => request.get('x-user');
const as = (user: string) => ({ headers: { 'X-User': user } });
const from = (addresses: string) => ({ headers: { 'X-Forwarded-For': addresses } });

describeAdmission('admission', (site) => {
  describe('maxConnections', () => {
    it('refuses one more before any middleware runs, until one has closed', async () => {
      const app = site.make({ maxConnections: 2 });
      let ran = 0;
      app.use((_request, _response, next) => {
        ran++;
        next();
      });
      app.ws('/', () => {});
      await site.listen();
      const first = await site.open();
      await site.open();
      const refusal = await site.refused('/nowhere');
      expect(refusal.status).to.equal(503);
      expect(refusal.headers['retry-after']).to.equal('5');
      expect(refusal.body).to.equal('This server has no room for more than 2 WebSockets (maxConnections)\n');
      expect(ran).to.equal(2);
      expect(site.board.metrics().handshakes.refused).to.deep.equal({ TOO_MANY_CONNECTIONS: 1 });
      first.close();
      await first.closed;
      await site.until(1);
      await site.open();
    });

    it('lets no more pass of those that are accepted at the same time, while their sessions are saved', async () => {
      const app = site.make({ maxConnections: 10 });
      app.use(session({ secret: 'test', resave: true, saveUninitialized: true }));
      app.ws('/', barrier(100), () => {});
      await site.listen();
      const answers = await Promise.allSettled(Array.from({ length: 100 }, () => site.open()));
      const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
      expect(refusals.map(({ status }) => status)).to.deep.equal(new Array(90).fill(503));
      expect(site.board.connections.size).to.equal(10);
    });

    it('nor while it is asked for their origin', async () => {
      const app = site.make({
        maxConnections: 3,
        allowedOrigins: () => new Promise((resolve) => setImmediate(resolve, true)),
      });
      app.ws('/', barrier(20), () => {});
      await site.listen();
      const open = () => site.open('/', { origin: 'https://app.example' });
      const answers = await Promise.allSettled(Array.from({ length: 20 }, open));
      expect(answers.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(3);
    });

    it('counts nobody whom middleware has not let pass', async () => {
      const app = site.make({ maxConnections: 1 });
      const waiting: NextFunction[] = [];
      app.ws(
        '/slow',
        (_request, _response, next) => void waiting.push(next),
        () => {},
      );
      app.ws('/', () => {});
      await site.listen();
      const slow = site.refused('/slow');
      while (waiting.length === 0) await new Promise(setImmediate);
      await site.open('/');
      waiting[0]!();
      expect((await slow).status).to.equal(503);
    });
  });

  describe('maxConnectionsPerAddress', () => {
    it('refuses one more from one address, and not from another', async () => {
      const app = site.make({ maxConnectionsPerAddress: 2 });
      app.ws('/', () => {});
      await site.listen();
      const first = await site.open();
      await site.open();
      const refusal = await site.refused();
      expect(refusal.status).to.equal(429);
      expect(refusal.body).to.include('maxConnectionsPerAddress');
      expect(site.board.metrics().handshakes.refused).to.deep.equal({ TOO_MANY_CONNECTIONS_FROM_ADDRESS: 1 });
      await site.open('/', {}, '127.0.0.2');
      first.close();
      await site.until(2);
      await site.open();
    });

    it('believes no X-Forwarded-For where no proxy is trusted', async () => {
      const app = site.make({ maxConnectionsPerAddress: 1 });
      app.ws('/', () => {});
      await site.listen();
      await site.open('/', from('203.0.113.1'));
      expect((await site.refused('/', from('203.0.113.2'))).status).to.equal(429);
    });

    it('goes by what a trusted proxy says, and not by what the client has told the proxy', async () => {
      const app = site.make({ maxConnectionsPerAddress: 1 });
      app.set('trust proxy', 'loopback');
      app.ws('/', () => {});
      await site.listen();
      await site.open('/', from('203.0.113.1'));
      await site.open('/', from('203.0.113.2'));
      expect((await site.refused('/', from('198.51.100.7, 203.0.113.2'))).status).to.equal(429);
      await site.open('/', from('2001:db8:1:2::1'));
      expect((await site.refused('/', from('2001:db8:1:2:ffff::2'))).status).to.equal(429);
      await site.open('/', from('2001:db8:1:3::1'));
      expect((await site.refused('/', from('::ffff:203.0.113.1'))).status).to.equal(429);
    });
  });

  describe('identify and maxConnectionsPerUser', () => {
    for (const [name, identify] of [
      ['at once', userOf],
      ['by a promise', async (request: Request) => userOf(request)],
    ] as const) {
      it(`knows the user ${name}, and refuses one more connection of the same`, async () => {
        const app = site.make({ maxConnectionsPerUser: 1, identify });
        const users: unknown[] = [];
        app.ws('/', (socket) => void users.push(socket.user));
        await site.listen();
        const ann = await site.open('/', as('ann'));
        const refusal = await site.refused('/', as('ann'));
        expect(refusal.status).to.equal(429);
        expect(refusal.body).to.include('maxConnectionsPerUser');
        expect(site.board.metrics().handshakes.refused).to.deep.equal({ TOO_MANY_CONNECTIONS_OF_USER: 1 });
        await site.open('/', as('bob'));
        await site.open();
        await site.open();
        expect(users).to.deep.equal(['ann', 'bob', undefined, undefined]);
        ann.close();
        await site.until(3);
        await site.open('/', as('ann'));
      });
    }

    it('lets one of those pass that come at the same time', async () => {
      const app = site.make({ maxConnectionsPerUser: 1, identify: async (request) => userOf(request) });
      app.ws('/', barrier(20), () => {});
      await site.listen();
      const answers = await Promise.allSettled(Array.from({ length: 20 }, () => site.open('/', as('ann'))));
      expect(answers.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(1);
    });

    it('may be another function for a route', async () => {
      const app = site.make({ maxConnectionsPerUser: 1, identify: userOf });
      const users: unknown[] = [];
      app.ws('/', { identify: () => 'somebody' }, (socket) => void users.push(socket.user));
      await site.listen();
      await site.open('/', as('ann'));
      expect((await site.refused('/', as('bob'))).status).to.equal(429);
      expect(users).to.deep.equal(['somebody']);
    });

    it('may refuse, and may fail, and keeps no seat then', async () => {
      const app = site.make({
        maxConnections: 1,
        identify(request) {
          if (userOf(request) === 'eve') throw new HandshakeError('Not you', { status: 403 });
          return userOf(request) === 'bug' ? (7 as never) : undefined;
        },
      });
      app.ws('/', () => {});
      await site.listen();
      const refusal = await site.refused('/', as('eve'));
      expect([refusal.status, refusal.body]).to.deep.equal([403, 'Not you\n']);
      await site.until(0);
      expect((await site.refused('/', as('bug'))).status).to.equal(500);
      await site.until(0);
      await site.open();
    });
  });

  describe('maxPendingHandshakes', () => {
    it('refuses one more before any middleware runs, until one has its answer', async () => {
      const app = site.make({ maxPendingHandshakes: 2, maxPendingHandshakesPerAddress: 1 });
      const waiting: NextFunction[] = [];
      app.use((_request, _response, next) => void waiting.push(next));
      app.ws('/', () => {});
      await site.listen();
      const first = site.open();
      while (waiting.length < 1) await new Promise(setImmediate);
      const fromAddress = await site.refused();
      expect(fromAddress.status).to.equal(429);
      expect(fromAddress.headers['retry-after']).to.equal('1');
      expect(fromAddress.body).to.include('maxPendingHandshakesPerAddress');
      const second = site.open('/', {}, '127.0.0.2');
      while (waiting.length < 2) await new Promise(setImmediate);
      expect(site.board.admission.pending).to.equal(2);
      const ofAll = await site.refused('/', {}, '127.0.0.3');
      expect(ofAll.status).to.equal(503);
      expect(ofAll.body).to.include('maxPendingHandshakes)');
      expect(waiting).to.have.lengthOf(2);
      expect(site.board.metrics().handshakes.refused).to.deep.equal({
        TOO_MANY_HANDSHAKES: 1,
        TOO_MANY_HANDSHAKES_FROM_ADDRESS: 1,
      });
      for (const next of waiting) next();
      await Promise.all([first, second]);
      await site.until(2);
      const third = site.open();
      while (waiting.length < 3) await new Promise(setImmediate);
      waiting[2]!();
      await third;
    });
  });

  describe('a seat is given back', () => {
    /** Fills the only seat and loses it, some way; then there must be room for another. */
    async function seatIsFree(): Promise<void> {
      await site.until(0);
      const client = await site.open('/free', as('ann'));
      expect(client.readyState).to.equal(client.OPEN);
    }

    beforeEach(() => {
      const app = site.make({
        maxConnections: 1,
        maxConnectionsPerAddress: 1,
        maxConnectionsPerUser: 1,
        maxPendingHandshakes: 1,
        handshakeTimeout: 500,
        identify: userOf,
      });
      app.ws('/free', () => {});
    });

    it('when middleware refuses', async () => {
      site.app.ws(
        '/',
        (_request, response) => void response.status(401).end(),
        () => {},
      );
      await site.listen();
      expect((await site.refused('/', as('ann'))).status).to.equal(401);
      await seatIsFree();
    });

    it('when no route takes it, and when its origin is foreign', async () => {
      await site.listen();
      expect((await site.refused('/nowhere')).status).to.equal(404);
      await site.until(0);
      expect((await site.refused('/free', { origin: 'https://evil.example', ...as('ann') })).status).to.equal(403);
      await seatIsFree();
    });

    it('when the function that chooses a subprotocol fails, after the user was counted', async () => {
      const subprotocols = () => {
        throw new Error('a bug');
      };
      site.app.ws('/', { subprotocols }, () => {});
      await site.listen();
      expect((await site.refused('/', { ...as('ann'), subprotocols: ['a'] })).status).to.equal(500);
      await seatIsFree();
    });

    it('when the client leaves while middleware runs, which goes on', async () => {
      let came: (next: NextFunction) => void = () => {};
      const arrived = new Promise<NextFunction>((resolve) => {
        came = resolve;
      });
      site.app.ws(
        '/',
        (_request, _response, next) => came(next),
        () => {
          throw new Error('The handler was called');
        },
      );
      await site.listen();
      const leaving = new AbortController();
      const opening = site.open('/', { signal: leaving.signal, ...as('ann') }).catch(() => {});
      const next = await arrived;
      leaving.abort();
      await opening;
      await site.until(0);
      next();
      await seatIsFree();
    });

    it('when the client leaves while its 101 is held back', async () => {
      let came: () => void = () => {};
      const arrived = new Promise<void>((resolve) => {
        came = resolve;
      });
      site.app.ws(
        '/',
        (_request, response, next) => {
          response.end = ((): typeof response => {
            came();
            return response;
          }) as typeof response.end;
          next();
        },
        () => {},
      );
      await site.listen();
      const leaving = new AbortController();
      const opening = site.open('/', { signal: leaving.signal, ...as('ann') }).catch(() => {});
      await arrived;
      leaving.abort();
      await opening;
      await seatIsFree();
    });

    it('at the deadline, while it is still asked who it is', async () => {
      site.app.ws('/', { identify: () => new Promise(() => {}) }, () => {});
      await site.listen();
      const refusal = await site.refused('/', as('ann'));
      expect(refusal.status).to.equal(503);
      expect(refusal.body).to.include('handshakeTimeout');
      await seatIsFree();
    });

    it('when the handler throws, and when the client is cut', async () => {
      site.app.ws('/', () => {
        throw new Error('a bug');
      });
      site.board.on('error', () => {});
      await site.listen();
      const failed = await site.open('/', as('ann'));
      expect(await failed.closed).to.include({ code: 1011 });
      await site.until(0);
      const cut = await site.open('/free', as('ann'));
      cut.terminate();
      await seatIsFree();
    });
  });

  describe('one app in another', () => {
    it('is counted on its own board, where it has one', async () => {
      const app = site.make({ maxConnections: 1 });
      app.ws('/', () => {});
      const { board } = site;
      const { app: inner, board: innerBoard } = site.another({ maxConnections: 1 });
      inner.ws('/', () => {});
      app.use('/inner', inner);
      app.ws('/inner/outer', () => {});
      await site.listen();
      const within = await site.open('/inner');
      expect([board.connections.size, innerBoard.connections.size]).to.deep.equal([0, 1]);
      expect((await site.refused('/inner')).status).to.equal(503);
      within.close();
      await within.closed;
      while (innerBoard.connections.size > 0) await new Promise(setImmediate);
      // It goes through the inner app, and comes back.
      await site.open('/inner/outer');
      expect([board.admission.pending, innerBoard.admission.pending]).to.deep.equal([0, 0]);
      expect((await site.refused('/')).status).to.equal(503);
      await innerBoard.close();
    });
  });

  describe('what cannot be', () => {
    it('is refused by name: limits of a route, users whom nobody knows, numbers that are none', () => {
      const app = site.make({});
      for (const name of ['maxConnections', 'maxPendingHandshakes']) {
        const route = () => app.ws('/', { [name]: 1 }, () => {});
        expect(route).to.throw(
          InvalidOptionError,
          `'${name}' cannot be set in app.ws('/'): it counts what comes to all`,
        );
      }
      const make = (options: object) => () => site.make(options);
      expect(make({ maxConnectionsPerUser: 1 })).to.throw(InvalidOptionError, "needs option 'identify'");
      expect(make({ maxConnections: 0 })).to.throw(InvalidOptionError, "'maxConnections' must be a whole number");
      expect(make({ identify: 'ann' })).to.throw(InvalidOptionError, "'identify' must be a function");
    });
  });
});
