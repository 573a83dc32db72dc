import { once } from 'node:events';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { AdapterError, InvalidStateError } from '../../src/protocol/errors';
import { type RedisAdapterOptions, type RedisClient, redisAdapter } from '../../src/redis';
import { RedisKeys } from '../../src/redis/keys';
import { ample, draft, eventually, TestNode } from '../adapters/support/test-node';
import { debianTool } from '../support/debian-tool';
import { recordMistakes } from '../support/record-mistakes';
import { RedisServer } from '../support/redis-server';

type Make = (url: string, mayLook: boolean) => { client: RedisClient; close(): void };

const quick: RedisAdapterOptions = { operationTimeout: 400, probeInterval: 200 };

const clients: [what: string, make: Make][] = [
  [
    'redis',
    (url) => {
      const client = createClient({ url });
      client.on('error', () => {});
      void client.connect().catch(() => {});
      return { client, close: () => client.destroy() };
    },
  ],
  [
    'ioredis',
    (url, mayLook) => {
      // ioredis prints a line for each connection that may not look whether the server is ready.
      const client = new Redis(url, { enableReadyCheck: mayLook });
      client.on('error', () => {});
      return { client, close: () => client.disconnect() };
    },
  ],
];

for (const [what, make] of clients) {
  describe(`the Redis adapter with ${what}`, () => {
    const mistakes = recordMistakes();
    let program: string;
    let server: RedisServer;
    let closings: Array<() => unknown> = [];
    /** The server lets its users see what INFO says. */
    let mayLook: boolean;

    before(function () {
      program = debianTool(this, 'redis-server');
    });

    beforeEach(async function () {
      this.timeout(30_000);
      server = await RedisServer.start(program, { appendOnly: true });
      mayLook = true;
    });

    afterEach(async () => {
      for (const close of closings.reverse()) await close();
      closings = [];
      await server.stop();
    });

    async function node(options = quick, url = server.url): Promise<TestNode> {
      const { client, close } = make(url, mayLook);
      const adapter = redisAdapter(client, options);
      closings.push(close, () => adapter.close());
      return new TestNode(adapter, 'rooms');
    }

    async function pair(): Promise<[TestNode, TestNode]> {
      const both: [TestNode, TestNode] = [await node(), await node()];
      for (const each of both) {
        await each.ready();
        await each.space.subscribe('a');
      }
      return both;
    }

    async function failure(call: () => unknown): Promise<AdapterError> {
      try {
        await call();
      } catch (error) {
        expect(error).to.be.an.instanceOf(AdapterError);
        return error as AdapterError;
      }
      throw new Error('It should have been rejected');
    }

    async function degraded(...nodes: TestNode[]): Promise<void> {
      await eventually(() => {
        for (const each of nodes) expect(each.adapter.status).to.equal('degraded');
      });
    }

    async function lastOf(each: TestNode): Promise<ReturnType<TestNode['space']['read']>> {
      return each.space.read('a', { limit: 1000 }, ample);
    }

    it('does not make present again who has left while the node said that it lives', async () => {
      const [one, other] = await pair();
      const anna = { id: 'anna', node: one.space.node, value: {} };
      await one.space.enter('a', [anna]);
      const touched = one.space.touch(60_000, new Map([['a', [anna]]]));
      await one.space.leave('a', ['anna']);
      await touched;
      await other.space.touch(60_000, new Map());
      expect(await other.space.present('a')).to.deep.equal([]);
    });

    it('says whose keys others have written to, and goes on with all other rooms', async () => {
      const [one] = await pair();
      const [meta] = new RedisKeys('switchboard', 'rooms').log('a');
      const stranger = await createClient({ url: server.url }).connect();
      await stranger.set(meta, 'no hash');
      stranger.destroy();
      const error = await Promise.resolve(one.space.append('a', [draft('1')], ample)).catch((reason) => reason);
      expect(error).to.be.an.instanceOf(InvalidStateError);
      expect(error.message).to.contain(meta).and.to.contain('delete them');
      expect(one.adapter.status).to.equal('ready');
      expect(await one.space.append('b', [draft('1')], ample)).to.deep.equal([1]);
    });

    it('goes on after a broker that was killed and started again, and knows that nothing is missing', async () => {
      const [one, other] = await pair();
      await one.space.append('a', [draft('1'), draft('2')], ample);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1', '2']));
      const { position } = await lastOf(other);
      await server.kill();
      await degraded(one, other);
      const waiting = draft('3');
      const error = await failure(() => one.space.append('a', [waiting], ample));
      // The client may not know yet, and keeps it for the next connection: it gets there twice, and is there once.
      expect(error.code).to.match(/^BROKER_(FAILED|TIMEOUT)$/);
      expect(error.message).to.match(/^append: Redis (failed: |did not answer)/);
      expect(one.adapter.problem).to.be.an.instanceOf(AdapterError);
      await server.start();
      await one.ready();
      await other.ready();
      await one.space.append('a', [waiting], ample);
      // Whether the other one heard it, or it was carried out before that subscribed again: reading tells.
      const page = await other.space.read('a', { since: position }, ample);
      expect(page.gap).to.equal(false);
      expect(page.entries.map(({ data }) => data)).to.deep.equal(['3']);
      expect(one.statuses.slice(-2)).to.deep.equal(['degraded', 'ready']);
    }).timeout(20_000);

    it('gives up in time when the broker does not answer, and says once what was said twice', async () => {
      const [one, other] = await pair();
      server.pause();
      const waiting = draft('1');
      const error = await failure(() => one.space.append('a', [waiting], ample));
      expect(error.code).to.equal('BROKER_TIMEOUT');
      expect(error.message).to.equal('append: Redis did not answer within 400 ms (option operationTimeout)');
      await degraded(one, other);
      server.resume();
      await one.ready();
      await other.ready();
      await one.space.append('a', [waiting, draft('2')], ample);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1', '2']));
      expect((await lastOf(one)).entries).to.have.length(2);
    });

    it('goes on whatever those throw who hear its status', async () => {
      const [one] = await pair();
      one.adapter.on('status', (status) => {
        if (status !== 'closed') throw status;
      });
      one.adapter.on('status', async (status) => {
        if (status !== 'closed') throw status;
      });
      server.pause();
      const error = await failure(() => one.space.append('a', [draft('1')], ample));
      expect(error.code).to.equal('BROKER_TIMEOUT');
      expect(one.adapter.problem?.code).to.equal('BROKER_TIMEOUT');
      server.resume();
      await one.ready();
      await one.space.append('a', [draft('2')], ample);
      await eventually(() => expect(mistakes).to.deep.equal(['degraded', 'degraded', 'ready', 'ready']));
    });

    it('finds out by itself that the broker is silent', async () => {
      const [one] = await pair();
      server.pause();
      await degraded(one);
      expect(one.adapter.problem?.message).to.match(/^probe: Redis did not answer within 400 ms/);
      server.resume();
      await one.ready();
      expect(one.adapter.problem).to.equal(undefined);
    });

    it('is ready again after a subscription was cut, and only after that', async () => {
      const [one, other] = await pair();
      await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await eventually(() => expect(other.statuses.slice(-2)).to.deep.equal(['degraded', 'ready']));
      await eventually(() => expect(one.statuses.slice(-2)).to.deep.equal(['degraded', 'ready']));
      await one.space.append('a', [draft('1')], ample);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1']));
    });

    it('says its scripts again to a broker that has forgotten them', async () => {
      const [one] = await pair();
      await one.space.append('a', [draft('1')], ample);
      await server.command('SCRIPT', 'FLUSH');
      await one.space.append('a', [draft('2')], ample);
      expect((await lastOf(one)).entries).to.have.length(2);
      expect(one.adapter.status).to.equal('ready');
    });

    it('tells of a gap when everything was thrown away', async () => {
      const [one, other] = await pair();
      await one.space.append('a', [draft('1')], ample);
      const { position } = await lastOf(one);
      await server.command('FLUSHALL');
      await one.space.append('a', [draft('2'), draft('3')], ample);
      const page = await one.space.read('a', { since: position }, ample);
      expect(page.gap).to.equal(true);
      expect(page.position.epoch).to.not.equal(position.epoch);
      expect(page.entries.map(({ data }) => data)).to.deep.equal(['2', '3']);
      await eventually(() => expect(other.entries.at(-1)?.entry.epoch).to.equal(page.position.epoch));
    });

    it('finds out that a restarted broker has lost the last entries, by what its nodes have seen', async () => {
      const loseWhat = await forgetfulServer();
      const [one, other] = await pair();
      await one.space.append('a', [draft('1'), draft('2')], ample);
      const before = (await lastOf(one)).position;
      await loseWhat(async () => {
        await one.space.append('a', [draft('3'), draft('4')], ample);
        await eventually(() => expect(other.data('a')).to.have.length(4));
      });
      await degraded(one, other);
      await server.start();
      await one.ready();
      await other.ready();
      expect(await one.space.append('a', [draft('5')], ample)).to.deep.equal([before.offset + 1]);
      const page = await other.space.read('a', { since: { ...before, offset: 4 } }, ample);
      expect(page.gap).to.equal(true);
      expect(page.position.epoch).to.not.equal(before.epoch);
      expect(page.entries.map(({ data }) => data)).to.deep.equal(['1', '2', '5']);
    }).timeout(20_000);

    it('finds it out where others have filled the hole, also without the right to see restarts', async () => {
      const loseWhat = await forgetfulServer('--user default on nopass ~* &* +@all -info'.split(' '));
      const [one] = await pair();
      const before = (await lastOf(one)).position;
      await loseWhat(async () => {
        await one.space.append('a', [draft('lost')], ample);
        await eventually(() => expect(one.data('a')).to.have.length(1));
      });
      await degraded(one);
      await server.start();
      const publisher = await node();
      await publisher.ready();
      await publisher.space.append('a', [draft('instead'), draft('more')], ample);
      await one.ready();
      const page = await one.space.read('a', { since: { ...before, offset: 1 } }, ample);
      expect(page.gap).to.equal(true);
      expect(page.position.epoch).to.not.equal(before.epoch);
      expect(page.entries.map(({ data }) => data)).to.deep.equal(['instead', 'more']);
      expect((await lastOf(publisher)).position).to.deep.equal(page.position);
    }).timeout(20_000);

    it('takes a restart for a loss where nobody was in the room', async () => {
      const [one] = await pair();
      await one.space.append('quiet', [draft('1')], ample);
      const { position } = await one.space.read('quiet', { limit: 1 }, ample);
      await server.kill();
      await degraded(one);
      await server.start();
      await one.ready();
      const page = await one.space.read('quiet', { since: position }, ample);
      expect(page.gap).to.equal(true);
      expect(page.position).to.include({ offset: 1 });
      expect(page.position.epoch).to.not.equal(position.epoch);
      const next = await one.space.read('quiet', { since: page.position }, ample);
      expect(next.gap).to.equal(false);
    }).timeout(20_000);

    it('waits for a node that was in the room before it takes a restart for a loss', async () => {
      const [one, other] = await pair();
      await one.space.append('a', [draft('1')], ample);
      await eventually(() => expect(other.data('a')).to.have.length(1));
      const { position } = await lastOf(one);
      await server.kill();
      await degraded(one, other);
      await server.start();
      const newcomer = await node();
      await Promise.all([one, other, newcomer].map((each) => each.ready()));
      const asking = newcomer.space.read('a', { since: position }, ample);
      await eventually(async () => expect((await lastOf(other)).position).to.deep.equal(position));
      expect((await asking).gap).to.equal(false);
    }).timeout(20_000);

    it('is degraded while the broker takes no writes', async () => {
      const [one] = await pair();
      await server.command('CONFIG', 'SET', 'maxmemory', '1');
      const error = await failure(() => one.space.append('a', [draft('1')], ample));
      expect(error.message).to.match(/append: Redis failed: .*OOM/);
      await degraded(one);
      await server.command('CONFIG', 'SET', 'maxmemory', '0');
      await one.ready();
      await one.space.append('a', [draft('1')], ample);
    });

    it('may be made before there is a broker', async () => {
      await server.kill();
      const one = await node();
      expect(one.adapter.status).to.equal('connecting');
      await eventually(() => expect(one.adapter.problem?.message).to.match(/Redis (failed|did not answer)/));
      expect(one.adapter.status).to.equal('degraded');
      const error = await failure(() => one.space.subscribe('a'));
      expect(error.fault).to.equal('backend');
      await server.start();
      await one.ready();
      await one.space.subscribe('a');
      await one.space.append('a', [draft('1')], ample);
      await eventually(() => expect(one.data('a')).to.deep.equal(['1']));
    }).timeout(20_000);

    it('keeps what is asked at once until it is connected', async () => {
      const one = await node();
      const asked = [one.space.subscribe('a'), one.space.append('a', [draft('1')], ample)] as const;
      expect(one.adapter.status).to.equal('connecting');
      await Promise.all(asked);
      await eventually(() => expect(one.data('a')).to.deep.equal(['1']));
      expect(one.statuses).to.deep.equal(['ready']);
    });

    it('can be closed while the broker is away', async () => {
      const [one] = await pair();
      await one.space.enter('a', [{ id: 'anna', node: one.space.node, value: {} }]);
      await server.kill();
      await degraded(one);
      await one.adapter.close();
      expect(one.adapter.status).to.equal('closed');
    });

    it('leaves nothing that stays for ever, and nothing in the way of others', async () => {
      const [one] = await pair();
      await one.space.append('a', [draft('1')], ample);
      await one.space.append('a', [draft('1')], { ...ample, count: 0 });
      await one.space.read('never written', { limit: 1 }, ample);
      await one.space.enter('a', [{ id: 'anna', node: one.space.node, value: {} }]);
      await one.space.touch(30_000, new Map([['b', [{ id: 'anna', node: one.space.node, value: {} }]]]));
      await one.space.publish('a', draft('x'));
      const keys = (await server.command('KEYS', '*')) as string[];
      expect(keys.length).to.be.above(6);
      for (const key of keys) {
        expect(key).to.match(/^switchboard:/);
        expect(await server.command('PTTL', key), key).to.be.above(0);
      }
    });

    it('takes what anybody publishes in the documented format, and warns of what is not', async () => {
      const [one] = await pair();
      const channel = 'switchboard:rooms:{a}';
      const warned = once(process, 'warning');
      for (const nonsense of [
        '',
        'x',
        'p',
        'p {}',
        'e',
        'e x\n{}',
        'e x 1\nnull',
        'c []',
        'c {"node":1}',
        'p \u0000',
      ]) {
        await server.command('PUBLISH', channel, nonsense);
      }
      const json = JSON.stringify({
        v: 1,
        id: 'theirs',
        node: 'python',
        at: 1,
        value: { hello: 'there' },
        later: true,
      });
      await server.command('PUBLISH', channel, `p ${json}`);
      await eventually(() => expect(one.envelopes).to.have.length(1));
      expect(one.envelopes[0]!.envelope).to.deep.equal({
        id: 'theirs',
        node: 'python',
        at: 1,
        data: { hello: 'there' },
      });
      const [warning] = (await warned) as [Error & { code: string }];
      expect(warning).to.include({ name: 'AdapterWarning', code: 'INVALID_MESSAGE' });
      expect(warning.message).to.match(/cannot be read: it must begin with 'e ', 'p ' or 'c ', not ""/);
      await server.command('RPUSH', `${channel}:log`, 'nonsense');
      expect(one.adapter.status).to.equal('ready');
    });

    /** @returns what lets it forget all that happens in `action`, and leaves it dead */
    async function forgetfulServer(args: string[] = []): Promise<(action: () => Promise<void>) => Promise<void>> {
      await server.stop();
      server = await RedisServer.start(program, { args });
      mayLook = !args.includes('-info');
      return async (action) => {
        await server.command('SAVE');
        await action();
        await server.kill();
      };
    }
  });
}
