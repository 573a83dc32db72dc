import { expect } from 'chai';
import type { Entry, HistoryLimits, Presence } from '../../src/rooms/adapter';
import { Feed, type FeedNode } from '../../src/rooms/feed';
import { run } from '../../src/rooms/steps';
import { Turns } from '../../src/rooms/turns';
import { randomOf, type SimulatedAdapter, SimulatedBroker, settled } from '../support/simulated-broker';
import { Follower } from './support/follower';

const history: HistoryLimits = { count: 100, bytes: 1e6, age: 1e9 };

describe('feed', () => {
  let broker: SimulatedBroker;
  let space: SimulatedAdapter;
  let live: string[];
  let node: FeedNode;

  beforeEach(() => {
    broker = new SimulatedBroker(randomOf(1));
    live = [];
    [space, node] = nodeOf(history);
  });

  function nodeOf(limits: HistoryLimits): [SimulatedAdapter, FeedNode] {
    const adapter = broker.adapter();
    const nothing = () => {};
    const { take } = new Turns(64);
    return [
      adapter,
      {
        space: adapter,
        limits,
        inTurn: take,
        live: (room) => live.push(room),
        found: nothing,
        maySkipNodes: () => false,
        unsure: nothing,
      },
    ];
  }

  function follow(room = 'room'): Follower {
    const follower = new Follower(broker, room);
    follower.feed = new Feed(room, follower, node);
    const feeds = new Map([[room, follower.feed]]);
    space.open('', {
      appended: (to, entry, previous) => feeds.get(to)?.appended(entry, previous),
      published: (to, envelope) => feeds.get(to)?.published(envelope),
      presence: (to, change) => feeds.get(to)?.presenceChanged(change),
      status: (status) => {
        for (const feed of feeds.values()) {
          if (status === 'ready') feed.catchUp();
          else feed.broken();
        }
      },
    });
    return follower;
  }

  async function followed(): Promise<Follower> {
    const follower = follow();
    follower.feed.catchUp();
    await broker.quiet();
    return follower;
  }

  let said = 0;
  function say(count: number): void {
    for (let each = 0; each < count; each++) broker.append('room', 'elsewhere', [{ id: `${++said}`, at: 0, data: '' }]);
  }

  function offsetsOf({ entries }: { entries: readonly Entry[] }): number[] {
    return entries.map(({ offset }) => offset);
  }

  it('begins where the log is, and brings what comes', async () => {
    say(3);
    const follower = await followed();
    expect(follower.feed.position).to.deep.equal({ epoch: 'epoch-1', offset: 3 });
    expect(live).to.deep.equal(['room']);
    say(2);
    await broker.quiet();
    expect(offsetsOf(follower)).to.deep.equal([4, 5]);
    expect(follower.lives).to.equal(1);
  });

  it('reads what is missing before an entry that comes', async () => {
    const follower = await followed();
    say(3);
    space.dropMessage();
    space.dropMessage();
    await broker.quiet();
    expect(offsetsOf(follower)).to.deep.equal([1, 2, 3]);
    expect(follower.gaps).to.deep.equal([]);
  });

  it('says that there is a gap where what is missing was not kept', async () => {
    [space, node] = nodeOf({ ...history, count: 2 });
    const follower = await followed();
    say(5);
    for (let message = 0; message < 4; message++) space.dropMessage();
    await broker.quiet();
    expect(follower.gaps).to.deep.equal([{ epoch: 'epoch-1', offset: 3 }]);
    expect(offsetsOf(follower)).to.deep.equal([4, 5]);
  });

  it('goes over to another life of the log with a gap, and is not held up by what comes late of the last one', async () => {
    const follower = await followed();
    say(2);
    await broker.quiet();
    broker.restart(true);
    say(1);
    await broker.heal();
    expect(follower.gaps).to.deep.equal([{ epoch: 'epoch-2', offset: 0 }]);
    const late = { id: 'late', at: 0, data: '', node: 'elsewhere', epoch: 'epoch-1', offset: 9 };
    follower.feed.appended(late, 8);
    expect(follower.feed.isLive).to.equal(false);
    // Also while the log is read.
    for (let step = 0; step < 3; step++) {
      follower.feed.appended(late, 8);
      broker.step();
      await settled();
    }
    await broker.quiet();
    follower.expectWhole();
    expect(follower.gaps).to.have.length(1);
    expect(space.made.get('read')).to.be.below(6);
  });

  it('holds no more than it may while it reads, and misses nothing', async () => {
    [space, node] = nodeOf({ ...history, count: 100_000 });
    const follower = follow();
    follower.feed.catchUp();
    while (space.made.get('read') === undefined) {
      broker.step();
      await settled();
    }
    // The read is carried out, and its answer is late.
    broker.step();
    say(10_000);
    for (const entry of broker.log('room').entries) follower.feed.appended(entry, entry.offset - 1);
    while (follower.feed.isLive === false) {
      space.dropMessage();
      broker.step();
      await settled();
    }
    expect(follower.entries).to.have.length(10_000);
    expect(space.made.get('read')).to.equal(2);
    follower.expectWhole();
  });

  it('takes its subscription back at once when it is closed, whatever it waits for', async () => {
    for (let steps = 0; steps < 12; steps++) {
      const follower = follow();
      follower.feed.catchUp();
      for (let step = 0; step < steps; step++) {
        broker.step();
        if (step % 2 === 0) await settled();
      }
      follower.feed.close();
      follower.isClosed = true;
      // It is followed anew before the calls of the first feed have come back.
      const next = follow();
      next.feed.catchUp();
      say(1);
      await broker.quiet();
      say(1);
      await broker.quiet();
      next.expectWhole();
      next.feed.close();
      next.isClosed = true;
      await broker.quiet();
      expect([...space.subscribed]).to.deep.equal([]);
      expect(space.underWay).to.equal(0);
    }
  });

  it('takes a subscription back that may have been made, though the call was lost', async () => {
    const follower = follow();
    follower.feed.catchUp();
    space.loseCall(true);
    follower.feed.close();
    follower.isClosed = true;
    await broker.quiet();
    expect(space.made.get('unsubscribe')).to.equal(1);
  });

  it('asks for nothing when it is closed before its turn', () => {
    const turns: Array<(done: () => void) => void> = [];
    node = { ...node, inTurn: (task) => turns.push(task) };
    const { feed } = follow();
    feed.catchUp();
    feed.catchUp();
    expect(turns, 'one turn is enough').to.have.length(1);
    feed.close();
    let isDone = false;
    turns[0]!(() => {
      isDone = true;
    });
    expect([isDone, space.made.size]).to.deep.equal([true, 0]);
  });

  it('settles who waits when it is live, away or closed, and at once where that is known', async () => {
    const follower = follow();
    const { feed } = follower;
    let settledTimes = 0;
    const callback = () => settledTimes++;
    feed.whenSettled(callback);
    expect(settledTimes, 'nothing was begun').to.equal(1);
    feed.awaitBroker();
    feed.whenSettled(callback);
    expect(settledTimes, 'it is not known yet whether the broker is there').to.equal(1);
    feed.broken();
    expect(settledTimes).to.equal(2);
    feed.catchUp();
    feed.whenSettled(callback);
    feed.whenSettled(callback);
    expect(settledTimes).to.equal(2);
    await broker.quiet();
    expect(settledTimes).to.equal(4);
    feed.whenSettled(callback);
    expect(settledTimes).to.equal(5);
    feed.catchUp();
    feed.whenSettled(callback);
    feed.close();
    expect(settledTimes).to.equal(6);
  });

  it('goes on where its owner throws', async () => {
    const { error: real } = console;
    const mistakes: unknown[] = [];
    console.error = (mistake: unknown) => mistakes.push(mistake);
    try {
      const mistake = (): never => {
        throw new Error('mistake');
      };
      const follower = follow();
      follower.onEntry = mistake;
      follower.onLive = mistake;
      follower.feed.catchUp();
      follower.feed.whenSettled(mistake);
      await broker.quiet();
      say(3);
      await broker.quiet();
      follower.expectWhole();
      expect(mistakes).to.have.length(5);
    } finally {
      console.error = real;
    }
  });

  it('takes its own connections away that have left while the broker was away, and tells it of those that are here', async () => {
    const presenceOf = (id: string, by: string): Presence => ({ id, node: by, value: {} });
    broker.alive.set(space.node, Number.POSITIVE_INFINITY);
    broker.alive.set('elsewhere', Number.POSITIVE_INFINITY);
    const all = [presenceOf('gone', space.node), presenceOf('ann', 'elsewhere')];
    broker.present.set('room', new Map(all.map((each) => [each.id, each])));
    const follower = follow();
    follower.presentHere = () => [presenceOf('here', space.node)];
    follower.feed.catchUp();
    await broker.quiet();
    expect([...broker.present.get('room')!.keys()]).to.have.members(['here', 'ann']);
    expect([...follower.present.keys()]).to.deep.equal(['ann']);
  });

  it('gives back replays that nobody takes: those whose read fails', async () => {
    const follower = await followed();
    say(2);
    await broker.quiet();
    const errors: unknown[] = [];
    function* steps() {
      const replay = yield* follower.feed.replay({ epoch: 'epoch-1', offset: 0 });
      replay.take(follower.feed.position!);
    }
    space.throwsNext = true;
    run(steps(), (error) => errors.push(error));
    run(steps(), (error) => errors.push(error));
    space.loseCall(false);
    await broker.quiet();
    expect(errors).to.have.length(2);
    say(2);
    await broker.quiet();
    follower.expectWhole();
  });

  it('says nothing more about a feed that its owner has closed when it heard that it is live', async () => {
    const follower = follow();
    follower.onLive = () => {
      follower.feed.close();
      follower.isClosed = true;
    };
    follower.feed.catchUp();
    await broker.quiet();
    expect(live).to.deep.equal([]);
    expect([...space.subscribed]).to.deep.equal([]);
  });

  it('says of a replay that there is a gap where the room has one behind what was read', async () => {
    [space, node] = nodeOf({ ...history, count: 1 });
    const follower = await followed();
    say(1);
    await broker.quiet();
    // The answer of the replay comes last, as with a broker of several connections.
    const page = broker.read('room', { since: { epoch: 'epoch-1', offset: 0 } }, history);
    let answer: () => void = () => {};
    const { read } = space;
    space.read = () =>
      new Promise((resolve) => {
        answer = () => resolve(page);
      });
    const taken: unknown[] = [];
    function* steps() {
      const replay = yield* follower.feed.replay({ epoch: 'epoch-1', offset: 0 });
      const { entries, gap } = replay.take(follower.feed.position!);
      taken.push([entries.map(({ offset }) => offset), gap]);
    }
    run(steps(), (error) => taken.push(error));
    space.read = read;
    say(3);
    space.dropMessage();
    await broker.quiet();
    expect(follower.gaps).to.deep.equal([{ epoch: 'epoch-1', offset: 3 }]);
    answer();
    await settled();
    expect(taken).to.deep.equal([[[1, 4], true]]);
  });

  it('replays what came behind a position while entries come', async () => {
    const follower = await followed();
    say(5);
    await broker.quiet();
    for (let offset = 0; offset <= 5; offset++) follower.replay({ epoch: 'epoch-1', offset });
    say(5);
    await broker.quiet();
    expect(follower.failures).to.deep.equal([]);
    expect(follower.replays).to.equal(6);
  });
});
