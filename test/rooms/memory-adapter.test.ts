import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import type { HistoryLimits } from '../../src/rooms/adapter';
import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import { idMemory } from '../../src/rooms/recent-ids';
import { draft, TestNode } from '../adapters/support/test-node';

const limits: HistoryLimits = { count: 100, bytes: 1e9, age: 1e9 };

describe('memoryAdapter', () => {
  it('does everything inside the call', () => {
    const one = new TestNode(memoryAdapter(), 'rooms');
    expect(one.space.subscribe('a')).to.equal(undefined);
    expect(one.space.append('a', [draft('1')], limits)).to.deep.equal([1]);
    expect(one.data('a')).to.deep.equal(['1']);
    expect(one.space.read('a', { limit: 1 }, limits)).to.deep.include({ gap: false });
  });

  it('shares rooms with nobody, unless it has the same broker', () => {
    const broker = new MemoryBroker();
    const [one, other, third] = [memoryAdapter({ broker }), memoryAdapter({ broker }), memoryAdapter()].map(
      (adapter) => new TestNode(adapter, 'rooms'),
    );
    for (const each of [one, other, third]) each!.space.subscribe('a');
    one!.space.append('a', [draft('1')], limits);
    expect([one, other, third].map((each) => each!.data('a'))).to.deep.equal([['1'], ['1'], []]);
  });

  it('hands over objects as they are', () => {
    const one = new TestNode(memoryAdapter(), 'rooms');
    one.space.subscribe('a');
    const value = { big: 'object' };
    one.space.append('a', [draft(value)], limits);
    expect(one.entries[0]!.entry.data).to.equal(value);
  });

  it('tells everybody in the same order what a node says while it hears something', () => {
    const broker = new MemoryBroker();
    const answering = new TestNode(memoryAdapter({ broker }), 'rooms');
    const listening = new TestNode(memoryAdapter({ broker }), 'rooms');
    const record = answering.appended.bind(answering);
    answering.appended = (room, entry, previous) => {
      record(room, entry, previous);
      if (entry.data === 'question') answering.space.append(room, [draft('answer')], limits);
    };
    for (const each of [answering, listening]) each.space.subscribe('a');
    listening.space.append('a', [draft('question'), draft('more')], limits);
    expect(listening.data('a')).to.have.members(['question', 'answer', 'more']);
    expect(answering.data('a')).to.deep.equal(listening.data('a'));
    const heard = listening.entries.map(({ entry, previous }) => [previous, entry.offset]);
    expect(heard).to.deep.equal([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it('forgets ids after a while', () => {
    let now = 0;
    const one = new TestNode(memoryAdapter({ broker: new MemoryBroker({ now: () => now }) }), 'rooms');
    const said = draft('1');
    expect(one.space.append('a', [said], limits)).to.deep.equal([1]);
    now += idMemory;
    expect(one.space.append('a', [said], limits)).to.deep.equal([1]);
    now += 2 * idMemory;
    expect(one.space.append('a', [said], limits)).to.deep.equal([2]);
  });

  describe('with a limit of idle bytes', () => {
    const text = 'x'.repeat(1000);

    function read(node: TestNode, room: string) {
      return node.space.read(room, { limit: 0 }, limits) as { position: { epoch: string; offset: number } };
    }

    it('throws away the logs that were used longest ago, and says that there is a gap', () => {
      const one = new TestNode(memoryAdapter({ maxIdleBytes: 10_000 }), 'rooms');
      one.space.subscribe('busy');
      one.space.append('busy', [draft(text)], limits);
      one.space.append('first', [draft(text)], limits);
      one.space.append('second', [draft(text)], limits);
      const [busy, first, second] = ['busy', 'first', 'second'].map((room) => read(one, room).position);
      for (let index = 0; index < 8; index++) {
        read(one, 'first');
        one.space.append(`other ${index}`, [draft(text)], limits);
      }
      const gap = (room: string, since = { epoch: '', offset: 0 }) =>
        (one.space.read(room, { since }, limits) as { gap: boolean }).gap;
      expect(gap('busy', busy)).to.equal(false);
      expect(gap('first', first)).to.equal(false);
      expect(gap('second', second)).to.equal(true);
      expect(read(one, 'second').position).to.deep.include({ offset: 0 });
      one.space.append('second', [draft(text)], limits);
      expect(gap('second', second)).to.equal(true);
    });

    it('counts what is left when the last one leaves', () => {
      const one = new TestNode(memoryAdapter({ maxIdleBytes: 0 }), 'rooms');
      one.space.subscribe('a');
      one.space.append('a', [draft(text)], limits);
      const { position } = read(one, 'a');
      one.space.unsubscribe('a');
      expect(one.space.read('a', { since: position }, limits)).to.include({ gap: true });
    });

    it('keeps nothing of rooms that are only read, and knows their positions again', () => {
      const one = new TestNode(memoryAdapter({ maxIdleBytes: 2000 }), 'rooms');
      const begin = read(one, 'quiet').position;
      for (let index = 0; index < 1000; index++) read(one, `room ${index}`);
      expect(one.space.read('quiet', { since: begin }, limits)).to.deep.equal({
        position: begin,
        entries: [],
        gap: false,
        more: false,
      });
    });
  });

  const wrong: [options: object, words: RegExp][] = [
    [{ maxIdleBytes: -1 }, /'maxIdleBytes' must be a whole number of at least 0, not -1/],
    [{ maxIdle: 1 }, /Unknown option 'maxIdle' in memoryAdapter\(\)/],
    [{ broker: {} }, /Option 'broker' must be a MemoryBroker, not an object/],
    [{ broker: new MemoryBroker(), maxIdleBytes: 5 }, /belongs to the broker: new MemoryBroker\(\{ maxIdleBytes \}\)/],
  ];
  for (const [options, words] of wrong) {
    it(`refuses ${Object.keys(options).join(' and ')}: ${words.source.slice(0, 30)}`, () => {
      expect(() => memoryAdapter(options)).to.throw(InvalidOptionError, words);
    });
  }
});
