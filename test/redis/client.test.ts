import { expect } from 'chai';
import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster } from 'redis';
import { InvalidOptionError } from '../../src/protocol/errors';
import { redisAdapter } from '../../src/redis';
import { commandsOf } from '../../src/redis/client';
import { IoRedisClusterCommands, IoRedisCommands } from '../../src/redis/ioredis';
import { NodeRedisClusterCommands, NodeRedisCommands } from '../../src/redis/node-redis';
import { eventually } from '../adapters/support/test-node';

describe('redisAdapter', () => {
  it('recognises the clients that it can work with', () => {
    expect(commandsOf(createClient())).to.be.an.instanceOf(NodeRedisCommands);
    expect(commandsOf(createCluster({ rootNodes: [] }))).to.be.an.instanceOf(NodeRedisClusterCommands);
    const single = new Redis({ lazyConnect: true });
    expect(commandsOf(single)).to.be.an.instanceOf(IoRedisCommands);
    const cluster = new Cluster([{ port: 1 }], { lazyConnect: true });
    expect(commandsOf(cluster)).to.be.an.instanceOf(IoRedisClusterCommands);
    single.disconnect();
    cluster.disconnect();
  });

  const wrong: [what: string, client: unknown, words: RegExp][] = [
    ['an address', 'redis://localhost', /needs a client of 'redis' .* not "redis:\/\/localhost"/],
    ['nothing', undefined, /not undefined/],
    ['options', { url: 'redis://localhost' }, /version 5 or later, not an object \(Object\)/],
    ['a promise', Promise.resolve(), /not a promise of one: await it first/],
    ['a class', Redis, /not a function/],
    ['a pool', createClientPool(), /version 5 or later, not an object/],
    ['a client of redis 3', { evalsha() {}, duplicate() {}, connected: true }, /version 5 or later/],
  ];
  for (const [what, client, words] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => redisAdapter(client as never)).to.throw(InvalidOptionError, words);
    });
  }

  const options: [options: object, words: RegExp][] = [
    [{ prefx: 'x' }, /Unknown option 'prefx' in redisAdapter\(\)\. Did you mean 'prefix'/],
    [{ prefix: '' }, /Option 'prefix' must be a string of 1 to 256 characters without braces, not ""/],
    [{ prefix: 'a{b' }, /without braces/],
    [{ operationTimeout: 0 }, /'operationTimeout' must be a number of milliseconds/],
    [{ probeInterval: '5s' }, /'probeInterval' must be a number of milliseconds/],
  ];
  for (const [given, words] of options) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      expect(() => redisAdapter(createClient(), given)).to.throw(InvalidOptionError, words);
    });
  }

  it('says that a client was never connected', async () => {
    const adapter = redisAdapter(createClient(), { operationTimeout: 2000 });
    await eventually(() => expect(adapter.status).to.equal('degraded'));
    expect(adapter.problem?.message).to.equal(
      'probe: Redis failed: the client has no connection; if it never had one: await client.connect()',
    );
    await adapter.close();
  });
});
