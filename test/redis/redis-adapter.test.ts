import { expect } from 'chai';
import { InvalidStateError } from '../../src/protocol/errors';
import { type RedisClient, redisAdapter } from '../../src/redis';
import { eventually, TestNode } from '../adapters/support/test-node';
import { settled } from '../support/simulated-broker';

/** A client of ioredis that is connecting as long as a test wants. */
class ConnectingClient {
  isReady = false;
  looks = 0;
  duplicates = 0;

  get status(): string {
    this.looks++;
    return this.isReady ? 'ready' : 'connecting';
  }

  duplicate(): this {
    this.duplicates++;
    return this;
  }

  on(): void {}
  async connect(): Promise<void> {}
  disconnect(): void {}
  async subscribe(): Promise<void> {}
  async unsubscribe(): Promise<void> {}
  async eval(): Promise<void> {}
  async evalsha(): Promise<void> {}
}

describe('RedisAdapter', () => {
  function node(): { client: ConnectingClient; one: TestNode } {
    const client = new ConnectingClient();
    return { client, one: new TestNode(redisAdapter(client as unknown as RedisClient), 'rooms') };
  }

  it('is closed once, and opens nothing meanwhile', async () => {
    const { one } = node();
    const closing = one.adapter.close();
    expect(() => one.adapter.open('other', one)).to.throw(InvalidStateError, 'The Redis adapter is closed');
    expect(one.adapter.close()).to.equal(closing);
    await closing;
    expect(one.adapter.status).to.equal('closed');
    expect(one.statuses).to.deep.equal(['closed']);
  });

  it('makes no connection when it was closed while the client connected', async () => {
    const { client, one } = node();
    await eventually(() => expect(client.looks).to.be.above(0));
    await one.adapter.close();
    const { looks } = client;
    client.isReady = true;
    await eventually(() => expect(client.looks).to.be.above(looks));
    await settled();
    expect(client.duplicates).to.equal(0);
  });

  it('takes nothing more of rooms that are closed', async () => {
    const { one } = node();
    await one.space.close();
    for (const call of [() => one.space.subscribe('a'), () => one.space.leave('a', ['anna'])]) {
      const error = await Promise.resolve(call()).catch((reason) => reason);
      expect(error).to.be.an.instanceOf(InvalidStateError);
    }
    await one.adapter.close();
  });
});
