import { once } from 'node:events';
import { expect } from 'chai';
import { ClientConnection } from '../../src/client/client-connection';
import { resolveConnectionOptions } from '../../src/connection/options';
import { Opcode } from '../../src/protocol/opcode';
import { Link } from '../../src/testing/link';
import { RawPeer } from '../support/raw-peer';

/** More than an inbox holds. */
const flood = Array.from({ length: 40 }, (_, index) => `${index}:`.padEnd(4096, 'x'));

describe('ClientConnection', () => {
  let connection: ClientConnection;
  let peer: RawPeer;
  let clock: FakeClock;

  beforeEach(() => {
    clock = new FakeClock();
    const { client: near, server: far } = new Link();
    const options = resolveConnectionOptions('test()', { pingInterval: false });
    peer = new RawPeer(far, 'server');
    connection = new ClientConnection(
      near,
      { role: 'client', options },
      { status: 101, headers: {}, httpVersion: '1.1' },
    );
  });

  afterEach(() => {
    clock.restore();
    connection.terminate();
  });

  const turns = async (count = 20) => {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  it('that only sends sees pings and the end, though nobody takes its messages', async () => {
    const closed = once(connection, 'close');
    peer
      .text(...flood)
      .send(Opcode.Ping, 'there?')
      .close(1000);
    await turns();
    expect(peer.frames).to.deep.equal([]);
    expect(clock.delays).to.deep.equal([5_000]);
    clock.fire();
    expect((await peer.frame(0)).payload.toString()).to.equal('there?');
    peer.transport.end();
    expect(await closed).to.deep.equal([1000, '']);
    expect(clock.delays).to.deep.equal([]);
  });

  it('drops, once it has waited, every message without a listener', async () => {
    peer.text(...flood);
    await turns();
    clock.fire();
    await turns();
    peer.text('late');
    await turns();
    const heard: unknown[] = [];
    connection.on('message', (data) => heard.push(data));
    peer.text('heard');
    await turns();
    expect(heard).to.deep.equal(['heard']);
  });

  it('loses nothing for a listener that comes in time', async () => {
    peer.text(...flood);
    await turns();
    expect(clock.delays).to.deep.equal([5_000]);
    const heard: unknown[] = [];
    connection.on('message', (data) => heard.push(data));
    await turns(60);
    expect(heard).to.deep.equal(flood);
    expect(clock.delays).to.deep.equal([]);
  });

  it('waits for ever for who takes messages by receive()', async () => {
    const first = connection.receive();
    peer.text(...flood);
    expect(await first).to.equal(flood[0]);
    await turns();
    expect(clock.delays).to.deep.equal([]);
    for (const message of flood.slice(1)) expect(await connection.receive()).to.equal(message);
  });

  it('waits for who calls receive() in time', async () => {
    peer.text(...flood);
    await turns();
    for (const message of flood) expect(await connection.receive()).to.equal(message);
    expect(clock.delays).to.deep.equal([]);
  });

  it('waits for ever while it is paused', async () => {
    peer.text(...flood);
    await turns();
    connection.pause();
    expect(clock.delays).to.deep.equal([]);
    connection.resume();
    await turns();
    expect(clock.delays).to.deep.equal([5_000]);
  });

  it('does not wait where 64 KiB have not come: such messages are there whenever somebody listens', async () => {
    peer.text('one', 'two').close(1000);
    peer.transport.end();
    await connection.closed;
    expect(clock.delays).to.deep.equal([]);
    const heard: unknown[] = [];
    const closed = once(connection, 'close');
    connection.on('message', (data) => heard.push(data));
    await closed;
    expect(heard).to.deep.equal(['one', 'two']);
  });

  it('that is cut waits for nobody', async () => {
    peer.text(...flood);
    await turns();
    connection.terminate();
    await connection.closed;
    expect(clock.delays).to.deep.equal([]);
  });
});

/** Holds the timers of five seconds back, and lets all others go. */
class FakeClock {
  private readonly real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  private readonly due = new Map<unknown, { delay: number; call: () => void }>();

  constructor() {
    const { real, due } = this;
    const fake = (call: () => void, delay: number) => {
      if (delay !== 5_000) return real.setTimeout(call, delay);
      const timer = {};
      due.set(timer, { delay, call });
      return timer;
    };
    globalThis.setTimeout = fake as never;
    globalThis.clearTimeout = ((timer: never) => due.delete(timer) || real.clearTimeout(timer)) as never;
  }

  get delays(): number[] {
    return [...this.due.values()].map(({ delay }) => delay);
  }

  fire(): void {
    const due = [...this.due.values()];
    this.due.clear();
    for (const { call } of due) call();
  }

  restore(): void {
    Object.assign(globalThis, this.real);
  }
}
