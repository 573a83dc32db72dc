import { once } from 'node:events';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import { type NatsAdapterOptions, natsAdapter } from '../../src/nats';
import { AdapterError, InvalidOptionError, MessageTooBigError } from '../../src/protocol/errors';
import type { LogPage, Position } from '../../src/rooms/adapter';
import { ample, draft, eventually, TestNode } from '../adapters/support/test-node';
import { debianTool } from '../support/debian-tool';
import { NatsServer } from '../support/nats-server';
import { recordMistakes } from '../support/record-mistakes';

describe('natsAdapter', function () {
  this.timeout(30_000);

  const mistakes = recordMistakes();
  let program = '';
  let server: NatsServer;
  let nodes: TestNode[] = [];

  before(function () {
    program = debianTool(this, 'nats-server');
  });

  beforeEach(async () => {
    server = await NatsServer.start(program);
  });

  afterEach(async () => {
    await Promise.all(nodes.map(({ adapter }) => adapter.close()));
    nodes = [];
    await server.stop();
  });

  async function node(options: NatsAdapterOptions = {}, connection?: NatsConnection): Promise<TestNode> {
    const settings = { operationTimeout: 500, probeInterval: 200, ...options };
    const made = new TestNode(natsAdapter(connection ?? (await server.connect()), settings), 'rooms');
    nodes.push(made);
    return made;
  }

  async function readyNode(options: NatsAdapterOptions = {}): Promise<TestNode> {
    const made = await node(options);
    await made.ready();
    return made;
  }

  async function say(from: TestNode, room: string, texts: readonly string[], limits = ample): Promise<void> {
    await from.space.append(
      room,
      texts.map((text) => draft(text)),
      limits,
    );
  }

  async function position(from: TestNode, room: string, limits = ample): Promise<Position> {
    return (await from.space.read(room, { limit: 0 }, limits)).position;
  }

  async function rejection(promise: unknown): Promise<Error> {
    try {
      await promise;
    } catch (error) {
      return error as Error;
    }
    throw new Error('It was not rejected');
  }

  const texts = ({ entries }: LogPage) => entries.map(({ data }) => data);
  const numbers = (count: number, first = 1) => Array.from({ length: count }, (_, index) => `${first + index}`);

  describe('what it is given', () => {
    it('is an open connection of the client', async () => {
      const connection = await server.connect();
      for (const wrong of [undefined, null, 7, {}, 'nats://localhost']) {
        expect(() => natsAdapter(wrong as never)).to.throw(
          InvalidOptionError,
          /takes a NatsConnection, as connect\(\)/,
        );
      }
      expect(() => natsAdapter(Promise.resolve(connection) as never)).to.throw(/not a promise of one/);
      const silent = await server.connect({ noEcho: true });
      expect(() => natsAdapter(silent)).to.throw(InvalidOptionError, /without the option noEcho/);
      await connection.close();
      expect(() => natsAdapter(connection)).to.throw(InvalidOptionError, /this one is closed/);
    });

    it('is options that can be', async () => {
      const connection = await server.connect();
      const wrong: [options: object, words: RegExp][] = [
        [{ prefx: 'a' }, /Unknown option 'prefx' in natsAdapter\(\)\. Did you mean 'prefix'/],
        [{ prefix: 'a.b' }, /Option 'prefix' must be a string of 1 to 64 letters, digits/],
        [{ replicas: 0 }, /Option 'replicas' must be a whole number from 1 to 5/],
        [{ storage: 'disk' }, /Option 'storage' must be 'file' or 'memory', not "disk"/],
        [{ maxBytes: 1.5 }, /Option 'maxBytes'/],
        [{ operationTimeout: -1 }, /Option 'operationTimeout'/],
      ];
      for (const [options, words] of wrong)
        expect(() => natsAdapter(connection, options)).to.throw(InvalidOptionError, words);
    });

    it('should not give up', async () => {
      const warned = once(process, 'warning');
      await node({}, await server.connect({ maxReconnectAttempts: 3 }));
      const [warning] = await warned;
      expect(warning.code).to.equal('SWITCHBOARD_NATS_RECONNECT');
      expect(warning.message).to.match(/gives up after 3 attempts .* maxReconnectAttempts: -1/);
    });
  });

  describe('a log', () => {
    it('is read backwards among many messages of other rooms', async () => {
      const one = await readyNode();
      const limits = { ...ample, count: 2000 };
      for (let round = 0; round < 10; round++) {
        await Promise.all([
          say(one, 'a', numbers(60, 1 + round * 60), limits),
          ...['b', 'c', 'd'].map((room) => say(one, room, numbers(round * 20), limits)),
        ]);
      }
      let before: Position | undefined;
      const read: unknown[] = [];
      for (let page = 0; page < 60; page++) {
        const query = before === undefined ? { limit: 10 } : { before, limit: 10 };
        const found = await one.space.read('a', query, limits);
        expect(found.entries).to.have.length(10);
        expect(found.more).to.equal(page < 59);
        read.unshift(...texts(found));
        before = found.entries[0];
      }
      expect(read).to.deep.equal(numbers(600));
    });

    it('begins in a new room where the stream is, and is whole from there', async () => {
      const one = await readyNode();
      await say(one, 'other', numbers(30));
      const begin = await position(one, 'a');
      expect(begin.offset).to.equal(30);
      await say(one, 'a', ['1']);
      await say(one, 'other', ['31']);
      await say(one, 'a', ['2', '3']);
      const page = await one.space.read('a', { since: begin }, ample);
      expect(texts(page)).to.deep.equal(['1', '2', '3']);
      expect(page.gap).to.equal(false);
    });

    it('keeps more when a node asks for more, and says what it had dropped before', async () => {
      const one = await readyNode();
      const few = { ...ample, count: 2 };
      const many = { ...ample, count: 5 };
      const begin = await position(one, 'a', few);
      await say(one, 'a', numbers(4), few);
      await say(one, 'a', numbers(3, 5), many);
      const page = await one.space.read('a', { since: begin }, many);
      expect(page.gap).to.equal(true);
      expect(texts(page)).to.deep.equal(['3', '4', '5', '6', '7'].slice(-page.entries.length));
      await say(one, 'a', numbers(1, 8), few);
      expect(texts(await one.space.read('a', { limit: 9 }, many)), 'nobody makes it keep less').to.deep.equal(
        numbers(5, 4),
      );
      expect(texts(await one.space.read('a', { limit: 9 }, few))).to.deep.equal(['7', '8']);
    });

    it('says that there is a gap where all rooms took too much', async () => {
      const one = await readyNode({ maxBytes: 64 * 1024 });
      const begin = await position(one, 'a');
      await say(one, 'a', ['lost']);
      for (let index = 0; index < 20; index++) await say(one, 'b', ['x'.repeat(8000)]);
      expect(await one.space.read('a', { since: begin }, ample)).to.deep.include({ entries: [], gap: true });
      const now = await position(one, 'a');
      expect(await one.space.read('a', { since: now }, ample)).to.deep.include({ entries: [], gap: false });
    });

    it('is another one when its stream was deleted', async () => {
      const [one, other] = [await readyNode(), await readyNode()];
      await other.space.subscribe('a');
      await say(one, 'a', numbers(3));
      const before = await position(one, 'a');
      const connection = await server.connect();
      await connection.request('$JS.API.STREAM.DELETE.switchboard_rooms_log');
      await say(one, 'a', ['new']);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1', '2', '3', 'new']));
      expect(other.entries.at(-1)?.entry.epoch).to.not.equal(before.epoch);
      const page = await other.space.read('a', { since: before }, ample);
      expect(page.gap).to.equal(true);
      expect(texts(page)).to.deep.equal(['new']);
      expect(page.position.epoch).to.equal(other.entries.at(-1)?.entry.epoch);
    });

    it('is not one of somebody else', async () => {
      const connection = await server.connect();
      const config = { name: 'switchboard_rooms_log', subjects: ['something.else'] };
      await connection.request('$JS.API.STREAM.CREATE.switchboard_rooms_log', JSON.stringify(config));
      const one = await node();
      const error = await rejection(one.space.read('a', { limit: 1 }, ample));
      expect(error).to.be.instanceOf(AdapterError);
      expect(error.message).to.match(/switchboard_rooms_log .* was not made by natsAdapter\(\): delete it, or choose/);
    });

    it('passes over what is not in the wire format, and says so', async () => {
      const one = await readyNode();
      await one.space.subscribe('a');
      await say(one, 'a', ['1']);
      const warned = once(process, 'warning');
      const connection = await server.connect();
      await connection.request('switchboard.rooms.log.a', 'no JSON');
      const [warning] = await warned;
      expect(warning.message).to.match(/no JSON/);
      await say(one, 'a', ['2']);
      await eventually(() => expect(one.data('a')).to.deep.equal(['1', '2']));
      const page = await one.space.read('a', { limit: 9 }, ample);
      expect(texts(page)).to.deep.equal(['1', '2']);
      expect(one.adapter.status).to.equal('ready');
    });

    it('is told on when whoever hears it throws, which is not the fault of what was published', async () => {
      const [one, other] = [await readyNode(), await readyNode()];
      const warnings: Error[] = [];
      const hear = (warning: Error) => warnings.push(warning);
      process.on('warning', hear);
      const all = [new Error('mistake'), new AdapterError('mistake', { code: 'BROKER_FAILED' })];
      const left = [...all];
      const record = other.appended.bind(other);
      other.appended = (...told) => {
        const mistake = left.shift();
        if (mistake !== undefined) throw mistake;
        record(...told);
      };
      await other.space.subscribe('a');
      await say(one, 'a', numbers(3));
      await eventually(() => expect(other.data('a')).to.deep.equal(['3']));
      process.off('warning', hear);
      expect(mistakes).to.deep.equal(all);
      expect(warnings).to.deep.equal([]);
    });

    it('is appended to by any program, as docs/adapter-wire-format.md says', async () => {
      const one = await readyNode();
      await one.space.subscribe('a.b');
      await position(one, 'a.b');
      const connection = await server.connect();
      const id = headers();
      id.set('Nats-Msg-Id', 'a=2eb.9f1c');
      const envelope = '{"v":1,"id":"9f1c","node":"worker-7","at":1760000000000,"text":"hello"}';
      for (const duplicate of [undefined, true]) {
        const options = { timeout: 2000, headers: id };
        const answer = await connection.request('switchboard.rooms.log.a=2eb', envelope, options);
        expect(answer.json()).to.deep.include({
          stream: 'switchboard_rooms_log',
          seq: 1,
          ...(duplicate && { duplicate }),
        });
      }
      expect(await one.space.append('a.b', [{ id: '9f1c', at: 0, data: 'again' }], ample)).to.deep.equal([1]);
      connection.publish('switchboard.rooms.to.a=2eb.now', envelope);
      await eventually(() => expect(one.envelopes).to.have.length(1));
      expect(one.data('a.b')).to.deep.equal(['hello']);
      expect(one.envelopes[0]?.envelope).to.deep.include({ id: '9f1c', node: 'worker-7', data: 'hello' });
    });

    it('does not take what the server does not', async () => {
      const one = await readyNode();
      for (const call of [
        () => one.space.append('a', [draft('x'.repeat(9_000_000))], ample),
        () => one.space.publish('a', draft('x'.repeat(9_000_000))),
      ]) {
        const error = await rejection(call());
        expect(error).to.be.instanceOf(MessageTooBigError);
        expect(error.message).to.match(/takes 9000\d+ bytes at NATS, and its server takes 8388608 \(max_payload/);
      }
      expect(one.adapter.status).to.equal('ready');
    });
  });

  describe('a server', () => {
    it('without JetStream is told how to have it', async () => {
      const without = await NatsServer.start(program, { jetStream: false });
      try {
        const one = await node({}, await without.connect());
        await eventually(() => expect(one.adapter.problem?.message).to.match(/start it as nats-server -js/));
        expect(one.adapter.status).to.equal('degraded');
        const error = await rejection(one.space.read('a', { limit: 1 }, ample));
        expect(error).to.be.instanceOf(AdapterError);
        expect((error as AdapterError).code).to.equal('NO_JETSTREAM');
        await one.adapter.close();
      } finally {
        await without.stop();
      }
    });

    it('that is killed and started again has all that it has acknowledged', async () => {
      const [one, other] = [await readyNode(), await readyNode()];
      await other.space.subscribe('a');
      const begin = await position(one, 'a');
      const said: string[] = [];
      const lost = eventually(() => expect(one.adapter.status).to.equal('degraded'));
      const talking = (async () => {
        for (let index = 1; ; index++) {
          await say(one, 'a', [`${index}`]);
          said.push(`${index}`);
        }
      })();
      await eventually(() => expect(said.length).to.be.above(300));
      await server.kill();
      expect(await rejection(talking)).to.be.instanceOf(AdapterError);
      await lost;
      expect(one.adapter.problem).to.be.instanceOf(AdapterError);
      await server.start();
      await Promise.all([one.ready(), other.ready()]);
      const page = await one.space.read('a', { since: begin }, { ...ample, count: 100_000 });
      expect(page.gap).to.equal(false);
      expect(texts(page).slice(0, said.length)).to.deep.equal(said);
      await say(one, 'a', ['after']);
      await eventually(() => expect(other.data('a').at(-1)).to.equal('after'));
      expect(other.statuses).to.include('degraded');
    });

    it('that lost what it had acknowledged begins another epoch', async () => {
      const [one, other] = [await readyNode(), await readyNode()];
      await say(one, 'a', numbers(3));
      await server.kill();
      await server.saveStore();
      await server.start();
      await Promise.all([one.ready(), other.ready()]);
      await say(one, 'a', ['4', '5']);
      const before = await position(one, 'a');
      await server.kill();
      await server.restoreStore();
      await server.start();
      await eventually(() => expect(one.adapter.status).to.equal('degraded'));
      await Promise.all([one.ready(), other.ready()]);
      await say(other, 'a', ['5', '6', '7']);
      for (const each of [one, other]) {
        const page = await each.space.read('a', { since: before }, ample);
        expect(page.gap).to.equal(true);
        expect(page.position.epoch).to.not.equal(before.epoch);
        expect(texts(page)).to.deep.equal(['1', '2', '3', '5', '6', '7']);
      }
      expect(await position(one, 'a')).to.deep.equal(await position(other, 'a'));
    });

    it('that stands still is found out, and what was said twice is there once', async () => {
      const [one, other] = [await readyNode(), await readyNode()];
      await other.space.subscribe('a');
      await say(one, 'a', ['1']);
      server.pause();
      const said = [draft('2'), draft('3')];
      const error = await rejection(one.space.append('a', said, ample));
      expect((error as AdapterError).code).to.equal('BROKER_TIMEOUT');
      expect(error.message).to.match(/append: NATS did not answer within 500 ms \(option operationTimeout\)/);
      await eventually(() => expect(other.adapter.status).to.equal('degraded'));
      server.resume();
      await Promise.all([one.ready(), other.ready()]);
      await one.space.append('a', said, ample);
      await eventually(() => expect(other.data('a')).to.deep.equal(['1', '2', '3']));
      expect(texts(await other.space.read('a', { limit: 9 }, ample))).to.deep.equal(['1', '2', '3']);
    });

    it('that stands still is found out, whatever those throw who hear the status', async () => {
      const one = await readyNode();
      one.adapter.on('status', (status) => {
        if (status !== 'closed') throw status;
      });
      one.adapter.on('status', async (status) => {
        if (status !== 'closed') throw status;
      });
      server.pause();
      const error = await rejection(one.space.append('a', [draft('1')], ample));
      expect((error as AdapterError).code).to.equal('BROKER_TIMEOUT');
      server.resume();
      await one.ready();
      await say(one, 'a', ['2']);
      await eventually(() => expect(mistakes).to.deep.equal(['degraded', 'degraded', 'ready', 'ready']));
    });

    it('that is away is waited for by a connection that does not give up', async () => {
      const connection = await server.connect();
      await server.kill();
      const one = await node({}, connection);
      await eventually(() => expect(one.adapter.problem?.message).to.match(/the connection was lost|did not answer/));
      await server.start();
      await one.ready();
      await say(one, 'a', ['1']);
      expect(texts(await one.space.read('a', { limit: 9 }, ample))).to.deep.equal(['1']);
    });

    it('that is away is not waited for by one that does', async () => {
      const one = await node({}, await server.connect({ maxReconnectAttempts: 1 }));
      await one.ready();
      await server.kill();
      await eventually(() => expect(one.adapter.problem?.message).to.match(/does not come back: make it with connect/));
      expect(one.adapter.status).to.equal('degraded');
      await one.adapter.close();
      expect(one.adapter.status).to.equal('closed');
    });
  });

  describe('presence', () => {
    const presence = (of: TestNode, id: string) => ({ id, node: of.space.node, value: { name: id } });

    it('is said again where its bucket was lost', async () => {
      const [one, other] = [await readyNode(), await readyNode()];
      for (const each of [one, other]) await each.space.touch(60_000, new Map());
      await one.space.enter('a', [presence(one, 'anna')]);
      const connection = await server.connect();
      await connection.request('$JS.API.STREAM.DELETE.KV_switchboard_rooms_presence');
      const error = await rejection(one.space.enter('a', [presence(one, 'bert')]));
      expect(error.message).to.match(/the bucket switchboard_rooms_presence is gone, and made anew/);
      // All nodes do so when they are ready again.
      await eventually(() => expect(one.statuses.slice(-2)).to.deep.equal(['degraded', 'ready']));
      await one.space.enter('a', [presence(one, 'anna'), presence(one, 'bert')]);
      const present = await other.space.present('a');
      expect(present.map(({ id }) => id).sort()).to.deep.equal(['anna', 'bert']);
    });

    it('of a node that was killed ends after its time, by the clock of the server', async () => {
      const [one, other] = [await readyNode(), await readyNode()];
      await one.space.touch(400, new Map());
      await one.space.enter('a', [presence(one, 'anna')]);
      expect(await other.space.present('a')).to.deep.equal([presence(one, 'anna')]);
      await eventually(async () => expect(await other.space.present('a')).to.deep.equal([]));
      await one.space.touch(60_000, new Map());
      expect(await other.space.present('a')).to.deep.equal([presence(one, 'anna')]);
    });

    it('is as it was said last, however soon', async () => {
      const [one, other] = [await readyNode(), await readyNode()];
      await other.space.subscribe('a');
      await Promise.all([
        one.space.touch(60_000, new Map([['a', [presence(one, 'carl')]]])),
        one.space.enter('a', [presence(one, 'anna')]),
        one.space.leave('a', ['anna', 'carl']),
        one.space.enter('a', [presence(one, 'bert')]),
        one.space.leave('a', ['bert']),
        one.space.enter('a', [presence(one, 'bert')]),
      ]);
      expect(await other.space.present('a')).to.deep.equal([presence(one, 'bert')]);
      await eventually(() => {
        const present = new Set<string>();
        for (const { change } of other.changes) {
          for (const { id } of change.joins) present.add(id);
          for (const id of change.leaves) present.delete(id);
        }
        expect([...present]).to.deep.equal(['bert']);
      });
    });

    it('has room for more than fits into a message', async () => {
      const [one, other] = [await readyNode({ operationTimeout: 3000 }), await readyNode()];
      for (const each of [one, other]) await each.space.touch(60_000, new Map());
      const many = Array.from({ length: 100 }, (_, index) => ({
        ...presence(one, `member ${index}`),
        value: { text: 'x'.repeat(20_000) },
      }));
      await one.space.enter('a', many);
      expect(await other.space.present('a')).to.have.length(100);
      await one.space.leave(
        'a',
        many.map(({ id }) => id),
      );
      expect(await other.space.present('a')).to.deep.equal([]);
    });

    it('can be looked at as the buckets that it is', async () => {
      const one = await readyNode();
      await one.space.touch(60_000, new Map());
      await one.space.enter('a', [presence(one, 'anna')]);
      const connection = await server.connect();
      const query = JSON.stringify({ last_by_subj: `$KV.switchboard_rooms_presence.a.in.${one.space.node}.0` });
      const answer = await connection.request('$JS.API.STREAM.MSG.GET.KV_switchboard_rooms_presence', query);
      const { message } = answer.json<{ message: { data: string } }>();
      const value = JSON.parse(Buffer.from(message.data, 'base64').toString());
      expect(value).to.deep.include({ v: 1, node: one.space.node, present: [{ id: 'anna', value: { name: 'anna' } }] });
    });
  });

  it('leaves nothing behind when it is closed', async () => {
    const connection = await server.connect();
    const one = await node({}, connection);
    await one.ready();
    for (const room of ['a', 'b', 'c']) await one.space.subscribe(room);
    await say(one, 'a', numbers(3));
    await one.space.read('a', { limit: 2 }, ample);
    await one.adapter.close();
    await one.adapter.close();
    // The one that is left is the client's own, for answers to requests.
    const { subscriptions } = (connection as unknown as { protocol: { subscriptions: { subs: Map<number, unknown> } } })
      .protocol;
    expect(subscriptions.subs.size).to.equal(1);
    const answer = await connection.request('$JS.API.CONSUMER.NAMES.switchboard_rooms_log');
    expect(answer.json<{ consumers: unknown[] | null }>().consumers ?? []).to.deep.equal([]);
    expect(connection.isClosed()).to.equal(false);
  });
});
