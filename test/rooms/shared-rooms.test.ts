import { expect } from 'chai';
import type { Entry } from '../../src/rooms/adapter';
import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import { SharedRooms, type SharedRoomsInit } from '../../src/rooms/shared-rooms';
import { collectGarbage } from '../support/collect-garbage';
import { FakeClock } from '../support/fake-clock';
import { randomOf, SimulatedBroker, settled } from '../support/simulated-broker';
import { Follower, WatchedPending } from './support/follower';

const presenceTtl = 10_000;
const shared = {
  isLocal: false,
  name: 'rooms',
  history: { count: 100, bytes: 1e6, age: 1e9 },
  presenceTtl,
  maxQueued: 100,
  maxQueuedBytes: 1e6,
  publishTimeout: 60_000,
};

describe('shared-rooms', () => {
  let clock: FakeClock;
  let broker: SimulatedBroker;
  const opened: SharedRooms[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    broker = new SimulatedBroker(randomOf(2), clock.now);
  });

  afterEach(async () => {
    for (const rooms of opened.splice(0)) await rooms.close();
    const { timers } = clock;
    clock.giveBack();
    expect(timers, 'timers that still run').to.equal(0);
  });

  function open(options: Partial<SharedRoomsInit> = {}): SharedRooms {
    const rooms = new SharedRooms({ ...shared, adapter: broker.adapter(), ...options });
    opened.push(rooms);
    return rooms;
  }

  function follow(rooms: SharedRooms, room = 'room'): Follower {
    const follower = new Follower(broker, room);
    follower.presentHere = () => rooms.presentHere(room);
    follower.feed = rooms.follow(room, follower);
    return follower;
  }

  async function pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 500) {
      clock.pass(500);
      await broker.quiet();
    }
  }

  it('has ten thousand feeds catch up 64 at a time, also when the broker is away again and again meanwhile', async function () {
    this.timeout(30_000);
    const rooms = open();
    const [adapter] = broker.nodes;
    const followers = Array.from({ length: 10_000 }, (_, number) => follow(rooms, `room ${number}`));
    expect(adapter!.underWay).to.equal(64);
    for (let times = 0; times < 5; times++) {
      for (let step = 0; step < 200; step++) broker.step();
      await settled();
      adapter!.degrade();
      for (let step = 0; step < 300; step++) broker.step();
    }
    await broker.quiet();
    expect(followers.every(({ feed }) => feed.isLive)).to.equal(true);
    expect(adapter!.maxUnderWay).to.equal(64);
  });

  it('has everything happen within the call with the memory adapter', async () => {
    const rooms = open({ adapter: memoryAdapter(), isLocal: true });
    const entries: Entry[] = [];
    const nothing = () => {};
    const owner = { gap: nothing, published: nothing, presence: nothing, live: nothing, presentHere: () => [] };
    const feed = rooms.follow('room', { ...owner, entry: (entry) => entries.push(entry) });
    expect(feed.isLive).to.equal(true);
    const pending = new WatchedPending('room', rooms.draft('hello'));
    expect(rooms.queue.add(pending)).to.equal(undefined);
    expect(pending.outcomes).to.deep.equal([1]);
    expect(entries.map(({ data }) => data)).to.deep.equal(['hello']);
    rooms.enter('room', 'ann', {});
    expect(rooms.presentHere('room')).to.deep.equal([]);
    expect(clock.timers).to.equal(0);
  });

  it('keeps one order for all nodes where who hears of an entry answers within the call, or goes', () => {
    const memory = new MemoryBroker();
    const nothing = () => {};
    const owner = { gap: nothing, published: nothing, presence: nothing, live: nothing, presentHere: () => [] };
    const pendings: WatchedPending[] = [];
    const heard: string[][] = [[], [], []];
    const nodes = [0, 1, 2].map(() => open({ adapter: memoryAdapter({ broker: memory }) }));
    const say = (node: number, data: string) => {
      const pending = new WatchedPending('room', nodes[node]!.draft(data));
      pendings.push(pending);
      expect(nodes[node]!.queue.add(pending)).to.equal(undefined);
    };
    nodes.forEach((rooms, node) => {
      const entry = ({ data }: Entry) => {
        heard[node]!.push(String(data));
        if (node < 2 && String(data).length < 4) say(node, `${data}${node}`);
        if (node === 2 && data === 'a1') rooms.unfollow('room');
      };
      rooms.follow('room', { ...owner, entry });
    });
    say(0, 'a');
    expect(heard[0]).to.have.length(15);
    expect(heard[1]).to.deep.equal(heard[0]);
    expect(heard[2]).to.deep.equal(heard[0]!.slice(0, heard[0]!.indexOf('a1') + 1));
    expect(pendings.map(({ outcomes }) => outcomes.length)).to.deep.equal(pendings.map(() => 1));
    expect(new Set(pendings.map(({ outcomes }) => outcomes[0])).size).to.equal(15);
  });

  it('sends what waited for a room to catch up when nobody follows it any more', async () => {
    const rooms = open();
    follow(rooms);
    const pending = new WatchedPending('room', rooms.draft('hello'));
    rooms.queue.add(pending);
    rooms.unfollow('room');
    await broker.quiet();
    expect(pending.outcomes).to.deep.equal([1]);
  });

  it('finds out within the time to live that a node was killed', async () => {
    const [one, other] = [open(), open()];
    const follower = follow(one);
    follow(other);
    one.enter('room', 'ann', {});
    other.enter('room', 'ben', {});
    await pass(3000);
    expect([...follower.present.keys()]).to.deep.equal(['ben']);
    broker.nodes[1]!.kill();
    await pass(presenceTtl);
    expect([...follower.present.keys()]).to.deep.equal([]);
    expect([...broker.present.get('room')!.keys()]).to.deep.equal(['ann']);
  });

  it('is present again for the others who took it for dead while its process stood still', async () => {
    const [one, other, third] = [open(), open(), open()];
    const followers = [one, third].map((rooms) => follow(rooms));
    follow(other);
    one.enter('room', 'ann', {});
    other.enter('room', 'ben', {});
    third.enter('room', 'cid', {});
    await pass(3000);
    // What the second node hears and says waits, as with a process that is stopped.
    const adapter = broker.nodes[1]!;
    const { ways } = adapter;
    adapter.ways = () => [];
    await pass(2 * presenceTtl);
    expect(followers.map(({ present }) => present.has('ben'))).to.deep.equal([false, false]);
    adapter.ways = ways;
    await pass(presenceTtl);
    expect(followers.map(({ present }) => present.has('ben'))).to.deep.equal([true, true]);
    expect(broker.present.get('room')!.has('ben')).to.equal(true);
  });

  it('tells the broker when it is back who has left a room that nobody of the node is in any more', async () => {
    const [one, other] = [open(), open()];
    const follower = follow(one);
    one.enter('room', 'ann', {});
    follow(other).isClosed = false;
    other.enter('room', 'ben', {});
    await broker.quiet();
    broker.nodes[1]!.disconnect();
    broker.nodes[1]!.notice();
    await broker.quiet();
    other.leave('room', 'ben');
    other.unfollow('room');
    await broker.heal();
    expect([...follower.present.keys()]).to.deep.equal([]);
    expect([...broker.present.get('room')!.keys()]).to.deep.equal(['ann']);
  });

  it('says a leave again that was lost, unless who left has come again', async () => {
    const rooms = open();
    const [adapter] = broker.nodes;
    const there = () => [...(broker.present.get('room')?.keys() ?? [])];
    const follower = follow(rooms);
    rooms.enter('room', 'ann', {});
    rooms.enter('room', 'ben', {});
    await broker.quiet();
    rooms.leave('room', 'ann');
    adapter!.loseCall(false);
    rooms.leave('room', 'ben');
    adapter!.loseCall(true);
    rooms.enter('room', 'ben', {});
    rooms.unfollow('room');
    follower.isClosed = true;
    await broker.quiet();
    expect(there()).to.deep.equal(['ben']);
  });

  it('does nothing more when it is closed, whatever the adapter says', async () => {
    const rooms = open();
    const follower = follow(rooms);
    rooms.enter('room', 'ann', {});
    await broker.quiet();
    const pending = new WatchedPending('room', rooms.draft('hello'));
    broker.nodes[0]!.degrade();
    rooms.queue.add(pending);
    await rooms.close();
    follower.isClosed = true;
    expect(pending.outcomes).to.have.length(1);
    rooms.status('ready', undefined);
    rooms.enter('room', 'ben', {});
    rooms.leave('room', 'ann');
    await pass(presenceTtl);
    expect([rooms.isAway, clock.timers]).to.deep.equal([true, 0]);
    expect(broker.present.size).to.equal(0);
  });

  it('gives up what waits when the adapter is closed', async () => {
    const adapter = memoryAdapter({ broker: new MemoryBroker() });
    const rooms = open({ adapter });
    await adapter.close();
    const refusal = rooms.queue.add(new WatchedPending('room', rooms.draft('hello')));
    expect(refusal!.message).to.equal('The message was not taken: The adapter was closed');
  });

  it('tells all other nodes', async () => {
    const told: object[] = [];
    const one = open({ onTold: (message) => told.push({ one: message }) });
    open({ onTold: (message) => told.push({ other: message }) });
    await broker.quiet();
    one.tell({ hello: 'all' });
    await broker.quiet();
    expect(told).to.deep.equal([{ other: { hello: 'all' } }]);
  });

  it('takes less than a kilobyte for a room that is followed, besides its name and owner', async function () {
    this.timeout(20_000);
    const rooms = open({ adapter: memoryAdapter(), isLocal: true });
    const nothing = () => {};
    const owner = {
      entry: nothing,
      gap: nothing,
      published: nothing,
      presence: nothing,
      live: nothing,
      presentHere: () => [],
    };
    const names = Array.from({ length: 50_000 }, (_, number) => `room ${number}`);
    const held = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = held();
    for (const name of names) rooms.follow(name, owner);
    const bytes = (held() - before) / names.length;
    if (process.env.ROOMS_BYTES !== undefined) console.log(`${Math.round(bytes)} bytes for each room`);
    expect(bytes).to.be.below(1000);
    for (const name of names) rooms.unfollow(name);
    expect((held() - before) / names.length).to.be.below(100);
  });
});
