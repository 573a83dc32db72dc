import { setImmediate as nextIteration } from 'node:timers/promises';
import { expect } from 'chai';
import type { ConnectionOptions } from '../../../src/connection/options';
import { InvalidOptionError } from '../../../src/protocol/errors';
import { createConnectionPair } from '../../support/connection-pair';
import { FakeClock } from '../../support/fake-clock';

describe('WebSocketConnection: how long it lasts', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(() => {
    expect(clock.timers, 'timers that still run').to.equal(0);
    clock.giveBack();
  });

  function opened(options: Partial<ConnectionOptions> = {}) {
    const pair = createConnectionPair(options);
    const warnings: number[] = [];
    pair.server.on('expiring', (at) => void warnings.push(at));
    return { ...pair, warnings };
  }

  describe('expiresAt', () => {
    it('is null at first, and what it was set to, in milliseconds', () => {
      const { server } = opened();
      expect(server.expiresAt).to.equal(null);
      const at = Date.now() + 60_000;
      server.expiresAt = new Date(at);
      expect(server.expiresAt).to.equal(at);
      server.expiresAt = null;
      expect(server.expiresAt).to.equal(null);
    });

    it('warns half a minute before, and closes with 4401', async () => {
      const { client, server, warnings } = opened();
      const at = Date.now() + 100_000;
      server.expiresAt = at;
      clock.pass(69_900);
      expect(warnings).to.deep.equal([]);
      clock.pass(1_100);
      expect(warnings).to.deep.equal([at]);
      clock.pass(28_900);
      expect(server.readyState).to.equal(1);
      clock.pass(1_100);
      expect(await client.closed).to.include({ code: 4401, reason: 'credentials expired' });
      expect(await server.closed).to.include({ initiator: 'local' });
      expect(warnings).to.have.length(1);
    });

    it('warns when the option says, or never', async () => {
      const early = opened({ expiryWarning: 90_000 });
      const never = opened({ expiryWarning: false });
      for (const { server } of [early, never]) server.expiresAt = Date.now() + 100_000;
      clock.pass(11_000);
      expect([early.warnings.length, never.warnings.length]).to.deep.equal([1, 0]);
      clock.pass(90_000);
      expect(never.warnings).to.deep.equal([]);
      await Promise.all([early.client.closed, never.client.closed]);
    });

    it('warns soon of what expires sooner than that, and not while it is set', async () => {
      const { client, server, warnings } = opened();
      server.expiresAt = Date.now() + 5_000;
      expect(warnings).to.deep.equal([]);
      clock.pass(1_000);
      expect(warnings).to.have.length(1);
      clock.pass(5_000);
      await client.closed;
    });

    it('is renewed by a later time, also while it warns', () => {
      const { server, warnings } = opened();
      server.on('expiring', (at) => {
        if (warnings.length < 3) server.expiresAt = at + 60_000;
        else server.expiresAt = null;
      });
      server.expiresAt = Date.now() + 60_000;
      clock.pass(3_600_000);
      expect(warnings).to.have.length(3);
      expect(server.readyState).to.equal(1);
    });

    it('closes at once when it is over', async () => {
      const { client, server, warnings } = opened();
      server.expiresAt = Date.now() - 1;
      expect(server.readyState).to.equal(2);
      expect(await client.closed).to.include({ code: 4401 });
      expect(warnings).to.deep.equal([]);
    });

    it('is not reached at once where it is years away', () => {
      const { server, warnings } = opened();
      server.expiresAt = new Date(Date.UTC(2200, 0));
      clock.pass(60_000);
      expect(server.readyState).to.equal(1);
      expect(warnings).to.deep.equal([]);
      server.expiresAt = null;
    });

    it('is forgotten when the connection closes, and cannot be set any more', async () => {
      const { client, server, warnings } = opened();
      server.expiresAt = Date.now() + 60_000;
      client.close(1000);
      await server.closed;
      expect(clock.timers).to.equal(0);
      server.expiresAt = Date.now() + 1_000;
      clock.pass(120_000);
      expect(warnings).to.deep.equal([]);
    });

    it('warns nobody while the connection closes', async () => {
      const { client, server, warnings } = opened();
      client.pause();
      server.expiresAt = Date.now() + 40_000;
      server.close(1000);
      clock.pass(60_000);
      expect(warnings).to.deep.equal([]);
      client.resume();
      expect(await client.closed).to.include({ code: 1000 });
    });

    it('leaves the connection as it is when it is set to what is no time', () => {
      const { server } = opened();
      expect(() => {
        server.expiresAt = Number.NaN;
      }).to.throw(InvalidOptionError, 'not NaN');
      expect(() => {
        server.expiresAt = 1_900_000_000;
      }).to.throw(InvalidOptionError, 'seconds');
      expect(server.expiresAt).to.equal(null);
      expect(server.readyState).to.equal(1);
    });

    it('is one timer for all connections', () => {
      const sleepers = Array.from({ length: 100 }, () => opened().server);
      for (const [index, server] of sleepers.entries()) server.expiresAt = Date.now() + 60_000 + 700 * index;
      expect(clock.timers).to.equal(1);
      for (const server of sleepers) server.expiresAt = null;
    });

    it('fails the connection with 1011 when a listener throws', async () => {
      const { client, server } = opened();
      const { error } = console;
      const reported: unknown[] = [];
      console.error = (...words: unknown[]) => void reported.push(words[0]);
      try {
        server.on('expiring', () => {
          throw new Error('of the application');
        });
        server.expiresAt = Date.now() + 10_000;
        clock.pass(1_000);
      } finally {
        console.error = error;
      }
      expect(await client.closed).to.include({ code: 1011 });
      expect(reported.map((each) => (each as Error).message)).to.deep.equal(['of the application']);
      await server.closed;
    });
  });

  describe('busy', () => {
    it('gives back what the promise gives, also a rejection', async () => {
      const { server } = opened();
      expect(await server.busy(Promise.resolve(5))).to.equal(5);
      const error = await server.busy(Promise.reject(new Error('disk full'))).catch((each: Error) => each.message);
      expect(error).to.equal('disk full');
      server.closeWhenIdle(1001, '');
      expect(server.readyState).to.equal(2);
    });

    it('ends no process with a rejection that nobody awaits', async () => {
      const { server } = opened();
      const unhandled: unknown[] = [];
      const note = (error: unknown) => void unhandled.push(error);
      process.on('unhandledRejection', note);
      const failing = Promise.reject(new Error('disk full'));
      failing.catch(() => {});
      void server.busy(failing);
      await nextIteration();
      process.off('unhandledRejection', note);
      expect(unhandled).to.deep.equal([]);
    });

    it('puts the close frame off until all has settled, behind what is sent then', async () => {
      const { client, server } = opened();
      const finish: Array<() => void> = [];
      const begin = async (word: string) => {
        await server.busy(new Promise<void>((resolve) => finish.push(resolve)));
        server.send(word);
      };
      const [one, other] = [begin('one'), begin('other')];
      server.closeWhenIdle(1012, 'restart');
      finish[0]!();
      await one;
      expect(server.readyState).to.equal(1);
      finish[1]!();
      await other;
      expect(await client.receive()).to.equal('one');
      expect(await client.receive()).to.equal('other');
      expect(await client.closed).to.include({ code: 1012, reason: 'restart' });
    });

    it('goes on waiting for what begins as the last one ends', async () => {
      const { client, server } = opened();
      let finish = () => {};
      const work = (async () => {
        await server.busy(Promise.resolve());
        const second = server.busy(
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
        );
        server.send('begun');
        await second;
      })();
      server.closeWhenIdle(1001, '');
      expect(await client.receive()).to.equal('begun');
      expect(server.readyState).to.equal(1);
      finish();
      await work;
      expect(await client.closed).to.include({ code: 1001 });
    });

    it('does not put off close()', async () => {
      const { client, server } = opened();
      void server.busy(new Promise(() => {}));
      server.close(1000);
      expect(await client.closed).to.include({ code: 1000 });
    });

    it('takes any thenable, and nothing else', async () => {
      const { server } = opened();
      // biome-ignore lint/suspicious/noThenProperty: that is what a thenable has
      const thenable = { then: (done: (value: number) => void) => done(7) } as unknown as PromiseLike<number>;
      expect(await server.busy(thenable)).to.equal(7);
      expect(() => server.busy(undefined as never)).to.throw(InvalidOptionError, 'promise');
      expect(() => server.busy((async () => {}) as never)).to.throw(InvalidOptionError, 'not a function');
    });
  });
});
