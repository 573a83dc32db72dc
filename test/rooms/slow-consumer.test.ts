import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { Hub } from '../../src/rooms/hub';
import { FakeMember, fakes } from '../support/fake-member';
import { publish, sizeOf, slowMember, textsOf } from '../support/slow-member';

describe('slowConsumer', () => {
  describe('as an option', () => {
    it('is refused where it is wrong, and so is what nobody knows', () => {
      expect(() => new Hub({ slowConsumer: 'drop' as never })).to.throw(
        InvalidOptionError,
        `Option 'slowConsumer' must be 'close', 'drop-newest', 'drop-oldest', 'coalesce', or a function that returns one of them, not "drop"`,
      );
      expect(() => new Hub({ slowConsumers: 'close' } as never)).to.throw(InvalidOptionError, "'slowConsumer'?");
      expect(() => new Hub('close' as never)).to.throw(InvalidOptionError, 'must be an object');
    });

    it('asks a function once for each room that is made', () => {
      const asked: string[] = [];
      const hub = new Hub({
        slowConsumer(room) {
          asked.push(room);
          return 'drop-oldest';
        },
      });
      const { connections } = fakes(2);
      for (const connection of connections) hub.join(connection, 'a');
      hub.join(connections[0]!, 'b');
      hub.to('a', 'b', 'nobody').publish('x');
      expect(asked).to.deep.equal(['a', 'b']);
      hub.leave(connections[0]!, 'b');
      hub.join(connections[0]!, 'b');
      expect(asked).to.deep.equal(['a', 'b', 'b']);
    });

    it('makes no room of a function that throws, or returns something else', () => {
      const hub = new Hub({
        slowConsumer(room) {
          if (room === 'bad') throw new RangeError('not this one');
          return 'keep' as never;
        },
      });
      const member = new FakeMember().asConnection;
      expect(() => hub.join(member, 'bad')).to.throw(RangeError, 'not this one');
      expect(() => hub.join(member, 'a')).to.throw(InvalidOptionError, `for room "a" it returned "keep"`);
      expect(hub.rooms()).to.deep.equal([]);
      expect(hub.rooms(member)).to.deep.equal([]);
    });

    it('comes with keys of 1 to 256 characters', () => {
      const room = new Hub().to('a');
      expect(() => room.publish('x', { key: '' })).to.throw(InvalidOptionError, 'not one of 0');
      expect(() => room.publish('x', { key: 'x'.repeat(257) })).to.throw(InvalidOptionError, 'not one of 257');
      expect(() => room.publish('x', { key: 7 as never })).to.throw(InvalidOptionError, 'not 7');
      expect(() => room.publish('x', { keys: 'a' } as never)).to.throw(InvalidOptionError, "Did you mean 'key'?");
      expect(() => room.publish('x', { key: 'x'.repeat(256) })).to.not.throw();
    });
  });

  describe("'close'", () => {
    it('sends to a member that is slow as to any other, and leaves it to its connection to close', () => {
      const hub = new Hub();
      const member = slowMember(hub, ['a'], 0);
      publish(hub, 'a', '1', '2');
      expect(textsOf(member)).to.deep.equal(['1', '2']);
      expect(member.drainListeners).to.equal(0);
      expect(hub.dropped()).to.equal(0);
    });
  });

  for (const slowConsumer of ['drop-newest', 'drop-oldest', 'coalesce'] as const) {
    describe(`'${slowConsumer}'`, () => {
      it('sends at once to members that are not slow, and to a slow one later, in order', () => {
        const hub = new Hub({ slowConsumer });
        const slow = slowMember(hub, ['a'], 10);
        const quick = new FakeMember();
        hub.join(quick.asConnection, 'a');
        publish(hub, 'a', '1', '2', '3');
        expect(textsOf(quick)).to.deep.equal(['1', '2', '3']);
        expect(slow.sent).to.deep.equal([]);
        slow.drain();
        publish(hub, 'a', '4');
        expect(textsOf(slow)).to.deep.equal(['1', '2', '3', '4']);
        expect(hub.dropped()).to.equal(0);
      });

      it('lets go no more than until the member is slow again, and at least one message each time', () => {
        const hub = new Hub({ slowConsumer });
        const member = slowMember(hub, ['a'], 10);
        publish(hub, 'a', '1', '2', '3', '4');
        member.onSend = () => {
          member.isSlow = member.sent.length >= 2;
        };
        member.drain();
        expect(textsOf(member)).to.deep.equal(['1', '2']);
        member.drain();
        expect(textsOf(member)).to.deep.equal(['1', '2', '3']);
        publish(hub, 'a', '5');
        member.onSend = () => {};
        member.drain();
        expect(textsOf(member)).to.deep.equal(['1', '2', '3', '4', '5']);
        expect(member.drainListeners).to.equal(0);
      });

      it('lets others go on waiting though the member is between its marks', () => {
        const hub = new Hub({ slowConsumer });
        const member = slowMember(hub, ['a', 'b'], 10);
        publish(hub, 'a', '1');
        member.isSlow = false;
        publish(hub, 'b', '2');
        publish(hub, 'a', '3');
        expect(member.sent).to.deep.equal([]);
        member.drain();
        expect(textsOf(member)).to.deep.equal(['1', '2', '3']);
      });

      it('drops what could not fit if nothing else waited, and nothing for it', () => {
        const hub = new Hub({ slowConsumer });
        const member = slowMember(hub, ['a'], 3);
        publish(hub, 'a', '1', '2');
        hub.to('a').publish('x'.repeat(1000));
        publish(hub, 'a', '3');
        member.drain();
        expect(textsOf(member)).to.deep.equal(['1', '2', '3']);
        expect(hub.dropped('a')).to.equal(1);
      });

      it('keeps bytes as they were when they were published', () => {
        const hub = new Hub({ slowConsumer });
        const member = slowMember(hub, ['a'], 3);
        const bytes = Buffer.from('before');
        hub.to('a').publish(bytes);
        bytes.fill(0);
        member.drain();
        expect(textsOf(member)).to.deep.equal(['before']);
      });

      it('takes no more than the bytes that are left, with what each message costs besides', () => {
        const hub = new Hub({ slowConsumer });
        const member = slowMember(hub, ['a'], 0);
        member.spare = 4 * sizeOf(10) - 1;
        publish(hub, 'a', '1', '2', '3', '4', '5');
        expect(hub.dropped('a')).to.equal(2);
        member.spare -= sizeOf(10);
        publish(hub, 'a', '6');
        member.drain();
        expect(textsOf(member)).to.deep.equal(slowConsumer === 'drop-newest' ? ['1', '2', '3'] : ['5', '6']);
        expect(hub.dropped('a')).to.equal(slowConsumer === 'drop-newest' ? 3 : 4);
      });

      it('forgets what waits for a member that leaves, or closes', () => {
        const hub = new Hub({ slowConsumer });
        const [leaving, gone, closing] = [0, 1, 2].map(() => slowMember(hub, ['a'], 1)) as [
          FakeMember,
          FakeMember,
          FakeMember,
        ];
        publish(hub, 'a', '1', '2');
        hub.leave(leaving.asConnection, 'a');
        gone.close();
        closing.readyState = 2;
        publish(hub, 'a', '3');
        const gaps: unknown[] = [];
        hub.on('gap', (...gap) => gaps.push(gap));
        for (const member of [leaving, gone, closing]) member.drain();
        expect([leaving.sent, gone.sent, closing.sent, gaps]).to.deep.equal([[], [], [], []]);
        for (const member of [leaving, gone, closing]) expect(member.drainListeners).to.equal(0);
      });

      it('has the place again of what waited for a room that the member has left', () => {
        const hub = new Hub({ slowConsumer });
        const member = slowMember(hub, ['a', 'b'], 3);
        publish(hub, 'a', '1', '2', '3');
        hub.leave(member.asConnection, 'a');
        publish(hub, 'b', '4', '5', '6');
        expect(hub.dropped()).to.equal(0);
        member.drain();
        expect(textsOf(member)).to.deep.equal(['4', '5', '6']);
      });

      it('does not mistake an old wait for a new one', () => {
        const hub = new Hub({ slowConsumer });
        const member = slowMember(hub, ['a'], 5);
        publish(hub, 'a', '1');
        hub.leaveAll(member.asConnection);
        hub.join(member.asConnection, 'a');
        publish(hub, 'a', '2', '3');
        member.onSend = () => {
          member.isSlow = true;
        };
        member.drain();
        expect(textsOf(member)).to.deep.equal(['2']);
        member.drain();
        expect(textsOf(member)).to.deep.equal(['2', '3']);
      });
    });
  }

  describe('what is dropped', () => {
    it("is what comes, with 'drop-newest'", () => {
      const hub = new Hub({ slowConsumer: 'drop-newest' });
      const member = slowMember(hub, ['a'], 3);
      publish(hub, 'a', '1', '2', '3', '4', '5');
      expect(hub.dropped('a')).to.equal(2);
      member.drain();
      expect(textsOf(member)).to.deep.equal(['1', '2', '3']);
    });

    it("is what waits longest, with 'drop-oldest', and as much of it as the new one needs", () => {
      const hub = new Hub({ slowConsumer: 'drop-oldest' });
      const member = slowMember(hub, ['a'], 4);
      publish(hub, 'a', '1', '2', '3', '4');
      hub.to('a').publish('x'.repeat(10 + sizeOf(10)));
      expect(hub.dropped('a')).to.equal(3);
      member.drain();
      expect(textsOf(member).map((text) => text.slice(-1))).to.deep.equal(['4', 'x']);
    });

    it('is of the room itself, never of another one', () => {
      const hub = new Hub({ slowConsumer: (room) => room as never });
      const member = slowMember(hub, ['drop-newest', 'drop-oldest'], 4);
      publish(hub, 'drop-newest', 'n1', 'n2', 'n3');
      publish(hub, 'drop-oldest', 'o1', 'o2', 'o3');
      publish(hub, 'drop-newest', 'n4');
      expect([hub.dropped('drop-newest'), hub.dropped('drop-oldest'), hub.dropped()]).to.deep.equal([1, 2, 3]);
      member.drain();
      expect(textsOf(member)).to.deep.equal(['n1', 'n2', 'n3', 'o3']);
    });

    it("is whatever else waits, before a member is closed for a room with 'close'", () => {
      const hub = new Hub({ slowConsumer: (room) => room as never });
      const member = slowMember(hub, ['drop-newest', 'drop-oldest', 'close'], 4);
      publish(hub, 'drop-newest', 'n1', 'n2');
      publish(hub, 'close', 'c1');
      publish(hub, 'drop-oldest', 'o1');
      publish(hub, 'close', 'c2', 'c3');
      expect(hub.dropped()).to.equal(2);
      publish(hub, 'close', 'c4');
      expect(hub.dropped()).to.equal(3);
      member.drain();
      expect(textsOf(member)).to.deep.equal(['c1', 'c2', 'c3', 'c4']);
    });

    it("is the member, where a room with 'close' left more than its maxBufferedAmount to it", () => {
      const hub = new Hub({ slowConsumer: (room) => room as never });
      const member = slowMember(hub, ['drop-newest', 'close'], 2);
      publish(hub, 'drop-newest', 'n1');
      publish(hub, 'close', 'c1', 'c2', 'c3');
      expect(member.readyState).to.equal(1);
      publish(hub, 'close', 'c4');
      expect(member.readyState).to.equal(2);
      member.drain();
      expect(member.sent).to.deep.equal([]);
    });

    it('is counted for the room while it is there, and for all for good', () => {
      const hub = new Hub({ slowConsumer: 'drop-newest' });
      const member = slowMember(hub, ['a', 'b'], 0);
      publish(hub, 'a', '1', '2');
      publish(hub, 'b', '3');
      expect([hub.dropped('a'), hub.dropped('b'), hub.dropped('c'), hub.dropped()]).to.deep.equal([2, 1, 0, 3]);
      hub.leaveAll(member.asConnection);
      expect([hub.dropped('a'), hub.dropped()]).to.deep.equal([0, 3]);
    });
  });

  describe('coalescing', () => {
    function keyed(hub: Hub, room: string, ...texts: string[]): void {
      for (const text of texts) hub.to(room).publish(text.padEnd(10), { key: text[0]! });
    }

    it('keeps the latest of each key, where it was published', () => {
      const hub = new Hub({ slowConsumer: 'coalesce' });
      const member = slowMember(hub, ['a'], 10);
      keyed(hub, 'a', 'x1', 'y1', 'x2', 'z1', 'y2', 'x3');
      member.drain();
      expect(textsOf(member)).to.deep.equal(['z1', 'y2', 'x3']);
      expect(hub.dropped()).to.equal(0);
    });

    it('leaves alone what has no key, what has been sent, and what another room has', () => {
      const hub = new Hub({ slowConsumer: 'coalesce' });
      const member = slowMember(hub, ['a', 'b'], 10);
      member.isSlow = false;
      keyed(hub, 'a', 'x0');
      member.isSlow = true;
      publish(hub, 'a', 'plain');
      keyed(hub, 'a', 'x1');
      keyed(hub, 'b', 'x1');
      keyed(hub, 'a', 'x2');
      publish(hub, 'a', 'plain');
      member.drain();
      expect(textsOf(member)).to.deep.equal(['x0', 'plain', 'x1', 'x2', 'plain']);
    });

    it('takes no place that the earlier one had', () => {
      const hub = new Hub({ slowConsumer: 'coalesce' });
      const member = slowMember(hub, ['a'], 2);
      for (let i = 0; i < 1000; i++) keyed(hub, 'a', `x${i}`);
      publish(hub, 'a', 'one more');
      member.drain();
      expect(textsOf(member)).to.deep.equal(['x999', 'one more']);
      expect(hub.dropped()).to.equal(0);
    });

    it('drops what has no key first, and only then what waits longest of what has one', () => {
      const hub = new Hub({ slowConsumer: 'coalesce' });
      const member = slowMember(hub, ['a'], 3);
      keyed(hub, 'a', 'x1');
      publish(hub, 'a', 'plain');
      keyed(hub, 'a', 'y1', 'z1');
      expect(hub.dropped()).to.equal(1);
      keyed(hub, 'a', 'u1');
      expect(hub.dropped()).to.equal(2);
      member.drain();
      expect(textsOf(member)).to.deep.equal(['y1', 'z1', 'u1']);
    });

    it('is nothing that other policies do', () => {
      const hub = new Hub({ slowConsumer: 'drop-oldest' });
      const member = slowMember(hub, ['a'], 3);
      keyed(hub, 'a', 'x1', 'x2', 'x3', 'x4');
      member.drain();
      expect(textsOf(member)).to.deep.equal(['x2', 'x3', 'x4']);
    });
  });

  describe('rooms together', () => {
    it('give everything in the order of publication, whatever their policies', () => {
      const rooms = ['close', 'drop-newest', 'drop-oldest', 'coalesce'];
      const hub = new Hub({ slowConsumer: (room) => room as never });
      const member = slowMember(hub, rooms, 100);
      member.isSlow = false;
      const said: string[] = [];
      for (let i = 0; i < 60; i++) {
        if (i === 6) member.isSlow = true;
        said.push(`${i}`);
        if (i % 7 === 0) hub.to('drop-newest', 'close').publish(`${i}`);
        else hub.to(rooms[i % rooms.length]!).publish(`${i}`);
      }
      member.drain();
      expect(textsOf(member)).to.deep.equal(said);
    });

    it('have the policy of the first that the member is in, for what goes to several', () => {
      const hub = new Hub({ slowConsumer: (room) => (room === 'b' ? 'drop-newest' : 'drop-oldest') });
      const member = slowMember(hub, ['b', 'c'], 1);
      for (const text of ['1', '2']) hub.to('a', 'b', 'c').publish(text.padEnd(10));
      expect([hub.dropped('b'), hub.dropped('c')]).to.deep.equal([1, 0]);
      for (const text of ['3', '4']) hub.to('c', 'b').publish(text.padEnd(10));
      expect([hub.dropped('b'), hub.dropped('c')]).to.deep.equal([1, 2]);
      member.drain();
      expect(textsOf(member)).to.deep.equal(['1']);
    });

    it('forget on leaving one what did not go to another as well', () => {
      const hub = new Hub({ slowConsumer: 'coalesce' });
      const member = slowMember(hub, ['a', 'b'], 10);
      hub.to('a', 'b').publish('both 1', { key: 'both' });
      hub.to('a', 'b').publish('both 2', { key: 'both' });
      publish(hub, 'a', 'a');
      hub.to('a', 'c').publish('a and c');
      publish(hub, 'b', 'b');
      hub.leave(member.asConnection, 'a');
      member.drain();
      expect(textsOf(member)).to.deep.equal(['both 2', 'b']);
    });
  });
});
