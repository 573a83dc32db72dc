import { expect } from 'chai';
import { AdapterError, InvalidOptionError, InvalidStateError } from '../../src/protocol/errors';
import type { AdapterStatus } from '../../src/rooms/adapter';
import { BrokerHealth, type HealthOptions, resolveHealthOptions } from '../../src/rooms/broker-health';
import { eventually } from '../adapters/support/test-node';

/** A broker whose probes a test answers. */
class Broker {
  readonly broker = 'Broker';
  readonly health: BrokerHealth;
  readonly statuses: AdapterStatus[] = [];
  probes = 0;
  answer: () => Promise<void> = async () => {};

  constructor(options: HealthOptions = {}) {
    this.health = new BrokerHealth(this, resolveHealthOptions({ operationTimeout: 50, probeInterval: 20, ...options }));
  }

  probe(): Promise<void> {
    this.probes++;
    return this.answer();
  }

  statusChanged(status: AdapterStatus): void {
    this.statuses.push(status);
  }

  async ready(): Promise<void> {
    await eventually(() => expect(this.health.status).to.equal('ready'));
  }
}

async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It should have been rejected');
}

const never = (): Promise<void> => new Promise(() => {});

describe('BrokerHealth', () => {
  const brokers: Broker[] = [];

  function broker(options?: HealthOptions): Broker {
    const made = new Broker(options);
    brokers.push(made);
    return made;
  }

  afterEach(() => {
    for (const each of brokers.splice(0)) each.health.close();
  });

  it('is connecting until a probe has come back, and probes again and again', async () => {
    const it = broker();
    expect(it.health.status).to.equal('connecting');
    it.health.start();
    await it.health.begun();
    expect(it.health.status).to.equal('ready');
    await it.health.begun();
    expect(it.health.problem).to.equal(undefined);
    await eventually(() => expect(it.probes).to.be.above(3));
    expect(it.statuses).to.deep.equal(['ready']);
  });

  it('tells what is wrong at the beginning', async () => {
    const it = broker();
    it.answer = async () => {
      throw new Error('connect ECONNREFUSED');
    };
    it.health.start();
    await eventually(() => expect(it.statuses).to.deep.equal(['degraded']));
    expect(it.health.problem?.message).to.equal('probe: Broker failed: connect ECONNREFUSED');
    await eventually(() => expect(it.probes).to.be.above(2));
    it.answer = async () => {};
    await it.ready();
    expect(it.statuses).to.deep.equal(['degraded', 'ready']);
  });

  it('finds out that a broker is silent', async () => {
    const it = broker();
    it.health.start();
    await it.ready();
    it.answer = never;
    await eventually(() => expect(it.health.status).to.equal('degraded'));
    expect(it.health.problem).to.include({
      code: 'BROKER_TIMEOUT',
      message: 'probe: Broker did not answer within 50 ms (option operationTimeout)',
    });
    it.answer = async () => {};
    await it.ready();
  });

  it('gives back what a call gives', async () => {
    const it = broker();
    expect(await it.health.run('read', async () => 7)).to.equal(7);
  });

  it('is degraded by every call that fails, and says of which stage it was', async () => {
    const it = broker();
    it.health.start();
    await it.ready();
    const cause = new Error('OOM');
    const error = await failure(
      it.health.run('append', () => {
        throw cause;
      }),
    );
    expect(error).to.be.an.instanceOf(AdapterError).that.includes({ code: 'BROKER_FAILED', cause });
    expect(error.message).to.equal('append: Broker failed: OOM');
    expect(it.health.status).to.equal('degraded');
    expect(it.health.problem).to.equal(error);
    await it.ready();
    const late = await failure(it.health.run('read', never));
    expect(late).to.include({ code: 'BROKER_TIMEOUT' });
    expect(it.statuses).to.deep.equal(['ready', 'degraded', 'ready', 'degraded']);
    await it.ready();
  });

  it('is not degraded by a mistake of its caller', async () => {
    const it = broker();
    it.health.start();
    await it.ready();
    const wrong = new InvalidOptionError('no');
    expect(await failure(it.health.run('publish', () => Promise.reject(wrong)))).to.equal(wrong);
    expect(it.health.status).to.equal('ready');
  });

  it('takes no probe for good that began before the last failure', async () => {
    const it = broker({ operationTimeout: 5000 });
    let answer = (): void => {};
    it.answer = () => new Promise((resolve) => (answer = resolve));
    it.health.start();
    await eventually(() => expect(it.probes).to.equal(1));
    it.health.lost(new Error('gone'));
    answer();
    await eventually(() => expect(it.probes).to.equal(2));
    expect(it.health.status).to.equal('degraded');
    answer();
    await it.ready();
  });

  it('is degraded for a moment after a connection that came back by itself', async () => {
    const it = broker();
    it.health.start();
    await it.ready();
    it.health.reconnected();
    expect(it.health.status).to.equal('degraded');
    expect(it.health.problem?.message).to.match(/the connection was lost for a moment/);
    await it.ready();
    expect(it.statuses).to.deep.equal(['ready', 'degraded', 'ready']);
  });

  it('gives a broker more and more time that fails as soon as it is ready', async () => {
    const it = broker({ probeInterval: 10_000 });
    it.health.start();
    const times: number[] = [];
    for (let round = 0; round < 4; round++) {
      await it.ready();
      const begin = performance.now();
      it.health.lost(new Error('again'));
      await it.ready();
      times.push(performance.now() - begin);
    }
    expect(times[0]).to.be.within(90, 180);
    expect(times[3]).to.be.within(700, 1000);
  });

  it('has words for an error without any', async () => {
    const it = broker();
    it.health.lost(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }));
    expect(it.health.problem?.message).to.equal('connection: Broker failed: ECONNREFUSED');
  });

  it('rejects everything that waits when it is closed', async () => {
    const it = broker({ operationTimeout: 100_000 });
    it.health.start();
    await it.ready();
    const waiting = [failure(it.health.run('read', never)), failure(it.health.pause(100_000))];
    it.health.close();
    it.health.close();
    for (const error of await Promise.all(waiting)) expect(error).to.be.an.instanceOf(InvalidStateError);
    expect(await failure(it.health.run('read', async () => 1))).to.be.an.instanceOf(InvalidStateError);
    it.health.lost(new Error('late'));
    it.health.reconnected();
    expect(it.health.status).to.equal('closed');
    expect(it.statuses).to.deep.equal(['ready', 'closed']);
  });

  it('refuses what is no time', () => {
    expect(() => resolveHealthOptions({ operationTimeout: 0 })).to.throw(InvalidOptionError, 'operationTimeout');
    expect(() => resolveHealthOptions({ probeInterval: Number.NaN })).to.throw(InvalidOptionError, 'probeInterval');
    expect(resolveHealthOptions({})).to.deep.equal({ operationTimeout: 3000, probeInterval: 5000 });
  });
});
