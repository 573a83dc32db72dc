import { expect } from 'chai';
import { AdapterError, InvalidOptionError, InvalidStateError } from '../../src/protocol/errors';
import { Hub, type HubOptions } from '../../src/rooms/hub';
import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import { FakeMember } from '../support/fake-member';
import { FlakyAdapter } from '../support/flaky-adapter';

/** Hubs of the same name on several nodes, each with a member in the room 'a'. */
function nodes(count: number, options: HubOptions = {}): { hubs: Hub[]; members: FakeMember[] } {
  const broker = new MemoryBroker();
  const hubs = Array.from({ length: count }, () => new Hub({ ...options, adapter: memoryAdapter({ broker }) }));
  const members = hubs.map((hub) => {
    const member = new FakeMember();
    hub.join(member.asConnection, 'a');
    return member;
  });
  return { hubs, members };
}

/** Hubs of two nodes, whose way to the broker a test can break, each with a member in the room 'a'. */
async function flakyNodes(options: HubOptions = {}): Promise<{
  adapters: [FlakyAdapter, FlakyAdapter];
  hubs: [Hub, Hub];
  members: [FakeMember, FakeMember];
}> {
  const broker = new MemoryBroker();
  const adapters: [FlakyAdapter, FlakyAdapter] = [new FlakyAdapter(broker), new FlakyAdapter(broker)];
  const hubs = adapters.map((adapter) => new Hub({ ...options, adapter })) as [Hub, Hub];
  const members: [FakeMember, FakeMember] = [new FakeMember(), new FakeMember()];
  hubs.forEach((hub, index) => void hub.join(members[index]!.asConnection, 'a'));
  for (const adapter of adapters) await adapter.idle();
  return { adapters, hubs, members };
}

describe('Hub on several nodes', () => {
  it('publishes to the members of a room on all nodes, once to each', () => {
    const { hubs, members } = nodes(3);
    hubs[0]!.to('a').publish({ goals: [1, 0] });
    hubs[1]!.to('a').publish(Buffer.from('bytes'));
    for (const { texts } of members) expect(texts).to.deep.equal(['{"goals":[1,0]}', 'bytes']);
    expect(
      members[2]!.sent.map(({ buffer, start }) => buffer[start]! & 0xf),
      'opcodes',
    ).to.deep.equal([1, 2]);
  });

  it('leaves out who is excepted, and other rooms', () => {
    const { hubs, members } = nodes(2);
    const elsewhere = new FakeMember();
    hubs[1]!.join(elsewhere.asConnection, 'b');
    hubs[0]!.to('a').except(members[0]!.asConnection).publish('x');
    expect([...members, elsewhere].map(({ texts }) => texts)).to.deep.equal([[], ['x'], []]);
  });

  it('sends once to who is in several of the rooms, whichever of them its node has', () => {
    const { hubs, members } = nodes(3);
    hubs[1]!.join(members[1]!.asConnection, 'b');
    const onlyB = new FakeMember();
    hubs[2]!.join(onlyB.asConnection, 'b');
    hubs[0]!.to('a', 'b').publish('x');
    expect([...members, onlyB].map(({ texts }) => texts)).to.deep.equal([['x'], ['x'], ['x'], ['x']]);
  });

  it('follows a room only while it has members in it', () => {
    const { hubs, members } = nodes(2);
    hubs[1]!.leave(members[1]!.asConnection, 'a');
    hubs[0]!.to('a').publish('nobody there');
    hubs[1]!.join(members[1]!.asConnection, 'a');
    hubs[0]!.to('a').publish('again');
    expect(members[1]!.texts).to.deep.equal(['again']);
  });

  it('publishes to this node only with here()', () => {
    const { hubs, members } = nodes(2);
    hubs[0]!.here('a').publish('x');
    expect(members.map(({ texts }) => texts)).to.deep.equal([['x'], []]);
    expect(() => hubs[0]!.here()).to.throw(InvalidOptionError, 'here() needs the name of at least one room');
  });

  it('keeps hubs of different names apart', () => {
    const broker = new MemoryBroker();
    const adapters = [memoryAdapter({ broker }), memoryAdapter({ broker })] as const;
    const one = new Hub({ adapter: adapters[0], name: 'one' });
    const other = new Hub({ adapter: adapters[1], name: 'other' });
    const member = new FakeMember();
    other.join(member.asConnection, 'a');
    one.to('a').publish('x');
    expect(member.texts).to.deep.equal([]);
  });

  it('refuses two hubs of one name on one adapter, and says what to do', () => {
    const adapter = memoryAdapter();
    const hub = new Hub({ adapter });
    expect(hub.rooms()).to.deep.equal([]);
    expect(() => new Hub({ adapter })).to.throw(InvalidOptionError, 'give one of the two another name (option name)');
  });

  it('brings what is published while a publish goes round behind it, on all nodes', () => {
    const { hubs, members } = nodes(2);
    members[0]!.onSend = () => {
      members[0]!.onSend = () => {};
      hubs[0]!.to('a').publish('second');
    };
    hubs[0]!.to('a').publish('first');
    for (const { texts } of members) expect(texts).to.deep.equal(['first', 'second']);
  });

  it('keeps the order of the calls, also on nodes that are reached later', async () => {
    const { adapters, hubs, members } = await flakyNodes();
    for (let each = 0; each < 300; each++) hubs[0].to('a').publish(String(each));
    await adapters[0].idle();
    expect(members[1].texts).to.deep.equal(Array.from({ length: 300 }, (_, each) => String(each)));
  });

  it('closes the connections of a user on all nodes', async () => {
    const { hubs, members } = nodes(3);
    members[1]!.user = 'ann';
    members[2]!.user = 'bob';
    expect(hubs[0]!.disconnect({ user: 'ann', reason: 'signed out' }), 'on this node').to.equal(0);
    expect(members.map(({ closedWith }) => closedWith)).to.deep.equal([undefined, [1008, 'signed out'], undefined]);
  });

  it('disconnects a user of boards on all nodes, in a room or not', () => {
    const { hubs, members } = nodes(2);
    const outside = hubs.map((hub) => {
      const member = new FakeMember();
      member.user = 'ann';
      hub.alsoDisconnects([member.asConnection]);
      return member;
    });
    members[1]!.user = 'ann';
    expect(hubs[0]!.disconnectUser({ user: 'ann', code: 4001 }), 'on this node').to.equal(1);
    expect(outside.map(({ closedWith }) => closedWith)).to.deep.equal([
      [4001, ''],
      [4001, ''],
    ]);
    // The hub's own members are closed as connections of their boards, and this one has none.
    expect(members[1]!.closedWith).to.equal(undefined);
  });

  it('gives the history of all nodes, and pages of it', async () => {
    const { hubs } = nodes(2, { history: 3 });
    for (const word of ['one', 'two', 'three', 'four']) hubs[word.length % 2]!.to('a').publish(word);
    const page = await hubs[0]!.history('a', { limit: 2 });
    expect(page.entries.map(({ data, offset }) => [data, offset])).to.deep.equal([
      ['three', 3],
      ['four', 4],
    ]);
    expect(page).to.include({ more: true, gap: false });
    const before = { ...page.position, offset: 3 };
    const older = await hubs[1]!.history('a', { before, limit: 10 });
    expect(older.entries.map(({ data }) => data)).to.deep.equal(['two']);
  });

  it('keeps a history without an adapter, too, and says so where it keeps none', async () => {
    const hub = new Hub({ history: 10 });
    hub.to('a').publish('x');
    expect((await hub.history('a')).entries.map(({ data }) => data)).to.deep.equal(['x']);
    const failure = await new Hub().history('a').catch((error) => error);
    expect(failure).to.be.instanceOf(InvalidStateError);
    expect(failure.message).to.contain("option 'history'");
  });

  describe('while the broker is away', () => {
    it('reaches the members of its own node at once, and the others when it is back, once and in order', async () => {
      const { adapters, hubs, members } = await flakyNodes();
      for (const adapter of adapters) adapter.goAway();
      hubs[0].to('a').publish('one');
      hubs[0].to('a').publish('two');
      expect(members.map(({ texts }) => texts)).to.deep.equal([['one', 'two'], []]);
      for (const adapter of adapters) adapter.comeBack();
      for (const adapter of [...adapters, ...adapters]) await adapter.idle();
      expect(members.map(({ texts }) => texts)).to.deep.equal([
        ['one', 'two'],
        ['one', 'two'],
      ]);
    });

    it('tells whoever asked that too much waits already, though members here have it', async () => {
      const { adapters, hubs, members } = await flakyNodes({ maxQueued: 1 });
      adapters[0].goAway();
      const first = hubs[0].to('a').confirm('one');
      const failure = await hubs[0]
        .to('a')
        .confirm('two')
        .catch((error) => error);
      expect(failure).to.be.instanceOf(AdapterError).with.property('code', 'QUEUE_FULL');
      expect(failure.message).to.contain('maxQueued: 1');
      expect(members[0].texts).to.deep.equal(['one', 'two']);
      adapters[0].comeBack();
      await first;
    });

    it('tells the listeners for errors what did not go out, and goes on when one of them throws', async () => {
      const { adapters, hubs } = await flakyNodes({ publishTimeout: 20 });
      adapters[0].goAway();
      const heard = new Promise<AdapterError>((resolve) => {
        hubs[0].on('error', resolve);
      });
      hubs[0].to('a').publish('too late');
      const error = await heard;
      expect(error.code).to.equal('UNAVAILABLE');
      expect(error.message).to.contain('within 0.02 s (option publishTimeout); it has not arrived');
    });

    it('tells members of a gap that the log cannot fill', async () => {
      const { adapters, hubs, members } = await flakyNodes({ history: 2 });
      const gaps: unknown[] = [];
      hubs[1].on('gap', (socket, room, dropped) => gaps.push([socket, room, dropped, [...members[1].texts]]));
      adapters[1].goAway();
      for (const word of ['one', 'two', 'three', 'four']) hubs[0].to('a').publish(word);
      await adapters[0].idle();
      adapters[1].comeBack();
      for (const _ of adapters) await adapters[1].idle();
      expect(gaps).to.deep.equal([[members[1].asConnection, 'a', null, []]]);
      expect(members[1].texts).to.deep.equal(['three', 'four']);
    });

    it('tells of what was lost in its place, where a member is slow', async () => {
      const { adapters, hubs, members } = await flakyNodes({ history: 1, slowConsumer: 'drop-oldest' });
      const [, slow] = members;
      hubs[1].on('gap', () => slow.sendShared(Buffer.from([0x81, 1, 0x3f]), 0, 3));
      slow.isSlow = true;
      hubs[1].to('a').publish('before');
      await adapters[1].idle();
      adapters[1].goAway();
      for (const word of ['lost', 'kept']) hubs[0].to('a').publish(word);
      await adapters[0].idle();
      adapters[1].comeBack();
      for (const _ of adapters) await adapters[1].idle();
      expect(slow.texts).to.deep.equal([]);
      slow.drain();
      expect(slow.texts).to.deep.equal(['before', '?', 'kept']);
    });
  });

  it('carries what a message is about, so that the latest is what a slow member on another node gets', () => {
    const { hubs, members } = nodes(2, { slowConsumer: 'coalesce' });
    members[1]!.isSlow = true;
    for (const price of ['1', '2', '3']) hubs[0]!.to('a').publish(price, { key: 'ACME' });
    members[1]!.drain();
    expect(members.map(({ texts }) => texts)).to.deep.equal([['1', '2', '3'], ['3']]);
  });

  it('refuses options that cannot be, in words', () => {
    const refusals: Array<[HubOptions, string]> = [
      [{ adapter: {} as never }, "Option 'adapter' must be an adapter, as redisAdapter(client)"],
      [{ history: 'all' as never }, "Option 'history' must be a number of entries, or { count, bytes, age }"],
      [{ publishTimeout: 100_000, history: 1 }, "Option 'publishTimeout' must be at most 90000 ms"],
      [{ adaptor: 1 } as never, "Unknown option 'adaptor' in new Hub(). Did you mean 'adapter'?"],
    ];
    for (const [options, words] of refusals) expect(() => new Hub(options)).to.throw(InvalidOptionError, words);
  });
});
