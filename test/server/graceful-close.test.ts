import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { closeAllDefaults, type ResolvedCloseAll } from '../../src/server/close-all-options';
import { GracefulClose } from '../../src/server/graceful-close';
import { createConnectionPair } from '../support/connection-pair';
import { FakeClock } from '../support/fake-clock';

/** A connection that writes down what becomes of it, and when; it closes when it is cut, or the test says so. */
class TestConnection {
  askedAt: number | undefined;
  said: [number, string] | undefined;
  endedAt: number | undefined;
  onClosed = () => {};

  constructor(private readonly now: () => number) {}

  get asConnection(): WebSocketConnection {
    return this as unknown as WebSocketConnection;
  }

  closeWhenIdle(code: number, reason: string): void {
    this.askedAt = this.now();
    this.said = [code, reason];
  }

  close(code: number, reason: string): void {
    this.said = [code, reason];
  }

  terminate(): void {
    if (this.endedAt === undefined) this.end();
  }

  end(): void {
    this.endedAt = this.now();
    this.onClosed();
  }

  whenClosed(callback: () => void): void {
    this.onClosed = callback;
  }
}

describe('GracefulClose', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(() => {
    expect(clock.timers, 'timers that still run').to.equal(0);
    clock.giveBack();
  });

  function begin(count: number, options: Partial<ResolvedCloseAll>) {
    const began = clock.now();
    const connections = Array.from({ length: count }, () => new TestConnection(() => clock.now() - began));
    const closing = new GracefulClose(
      connections.map(({ asConnection }) => asConnection),
      { ...closeAllDefaults, ...options },
    );
    return { connections, closing };
  }

  const askedTimes = (connections: TestConnection[]) => connections.map(({ askedAt }) => askedAt!);

  it('closes all at once where no time is given', async () => {
    const { connections, closing } = begin(3, { code: 1012, reason: 'new' });
    expect(askedTimes(connections)).to.deep.equal([0, 0, 0]);
    expect(connections[0]!.said).to.deep.equal([1012, 'new']);
    for (const connection of connections) connection.end();
    await closing.done;
  });

  it('spreads 500 over 30 s so that no second has more than its share, and few are close together', async () => {
    const { connections, closing } = begin(500, { over: 30_000 });
    clock.pass(30_000);
    const times = askedTimes(connections);
    const perSecond = Array.from({ length: 30 }, () => 0);
    for (const time of times) perSecond[Math.min(29, Math.floor(time / 1000))]!++;
    // 500 in 30 s are 16.7 a second; a second's edges may each belong to one more share, and a look to its neighbour.
    for (const count of perSecond) expect(count).to.be.within(14, 19);
    const atOnce = new Map<number, number>();
    for (const time of times) atOnce.set(time, (atOnce.get(time) ?? 0) + 1);
    expect(Math.max(...atOnce.values())).to.be.at.most(2);
    for (const connection of connections) connection.end();
    await closing.done;
  });

  it('draws the order by lot', async () => {
    const { connections, closing } = begin(100, { over: 10_000 });
    clock.pass(10_000);
    const times = askedTimes(connections);
    expect(times).to.not.deep.equal([...times].sort((one, other) => one - other));
    for (const connection of connections) connection.end();
    await closing.done;
  });

  it('gives each its timeout from its own turn on, and then tells it and cuts it', async () => {
    const { connections, closing } = begin(20, { over: 10_000, timeout: 2_000, code: 1012 });
    clock.pass(12_100);
    for (const { askedAt, endedAt, said } of connections) {
      expect(endedAt! - askedAt!).to.be.within(2_000, 2_050);
      expect(said).to.deep.equal([1012, '']);
    }
    await closing.done;
  });

  it('forgets those that close by themselves', async () => {
    const { connections, closing } = begin(2, { over: 60_000 });
    for (const connection of connections) connection.end();
    await closing.done;
  });

  it('can be made faster, for those that have had their turn, too', async () => {
    const { connections, closing } = begin(100, { over: 100_000, timeout: 100_000 });
    clock.pass(50_000);
    const had = connections.filter(({ askedAt }) => askedAt !== undefined);
    expect(had.length).to.be.within(49, 51);
    closing.hasten({ over: 1_000, timeout: 500, code: 1012 });
    clock.pass(1_000);
    for (const connection of connections) expect(connection.askedAt).to.be.at.most(51_000);
    for (const { endedAt } of had) expect(endedAt).to.be.within(50_500, 50_600);
    expect(had.every(({ said }) => said![0] === 1012)).to.equal(true);
    clock.pass(600);
    await closing.done;
  });

  it('is never made slower', async () => {
    const { connections, closing } = begin(50, { over: 1_000, timeout: 100 });
    closing.hasten({ over: 3_600_000, timeout: 3_600_000 });
    clock.pass(1_200);
    for (const { askedAt, endedAt } of connections) {
      expect(askedAt).to.be.at.most(1_025);
      expect(endedAt).to.be.at.most(1_200);
    }
    await closing.done;
  });

  it('leaves the times as they are where only a reason is given', async () => {
    const { connections, closing } = begin(10, { over: 10_000 });
    closing.hasten({ reason: 'retry-after=5' });
    clock.pass(5_000);
    const had = connections.filter(({ askedAt }) => askedAt !== undefined);
    expect(had.length).to.be.within(4, 6);
    for (const { said } of had.slice(1)) expect(said).to.deep.equal([1001, 'retry-after=5']);
    closing.hasten({ over: 0 });
    for (const connection of connections) connection.end();
    await closing.done;
  });

  it('closes one that comes meanwhile at once, and cuts it like the others', async () => {
    const { connections, closing } = begin(1, { over: 10_000, timeout: 100 });
    const late = new TestConnection(clock.now);
    closing.add(late.asConnection);
    const asked = late.askedAt!;
    expect(asked).to.equal(clock.now());
    clock.pass(150);
    expect(late.endedAt! - asked).to.be.within(100, 150);
    connections[0]!.end();
    await closing.done;
  });

  it('ends at once with nobody to close', async () => {
    await begin(0, { over: 10_000 }).closing.done;
  });

  it('waits for what a connection is busy with, and closes it then', async () => {
    const { client, server } = createConnectionPair();
    let finish = (_value: string) => {};
    const work = server.busy(
      new Promise<string>((resolve) => {
        finish = resolve;
      }),
    );
    const closing = new GracefulClose([server], closeAllDefaults);
    clock.pass(9_900);
    expect(server.readyState).to.equal(1);
    finish('saved');
    server.send(await work);
    expect(await client.receive()).to.equal('saved');
    await closing.done;
    expect(await client.closed).to.include({ code: 1001 });
  });

  it('closes at the timeout what is busy for longer, with the same code', async () => {
    const { client, server } = createConnectionPair();
    void server.busy(new Promise(() => {}));
    const closing = new GracefulClose([server], { ...closeAllDefaults, timeout: 1_000, code: 1012 });
    clock.pass(1_100);
    await closing.done;
    expect(await client.closed).to.include({ code: 1012 });
  });
});
