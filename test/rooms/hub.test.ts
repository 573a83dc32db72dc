import { once } from 'node:events';
import { setImmediate as nextIteration } from 'node:timers/promises';
import { expect } from 'chai';
import type { ConnectionOptions } from '../../src/connection/options';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { InvalidOptionError } from '../../src/protocol/errors';
import { Hub } from '../../src/rooms/hub';
import { createConnectionPair } from '../support/connection-pair';
import { FakeMember, fakes } from '../support/fake-member';

describe('Hub', () => {
  describe('membership', () => {
    it('knows rooms of members and members of rooms, in the order of joining', () => {
      const hub = new Hub();
      const { connections } = fakes(2);
      const [ann, bob] = connections as [WebSocketConnection, WebSocketConnection];
      hub.join(ann, 'b');
      hub.join(ann, 'a');
      hub.join(bob, 'b');
      expect(hub.members('b')).to.deep.equal([ann, bob]);
      expect(hub.count('b')).to.equal(2);
      expect(hub.count('a')).to.equal(1);
      expect(hub.rooms(ann)).to.deep.equal(['b', 'a']);
      expect(hub.rooms(bob)).to.deep.equal(['b']);
      expect(hub.rooms()).to.deep.equal(['b', 'a']);
    });

    it('counts joining twice as joining once', () => {
      const hub = new Hub();
      const ann = new FakeMember();
      expect(hub.join(ann.asConnection, 'a')).to.equal(true);
      expect(hub.join(ann.asConnection, 'a')).to.equal(true);
      expect(hub.count('a')).to.equal(1);
      hub.to('a').publish('once');
      expect(ann.texts).to.deep.equal(['once']);
    });

    it('knows nothing of rooms and members that are not there', () => {
      const hub = new Hub();
      const stranger = new FakeMember().asConnection;
      expect(hub.members('a')).to.deep.equal([]);
      expect(hub.count('a')).to.equal(0);
      expect(hub.rooms(stranger)).to.deep.equal([]);
      expect(hub.leave(stranger, 'a')).to.equal(false);
      expect(() => hub.leaveAll(stranger)).to.not.throw();
      expect(() => hub.to('a').publish('to nobody')).to.not.throw();
    });

    it('forgets a room that is empty', () => {
      const hub = new Hub();
      const ann = new FakeMember().asConnection;
      hub.join(ann, 'a');
      expect(hub.leave(ann, 'a')).to.equal(true);
      expect(hub.leave(ann, 'a')).to.equal(false);
      expect(hub.rooms()).to.deep.equal([]);
      expect(hub.rooms(ann)).to.deep.equal([]);
    });

    it('lets a member leave all of its rooms, and come back', () => {
      const hub = new Hub();
      const { members, connections } = fakes(2);
      const [ann, bob] = connections as [WebSocketConnection, WebSocketConnection];
      for (const room of ['a', 'b', 'c']) hub.join(ann, room);
      hub.join(bob, 'b');
      hub.leaveAll(ann);
      expect(hub.rooms()).to.deep.equal(['b']);
      expect(hub.members('b')).to.deep.equal([bob]);
      hub.join(ann, 'd');
      expect(hub.rooms(ann)).to.deep.equal(['d']);
      expect(members[0]!.closeCallbacks).to.have.lengthOf(1);
    });

    it('lets a connection that closes leave its rooms, and listens for that once', () => {
      const hub = new Hub();
      const { members, connections } = fakes(2);
      for (const room of ['a', 'b', 'c']) hub.join(connections[0]!, room);
      hub.join(connections[1]!, 'b');
      expect(members[0]!.closeCallbacks).to.have.lengthOf(1);
      members[0]!.close();
      expect(hub.rooms()).to.deep.equal(['b']);
      expect(hub.members('b')).to.deep.equal([connections[1]]);
      expect(hub.rooms(connections[0]!)).to.deep.equal([]);
    });

    it('takes nobody in whose connection is closing or closed', () => {
      const hub = new Hub();
      const late = new FakeMember();
      for (const state of [0, 2, 3]) {
        late.readyState = state;
        expect(hub.join(late.asConnection, 'a')).to.equal(false);
      }
      expect(hub.rooms()).to.deep.equal([]);
      expect(late.closeCallbacks).to.deep.equal([]);
    });

    it('returns copies, which joining and leaving may go on behind', () => {
      const hub = new Hub();
      const { connections } = fakes(3);
      for (const connection of connections) hub.join(connection, 'a');
      for (const member of hub.members('a')) hub.leave(member, 'a');
      expect(hub.count('a')).to.equal(0);
    });

    it('takes __proto__ and its like for names', () => {
      const hub = new Hub();
      const ann = new FakeMember();
      for (const room of ['__proto__', 'constructor', 'toString']) {
        expect(hub.count(room)).to.equal(0);
        hub.join(ann.asConnection, room);
        expect(hub.count(room)).to.equal(1);
        hub.to(room).publish(room);
      }
      expect(ann.texts).to.deep.equal(['__proto__', 'constructor', 'toString']);
    });

    it('keeps rooms of the same name in two hubs apart', () => {
      const [one, other] = [new Hub(), new Hub()];
      const { members, connections } = fakes(2);
      one.join(connections[0]!, 'a');
      other.join(connections[1]!, 'a');
      one.to('a').publish('one');
      expect(members.map((member) => member.texts)).to.deep.equal([['one'], []]);
    });

    it('refuses what is no room name, and what is no connection', () => {
      const hub = new Hub();
      const ann = new FakeMember().asConnection;
      const tenMegabytes = 'x'.repeat(10 * 1024 * 1024);
      expect(() => hub.join(ann, '')).to.throw(InvalidOptionError, 'must not be empty');
      expect(() => hub.join(ann, tenMegabytes)).to.throw(InvalidOptionError, 'at most 256 characters');
      expect(() => hub.to(tenMegabytes)).to.throw(InvalidOptionError, 'at most 256 characters');
      expect(() => hub.to()).to.throw(InvalidOptionError, 'at least one room');
      expect(() => hub.to(['a', 'b'] as never)).to.throw(InvalidOptionError, 'one by one');
      expect(() => hub.join('a' as never, ann as never)).to.throw(InvalidOptionError, 'join() takes a connection');
      expect(() => hub.join(undefined as never, 'a')).to.throw(InvalidOptionError, 'the connection is undefined');
      expect(hub.rooms()).to.deep.equal([]);
    });
  });

  describe('publish', () => {
    it('reaches everyone in the room and nobody else', () => {
      const hub = new Hub();
      const { members, connections } = fakes(3);
      hub.join(connections[0]!, 'a');
      hub.join(connections[1]!, 'a');
      hub.join(connections[2]!, 'b');
      hub.to('a').publish('hello');
      expect(members.map((member) => member.texts)).to.deep.equal([['hello'], ['hello'], []]);
    });

    it('reaches a member of several named rooms once', () => {
      const hub = new Hub();
      const { members, connections } = fakes(3);
      for (const room of ['a', 'b', 'c']) hub.join(connections[0]!, room);
      hub.join(connections[1]!, 'b');
      hub.join(connections[2]!, 'c');
      hub.to('a', 'b', 'nobody', 'a').publish('one');
      hub.to('b', 'c').publish('two');
      expect(members.map((member) => member.texts)).to.deep.equal([['one', 'two'], ['one', 'two'], ['two']]);
    });

    it('passes over those excepted, whether or not they are in the room', () => {
      const hub = new Hub();
      const { members, connections } = fakes(3);
      const [ann, bob, eve] = connections as [WebSocketConnection, WebSocketConnection, WebSocketConnection];
      hub.join(ann, 'a');
      hub.join(bob, 'a');
      hub.to('a').except(ann).publish('1');
      hub.to('a').except(eve).publish('2');
      hub.to('a').except(ann, bob).publish('3');
      hub.to('a').except(ann).except(bob).publish('4');
      hub.to('a').publish('5');
      expect(members.map((member) => member.texts)).to.deep.equal([['2', '5'], ['1', '2', '5'], []]);
    });

    it('can be kept and used again: except() makes another one', () => {
      const hub = new Hub();
      const { members, connections } = fakes(2);
      const room = hub.to('a');
      const others = room.except(connections[0]!);
      for (const connection of connections) hub.join(connection, 'a');
      room.publish('all');
      others.publish('others');
      room.publish('all again');
      expect(members.map((member) => member.texts)).to.deep.equal([
        ['all', 'all again'],
        ['all', 'others', 'all again'],
      ]);
    });

    it('gives all members the same bytes, encoded once', () => {
      const hub = new Hub();
      const { members, connections } = fakes(50);
      for (const connection of connections) hub.join(connection, 'a');
      hub.to('a').publish('x'.repeat(100));
      const [first] = members[0]!.sent;
      for (const member of members) expect(member.sent).to.deep.equal([first]);
      expect(new Set(members.map((member) => member.sent[0]!.buffer)).size).to.equal(1);
    });

    it('puts the publishes of one iteration one behind the other, and writes over none of them later', async () => {
      const hub = new Hub();
      const ann = new FakeMember();
      hub.join(ann.asConnection, 'a');
      for (let i = 0; i < 16; i++) hub.to('a').publish(`message ${i}`);
      ann.sent.reduce((before, range) => {
        expect(range.buffer).to.equal(before.buffer);
        expect(range.start).to.equal(before.end);
        return range;
      });
      expect(ann.sent).to.have.lengthOf(16);
      const copies = ann.texts;
      await nextIteration();
      for (let i = 0; i < 2000; i++) hub.to('a').publish(`later ${i}`.padEnd(100));
      expect(ann.texts.slice(0, 16)).to.deep.equal(copies);
    });

    it('encodes before it returns: bytes may be changed afterwards', () => {
      const hub = new Hub();
      const ann = new FakeMember();
      hub.join(ann.asConnection, 'a');
      const bytes = Buffer.from('before');
      hub.to('a').publish(bytes);
      bytes.fill(0);
      expect(ann.texts).to.deep.equal(['before']);
    });

    it('refuses what has no JSON, and sends nothing', () => {
      const hub = new Hub();
      const ann = new FakeMember();
      hub.join(ann.asConnection, 'a');
      expect(() => hub.to('a').publish(undefined)).to.throw(InvalidOptionError, 'undefined cannot be published');
      expect(() => hub.to('nobody').publish(() => {})).to.throw(InvalidOptionError);
      expect(ann.sent).to.deep.equal([]);
    });

    it('lets what is published meanwhile come behind it, for everybody', () => {
      const hub = new Hub();
      const { members, connections } = fakes(4);
      for (const connection of connections) hub.join(connection, 'a');
      for (const connection of connections.slice(2)) hub.join(connection, 'b');
      const bytes = Buffer.from('answer');
      members[1]!.onSend = () => {
        members[1]!.onSend = () => {};
        hub.to('a').except(connections[0]!).publish(bytes);
        bytes.fill('?');
      };
      hub.to('a', 'b').except(connections[3]!).publish('question');
      expect(members.map(({ texts }) => texts)).to.deep.equal([
        ['question'],
        ['question', 'answer'],
        ['question', 'answer'],
        ['answer'],
      ]);
    });

    it('stands members that close, leave, and join while it goes round', () => {
      const hub = new Hub();
      const { members, connections } = fakes(4);
      for (const connection of connections) hub.join(connection, 'a');
      members[0]!.onSend = () => members[1]!.close();
      members[2]!.onSend = () => hub.leave(connections[2]!, 'a');
      hub.to('a').publish('x');
      expect(members.map((member) => member.texts)).to.deep.equal([['x'], [], ['x'], ['x']]);
      expect(hub.members('a')).to.deep.equal([connections[0], connections[3]]);
    });
  });

  describe('with connections', () => {
    function pairs(count: number, options: Partial<ConnectionOptions> = {}) {
      const made = Array.from({ length: count }, () => createConnectionPair(options));
      for (const { client, server } of made) {
        opened.push(client, server);
        server.openGate();
      }
      return made;
    }

    const opened: WebSocketConnection[] = [];
    afterEach(() => {
      for (const connection of opened.splice(0)) connection.terminate();
    });

    it('takes no client, whose frames must be masked one by one', () => {
      const { client } = createConnectionPair();
      expect(() => new Hub().join(client, 'a')).to.throw(InvalidOptionError, 'connections of a server');
      client.terminate();
    });

    it('delivers text, binary and JSON', async () => {
      const hub = new Hub();
      const [pair] = pairs(1);
      hub.join(pair!.server, 'a');
      hub.to('a').publish('tëxt');
      hub.to('a').publish(new Float32Array([1, 2]));
      hub.to('a').publish({ goals: [1, 0] });
      hub.to('a').publish('x'.repeat(100_000));
      expect(await pair!.client.receive()).to.equal('tëxt');
      expect(await pair!.client.receive()).to.deep.equal(Buffer.from(new Float32Array([1, 2]).buffer));
      expect(await pair!.client.receive()).to.equal('{"goals":[1,0]}');
      expect(await pair!.client.receive()).to.equal('x'.repeat(100_000));
    });

    it('keeps the order of the calls between rooms and direct sends', async () => {
      const hub = new Hub();
      const [ann, bob] = pairs(2);
      for (const { server } of [ann!, bob!]) {
        hub.join(server, 'a');
        hub.join(server, 'b');
      }
      const expected: string[] = [];
      for (let i = 0; i < 300; i++) {
        const text = `${i}`.padEnd((i * 7) % 400, '.');
        if (i % 3 === 0) hub.to('a').publish(text);
        else if (i % 3 === 1) hub.to('b', 'a').publish(text);
        else for (const { server } of [ann!, bob!]) server.send(text);
        expected.push(text);
        if (i % 50 === 49) await nextIteration();
      }
      for (const { client } of [ann!, bob!]) {
        for (const text of expected) expect(await client.receive()).to.equal(text);
      }
    });

    it('makes one write of an iteration for each member', async () => {
      const hub = new Hub();
      const made = pairs(3);
      const writes = made.map(({ server }) => {
        hub.join(server, 'a');
        const { transport } = server as unknown as { transport: NodeJS.WritableStream };
        const sizes: number[] = [];
        const write = transport.write.bind(transport) as (chunk: Uint8Array, callback?: () => void) => boolean;
        transport.write = ((chunk: Uint8Array, callback?: () => void) => {
          sizes.push(chunk.length);
          return write(chunk, callback);
        }) as typeof transport.write;
        return sizes;
      });
      for (let i = 0; i < 16; i++) hub.to('a').publish('x'.repeat(62));
      for (const { client } of made) {
        for (let i = 0; i < 16; i++) expect(await client.receive()).to.have.lengthOf(62);
      }
      expect(writes).to.deep.equal([[1024], [1024], [1024]]);
    });

    it('lets a closed connection leave, and the others go on', async () => {
      const hub = new Hub();
      const [ann, bob] = pairs(2);
      hub.join(ann!.server, 'a');
      hub.join(bob!.server, 'a');
      ann!.client.terminate();
      await ann!.server.closed;
      expect(hub.members('a')).to.deep.equal([bob!.server]);
      hub.to('a').publish('still here');
      expect(await bob!.client.receive()).to.equal('still here');
    });

    it('closes a member that does not read with 1008, while the others get everything', async () => {
      const hub = new Hub();
      const [slow, quick] = pairs(2, { highWaterMark: 10_000, lowWaterMark: 1000, maxBufferedAmount: 50_000 });
      hub.join(slow!.server, 'a');
      hub.join(quick!.server, 'a');
      slow!.client.pause();
      const closed = slow!.server.closed;
      const errors: { code?: string }[] = [];
      slow!.server.on('error', (error) => errors.push(error as { code?: string }));
      for (let i = 0; i < 40; i++) {
        hub.to('a').publish(`${i}`.padEnd(5000));
        expect(await quick!.client.receive()).to.equal(`${i}`.padEnd(5000));
      }
      slow!.client.resume();
      slow!.client.on('message', () => {});
      expect(await closed).to.include({ code: 1008, initiator: 'local' });
      expect(errors.map((error) => error.code)).to.deep.equal(['SLOW_CONSUMER']);
      expect(hub.members('a')).to.deep.equal([quick!.server]);
    });

    it('sends what a stalled member misses unharmed when it reads again', async () => {
      const hub = new Hub();
      const [stalled, talker] = pairs(2, { maxBufferedAmount: 4 * 1024 * 1024 });
      hub.join(stalled!.server, 'a');
      hub.join(talker!.server, 'a');
      const expected: string[] = [];
      stalled!.client.pause();
      // The talker's messages come in chunks and go out at their end, the stalled member's only much later.
      talker!.server.on('message', (data) => hub.to('a').publish(data));
      talker!.client.on('message', () => {});
      for (let i = 0; i < 3000; i++) {
        const text = `message ${i} `.padEnd(200 + (i % 97), '-');
        expected.push(text);
        talker!.client.send(text);
        if (i % 60 === 59) await nextIteration();
      }
      const received: string[] = [];
      stalled!.client.on('message', (data) => received.push(data as string));
      stalled!.client.resume();
      while (received.length < expected.length) await once(stalled!.client, 'message');
      expect(received.findIndex((text, i) => text !== expected[i])).to.equal(-1);
    });
  });
});
