import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { InvalidOptionError, InvalidStateError } from '../../../src/protocol/errors';
import type { Adapter, LogPage, Position, Presence, RoomData } from '../../../src/rooms/adapter';
import { ample, draft, eventually, TestNode } from './test-node';

/** How a kind of adapter is made for the contract. */
export interface ContractBroker {
  /** One more node at the same broker. */
  adapter(): Adapter | Promise<Adapter>;
}

const strangeNames = [
  ...[
    'a',
    '__proto__',
    'constructor',
    ' ',
    'with blanks',
    'a\nb',
    '{}',
    '{a}',
    'a}{b',
    '%7b',
    '%',
    'a:b',
    'a.b',
    '.',
    '*',
    '>',
    'a.*',
  ],
  ...['🙂', '\ud83d', '\ud800', '\udc00', '\ufffd', 'é', 'e\u0301', '\u0000', 'x'.repeat(256), '界'.repeat(256)],
];

const kinds: [what: string, data: RoomData][] = [
  ['a text', 'hello'],
  ['an empty text', ''],
  ['emoji', 'a 🙂 b'],
  ['half a surrogate pair', 'x\ud800y'],
  ['line breaks and quotes', '"a"\r\n\u2028\u0000{}'],
  ['a text of one MiB', 'ä'.repeat(512 * 1024)],
  ['bytes', Buffer.from([0, 1, 2, 255])],
  ['no bytes', Buffer.alloc(0)],
  ['one MiB of bytes', Buffer.alloc(1024 * 1024, 7)],
  ['an object', { type: 'message', text: 'ö', nested: { list: [1, null, true] }, __proto__x: 1 }],
  ['an array', [1, 'two', { three: 3 }]],
];

/** What every adapter does. The tests stand in the `describe` that calls it; `broker` is asked in each test. */
export function adapterContract(broker: () => ContractBroker): void {
  let nodes: TestNode[] = [];
  let name = '';

  beforeEach(() => {
    // A broker may be the same for several suites.
    name = `contract ${randomUUID()}`;
  });

  afterEach(async () => {
    await Promise.all(nodes.map(({ adapter }) => adapter.close()));
    nodes = [];
  });

  async function node(of = name): Promise<TestNode> {
    const made = new TestNode(await broker().adapter(), of);
    nodes.push(made);
    await made.ready();
    return made;
  }

  async function pair(room: string): Promise<[TestNode, TestNode]> {
    const both: [TestNode, TestNode] = [await node(), await node()];
    for (const each of both) await each.space.subscribe(room);
    return both;
  }

  async function since(from: TestNode, room: string, position: Position): Promise<LogPage> {
    return from.space.read(room, { since: position }, ample);
  }

  async function position(from: TestNode, room: string): Promise<Position> {
    return (await from.space.read(room, { limit: 0 }, ample)).position;
  }

  async function say(from: TestNode, room: string, count: number, limits = ample, first = 1): Promise<void> {
    const said = Array.from({ length: count }, (_, index) => draft(`${first + index}`));
    await from.space.append(room, said, limits);
  }

  const texts = ({ entries }: LogPage): RoomData[] => entries.map(({ data }) => data);

  describe('a log', () => {
    it('is heard by every node that subscribed, in one order, the appending one too', async () => {
      const all = [...(await pair('a')), await node()];
      await all[2]!.space.subscribe('a');
      await Promise.all(all.map((each) => say(each, 'a', 20)));
      await eventually(() => {
        for (const each of all) expect(each.entries).to.have.length(60);
      });
      const order = all.map(({ entries }) => entries.map(({ entry }) => entry.id));
      expect(order[1]).to.deep.equal(order[0]);
      expect(order[2]).to.deep.equal(order[0]);
      for (const { entries } of all) {
        let last = 0;
        for (const { entry, previous } of entries) {
          expect(previous).to.equal(last);
          expect(entry.offset).to.be.above(last);
          last = entry.offset;
        }
      }
      const { position: end, entries } = await all[0]!.space.read('a', { limit: 100 }, ample);
      expect(entries.map(({ id }) => id)).to.deep.equal(order[0]);
      expect(end.offset).to.equal(entries.at(-1)?.offset);
    });

    it('says who published what, and where it is', async () => {
      const [one, other] = await pair('a');
      const said = draft('x', { rooms: ['a', 'b'] });
      const offsets = await one.space.append('a', [said], ample);
      await eventually(() => expect(other.entries).to.have.length(1));
      const { entry } = other.entries[0]!;
      expect(entry).to.deep.equal({ ...said, node: one.space.node, epoch: entry.epoch, offset: offsets[0] });
      const page = await other.space.read('a', { limit: 1 }, ample);
      expect(page).to.deep.equal({
        position: { epoch: entry.epoch, offset: entry.offset },
        entries: [entry],
        gap: false,
        more: false,
      });
    });

    it('takes an id once, and says where it is', async () => {
      const [one, other] = await pair('a');
      const [first, second, third] = [draft('1'), draft('2'), draft('3')];
      const offsets = await one.space.append('a', [first, second], ample);
      const again = await other.space.append('a', [second, third, first, third], ample);
      expect(again[0]).to.equal(offsets[1]);
      expect(again[2]).to.equal(offsets[0]);
      expect(again[3]).to.equal(again[1]);
      await say(one, 'a', 1, ample, 4);
      await eventually(() => expect(one.data('a')).to.deep.equal(['1', '2', '3', '4']));
      expect(texts(await one.space.read('a', { limit: 9 }, ample))).to.deep.equal(['1', '2', '3', '4']);
      await other.space.append('b', [first], ample);
      expect(texts(await one.space.read('b', { limit: 9 }, ample))).to.deep.equal(['1']);
    });

    it('keeps the newest by count', async () => {
      const [one] = await pair('a');
      const limits = { ...ample, count: 3 };
      for (let first = 1; first <= 9; first += 2) await say(one, 'a', 2, limits, first);
      expect(texts(await one.space.read('a', { limit: 100 }, limits))).to.deep.equal(['8', '9', '10']);
      await eventually(() => expect(one.data('a')).to.have.length(10));
    });

    it('keeps none with a count of 0, and gives offsets', async () => {
      const [one, other] = await pair('a');
      const limits = { ...ample, count: 0 };
      const before = await position(one, 'a');
      await say(one, 'a', 2, limits);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1', '2']));
      expect(other.entries[1]!.previous).to.equal(other.entries[0]!.entry.offset);
      const page = await one.space.read('a', { limit: 100 }, limits);
      expect(page.entries).to.deep.equal([]);
      expect(page.position.offset).to.equal(other.entries[1]!.entry.offset);
      expect((await one.space.read('a', { since: page.position }, limits)).gap).to.equal(false);
      expect((await one.space.read('a', { since: before }, limits)).gap).to.equal(true);
    });

    it('keeps the newest by bytes', async () => {
      const one = await node();
      const limits = { ...ample, bytes: 20_000 };
      for (let index = 0; index < 10; index++) {
        await one.space.append('a', [draft(`${index}${'x'.repeat(4000)}`)], limits);
      }
      const kept = texts(await one.space.read('a', { limit: 100 }, limits));
      expect(kept.length).to.be.within(3, 5);
      expect(String(kept.at(-1))).to.match(/^9/);
    });

    it('keeps what is young', async () => {
      const one = await node();
      const limits = { ...ample, age: 300 };
      const before = await position(one, 'a');
      await say(one, 'a', 2, limits);
      const end = await position(one, 'a');
      await eventually(async () => expect((await one.space.read('a', { limit: 9 }, limits)).entries).to.deep.equal([]));
      const late = await one.space.read('a', { since: before }, limits);
      expect(late).to.deep.equal({ position: end, entries: [], gap: true, more: false });
      await say(one, 'a', 1, limits, 3);
      const page = await one.space.read('a', { since: end }, limits);
      expect(texts(page)).to.deep.equal(['3']);
      expect(page.gap).to.equal(false);
    });

    it('is read from where one was', async () => {
      const [one, other] = await pair('a');
      const begin = await position(other, 'a');
      expect(begin.offset).to.equal(0);
      expect(await since(one, 'a', begin)).to.deep.equal({ position: begin, entries: [], gap: false, more: false });
      await say(one, 'a', 3);
      const middle = await position(other, 'a');
      await say(one, 'a', 3, ample, 4);
      const all = await since(other, 'a', begin);
      expect(texts(all)).to.deep.equal(['1', '2', '3', '4', '5', '6']);
      expect(all.gap).to.equal(false);
      const rest = await since(other, 'a', middle);
      expect(texts(rest)).to.deep.equal(['4', '5', '6']);
      expect(rest.gap).to.equal(false);
      expect(await since(other, 'a', rest.position)).to.deep.equal({ ...rest, entries: [] });
    });

    it('is read backwards', async () => {
      const one = await node();
      await say(one, 'a', 7);
      const last = await one.space.read('a', { limit: 3 }, ample);
      expect(texts(last)).to.deep.equal(['5', '6', '7']);
      expect(last.more).to.equal(true);
      const before = { epoch: last.position.epoch, offset: last.entries[0]!.offset };
      const middle = await one.space.read('a', { before, limit: 3 }, ample);
      expect(texts(middle)).to.deep.equal(['2', '3', '4']);
      expect(middle.more).to.equal(true);
      const first = await one.space.read(
        'a',
        { before: { ...before, offset: middle.entries[0]!.offset }, limit: 3 },
        ample,
      );
      expect(texts(first)).to.deep.equal(['1']);
      expect(first.more).to.equal(false);
      const none = await one.space.read(
        'a',
        { before: { ...before, offset: first.entries[0]!.offset }, limit: 3 },
        ample,
      );
      expect(none).to.deep.include({ entries: [], more: false });
      expect((await one.space.read('a', { limit: 0 }, ample)).entries).to.deep.equal([]);
    });

    it('says that there is a gap, where there may be one', async () => {
      const one = await node();
      const limits = { ...ample, count: 3 };
      const begin = await position(one, 'a');
      await say(one, 'a', 2, limits);
      const early = await position(one, 'a');
      await say(one, 'a', 4, limits, 3);
      const end = await position(one, 'a');
      const trimmed = await one.space.read('a', { since: early }, limits);
      expect(trimmed.gap).to.equal(true);
      expect(texts(trimmed)).to.deep.equal(['4', '5', '6']);
      expect((await one.space.read('a', { since: begin }, limits)).gap).to.equal(true);
      const elsewhere = await one.space.read('a', { since: { ...early, epoch: 'another' } }, limits);
      expect(elsewhere.gap).to.equal(true);
      expect(texts(elsewhere)).to.deep.equal(['4', '5', '6']);
      const beyond = await one.space.read('a', { since: { ...end, offset: end.offset + 5 } }, limits);
      expect(beyond.gap).to.equal(true);
      expect(await position(one, 'a'), 'a client that makes up a position changes nothing').to.deep.equal(end);
      const paged = await one.space.read('a', { before: { ...end, epoch: 'another' }, limit: 5 }, limits);
      expect(paged).to.deep.equal({ position: end, entries: [], gap: true, more: false });
      expect((await since(one, 'never written', { epoch: 'another', offset: 0 })).gap).to.equal(true);
    });

    it('stays when nobody is in the room', async () => {
      const [one, other] = await pair('a');
      const begin = await position(one, 'a');
      await say(one, 'a', 2);
      await one.space.unsubscribe('a');
      await other.space.unsubscribe('a');
      await other.adapter.close();
      const page = await since(await node(), 'a', begin);
      expect(texts(page)).to.deep.equal(['1', '2']);
      expect(page.gap).to.equal(false);
    });

    for (const [what, data] of kinds) {
      it(`carries ${what}`, async () => {
        const [one, other] = await pair('a');
        await one.space.append('a', [draft(data)], ample);
        await one.space.publish('a', draft(data));
        await eventually(() => expect(other.entries.length + other.envelopes.length).to.equal(2));
        const [read] = (await other.space.read('a', { limit: 1 }, ample)).entries;
        for (const came of [other.entries[0]!.entry.data, other.envelopes[0]!.envelope.data, read!.data]) {
          expect(typeof came === 'string' || Buffer.isBuffer(came) ? came : { ...came }).to.deep.equal(
            typeof data === 'string' || Buffer.isBuffer(data) ? data : { ...data },
          );
        }
      });
    }

    it('is one of each room', async () => {
      const [one, other] = [await node(), await node()];
      for (const room of strangeNames) await other.space.subscribe(room);
      await Promise.all(strangeNames.map((room, index) => one.space.append(room, [draft(`${index}`)], ample)));
      await eventually(() => expect(other.entries).to.have.length(strangeNames.length));
      for (const [index, room] of strangeNames.entries()) {
        expect(other.data(room), room).to.deep.equal([`${index}`]);
        expect(texts(await other.space.read(room, { limit: 9 }, ample)), room).to.deep.equal([`${index}`]);
      }
    });

    it('is one of each name', async () => {
      for (const other of ['', 'a:b', '{a}', '*', '🙂', 'x'.repeat(64)]) {
        const [here, there] = [await node(), await node(`${name}${other}x`)];
        await there.space.subscribe('a');
        await here.space.subscribe('a');
        await say(here, 'a', 1);
        await eventually(() => expect(here.data('a')).to.deep.equal(['1']));
        expect((await there.space.read('a', { limit: 9 }, ample)).entries).to.deep.equal([]);
        expect(there.entries).to.deep.equal([]);
        await here.adapter.close();
        name += 'y';
      }
    });

    it('is there for a hundred rooms at once', async () => {
      const [one, other] = [await node(), await node()];
      const rooms = Array.from({ length: 100 }, (_, index) => `room ${index}`);
      await Promise.all(rooms.map((room) => other.space.subscribe(room)));
      await Promise.all(rooms.map((room) => say(one, room, 10)));
      await eventually(() => expect(other.entries).to.have.length(1000));
      for (const room of rooms)
        expect(other.data(room)).to.deep.equal(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    });
  });

  describe('publishing', () => {
    it('reaches other nodes that subscribed, and is kept nowhere', async () => {
      const [one, other] = await pair('a');
      const said = draft({ x: 1 }, { rooms: ['a', 'b'] });
      const before = await position(one, 'a');
      await one.space.publish('a', said);
      await one.space.publish('b', draft('not subscribed'));
      await eventually(() => expect(other.envelopes).to.have.length(1));
      expect(other.envelopes[0]).to.deep.equal({ room: 'a', envelope: { ...said, node: one.space.node } });
      expect(await position(one, 'a')).to.deep.equal(before);
      expect(one.envelopes, 'not to itself').to.deep.equal([]);
    });

    it('goes from node to node by the empty name', async () => {
      const [one, other] = await pair('');
      await one.space.publish('', draft({ command: 'disconnect' }));
      await eventually(() => expect(other.envelopes.map(({ room }) => room)).to.deep.equal(['']));
    });

    it('keeps the order of one node', async () => {
      const [one, other] = await pair('a');
      const said = Array.from({ length: 50 }, (_, index) => `${index}`);
      await Promise.all(said.map((text) => one.space.publish('a', draft(text))));
      await eventually(() => expect(other.envelopes.map(({ envelope }) => envelope.data)).to.deep.equal(said));
    });
  });

  describe('subscribing', () => {
    it('brings everything from then on, and nothing when it is taken back', async () => {
      const [one, other] = await pair('a');
      await say(one, 'a', 1);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1']));
      await other.space.unsubscribe('a');
      await say(one, 'a', 1, ample, 2);
      await other.space.subscribe('b');
      await say(one, 'b', 1);
      await eventually(() => expect(other.data('b')).to.deep.equal(['1']));
      expect(other.data('a')).to.deep.equal(['1']);
      await other.space.subscribe('a');
      await say(one, 'a', 1, ample, 3);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1', '3']));
      expect(other.entries.at(-1)!.previous, 'what was missed shows').to.be.above(other.entries[0]!.entry.offset);
    });

    it('twice is once', async () => {
      const [one, other] = await pair('a');
      await other.space.subscribe('a');
      await Promise.all([other.space.unsubscribe('b'), other.space.subscribe('a')]);
      await say(one, 'a', 2);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1', '2']));
      await other.space.unsubscribe('a');
      await other.space.subscribe('b');
      await say(one, 'a', 1);
      await say(one, 'b', 1);
      await eventually(() => expect(other.data('b')).to.have.length(1));
      expect(other.data('a')).to.have.length(2);
    });

    it('ends as it was asked for last', async () => {
      const [one, other] = [await node(), await node()];
      await Promise.all([other.space.subscribe('a'), other.space.unsubscribe('a'), other.space.subscribe('a')]);
      await Promise.all([other.space.subscribe('b'), other.space.unsubscribe('b')]);
      await say(one, 'b', 1);
      await say(one, 'a', 1);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1']));
      expect(other.data('b')).to.deep.equal([]);
    });
  });

  describe('presence', () => {
    const ids = (present: readonly Presence[]): string[] => present.map(({ id }) => id).sort();

    async function living(...all: TestNode[]): Promise<void> {
      for (const each of all) await each.space.touch(60_000, new Map());
    }

    function presence(of: TestNode, id: string, value: object = { name: id }): Presence {
      return { id, node: of.space.node, value };
    }

    it('is told, changed and taken back', async () => {
      const [one, other] = await pair('a');
      await living(one, other);
      const anna = presence(one, 'anna', { name: 'Anna', tags: ['x', '🙂'] });
      await one.space.enter('a', [anna, presence(one, 'bert')]);
      await eventually(() => expect(other.changes).to.have.length(1));
      expect(other.changes[0]).to.deep.equal({
        room: 'a',
        change: { joins: [anna, presence(one, 'bert')], leaves: [] },
      });
      expect(one.changes, 'not to itself').to.deep.equal([]);
      const renamed = presence(one, 'anna', { name: 'Annette' });
      await one.space.enter('a', [renamed]);
      await eventually(() => expect(other.changes[1]?.change).to.deep.equal({ joins: [renamed], leaves: [] }));
      const present = await other.space.present('a');
      expect(ids(present)).to.deep.equal(['anna', 'bert']);
      expect(present.find(({ id }) => id === 'anna')).to.deep.equal(renamed);
      await one.space.leave('a', ['anna']);
      await eventually(() => expect(other.changes[2]?.change).to.deep.equal({ joins: [], leaves: ['anna'] }));
      expect(ids(await other.space.present('a'))).to.deep.equal(['bert']);
      expect(await other.space.present('b')).to.deep.equal([]);
    });

    it('is kept for nodes that live', async () => {
      const [one, other] = await pair('a');
      await living(other);
      await one.space.touch(300, new Map());
      await one.space.enter('a', [presence(one, 'anna')]);
      expect(await other.space.touch(60_000, new Map())).to.have.members([one.space.node, other.space.node]);
      expect(ids(await other.space.present('a'))).to.deep.equal(['anna']);
      await eventually(async () =>
        expect(await other.space.touch(60_000, new Map())).to.deep.equal([other.space.node]),
      );
      expect(await other.space.present('a')).to.deep.equal([]);
      await other.space.leave('a', ['anna']);
      await living(one);
      expect(await other.space.present('a'), 'taken away by another node').to.deep.equal([]);
    });

    it('is said again with touch', async () => {
      const [one, other] = await pair('a');
      await living(one, other);
      const kept = new Map([
        ['a', [presence(one, 'anna')]],
        ['b', [presence(one, 'anna'), presence(one, 'bert')]],
      ]);
      const nodes = await one.space.touch(60_000, kept);
      expect(nodes).to.have.members([one.space.node, other.space.node]);
      expect(ids(await other.space.present('a'))).to.deep.equal(['anna']);
      expect(ids(await other.space.present('b'))).to.deep.equal(['anna', 'bert']);
    });

    it('ends with its node', async () => {
      const [one, other] = await pair('a');
      await living(one, other);
      await one.space.enter('a', [presence(one, 'anna'), presence(one, 'bert')]);
      await other.space.enter('a', [presence(other, 'carl')]);
      await eventually(() => expect(other.changes).to.have.length(1));
      await one.adapter.close();
      await eventually(() => {
        const left = other.changes.flatMap(({ change }) => change.leaves);
        expect(left.sort()).to.deep.equal(['anna', 'bert']);
      });
      expect(ids(await other.space.present('a'))).to.deep.equal(['carl']);
      expect(await other.space.touch(60_000, new Map())).to.deep.equal([other.space.node]);
    });

    it('has room for many', async () => {
      const [one, other] = await pair('a');
      await living(one, other);
      const many = Array.from({ length: 1000 }, (_, index) => presence(one, `member ${index}`));
      await one.space.enter('a', many);
      expect(await other.space.present('a')).to.have.length(1000);
      await eventually(() => expect(other.changes.flatMap(({ change }) => change.joins)).to.have.length(1000));
      await one.space.leave(
        'a',
        many.slice(1).map(({ id }) => id),
      );
      expect(ids(await other.space.present('a'))).to.deep.equal(['member 0']);
    });
  });

  describe('an adapter', () => {
    it('opens a name once, and again after it was closed', async () => {
      const one = await node();
      expect(() => one.adapter.open(name, one)).to.throw(
        InvalidOptionError,
        /open already: give one of the two another name/,
      );
      const other = new TestNode(one.adapter, `${name} other`);
      expect(other.space.node).to.not.equal(one.space.node);
      await one.space.close();
      const again = new TestNode(one.adapter, name);
      await again.space.subscribe('a');
      await say(again, 'a', 1);
      await eventually(() => expect(again.data('a')).to.deep.equal(['1']));
    });

    it('hears nothing any more when it is closed, and says so', async () => {
      const [one, other] = await pair('a');
      const seen: string[] = [];
      other.adapter.on('status', (status) => seen.push(status));
      await other.adapter.close();
      await other.adapter.close();
      await say(one, 'a', 1);
      await eventually(() => expect(one.data('a')).to.have.length(1));
      expect(other.entries).to.deep.equal([]);
      expect(other.adapter.status).to.equal('closed');
      expect(other.statuses.filter((status) => status === 'closed')).to.have.length(1);
      expect(seen).to.deep.equal(['closed']);
      expect(() => other.adapter.open('b', other)).to.throw(InvalidStateError, /closed/);
      await rejected(() => other.space.subscribe('a'));
      await rejected(() => other.space.read('a', { limit: 1 }, ample));
    });

    it('is ready, and knows no problem', async () => {
      const one = await node();
      expect(one.adapter.status).to.equal('ready');
      expect(one.adapter.problem).to.equal(undefined);
    });
  });
}

async function rejected(call: () => unknown): Promise<void> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error)
    .to.be.an.instanceOf(InvalidStateError)
    .with.property('message')
    .that.matches(/closed/);
}
