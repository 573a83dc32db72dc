import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { Hub } from '../../src/rooms/hub';
import type { FakeMember } from '../support/fake-member';
import { publish, sizeOf, slowMember, textsOf } from '../support/slow-member';

/** What a member hears: the hub tells it of its gaps among the messages. */
function hearGaps(hub: Hub): void {
  hub.on('gap', (socket, room, dropped) => {
    const told = Buffer.from(`..gap of ${dropped} in ${room}`);
    (socket as unknown as FakeMember).sendShared(told, 0, told.length);
  });
}

describe("The event 'gap' of a Hub", () => {
  it("comes where messages are missing: before all that waits with 'drop-oldest'", () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    hearGaps(hub);
    const member = slowMember(hub, ['a'], 2);
    publish(hub, 'a', '1', '2', '3', '4', '5');
    member.drain();
    publish(hub, 'a', '6');
    expect(textsOf(member)).to.deep.equal(['gap of 3 in a', '4', '5', '6']);
  });

  it("comes behind what waits with 'drop-newest', without anybody saying more", () => {
    const hub = new Hub({ slowConsumer: 'drop-newest' });
    hearGaps(hub);
    const member = slowMember(hub, ['a'], 2);
    publish(hub, 'a', '1', '2', '3', '4', '5');
    member.drain();
    expect(textsOf(member)).to.deep.equal(['1', '2', 'gap of 3 in a']);
  });

  it('comes in the middle, where something was dropped between two that wait', () => {
    const hub = new Hub({ slowConsumer: 'drop-newest' });
    hearGaps(hub);
    const member = slowMember(hub, ['a', 'b'], 2);
    publish(hub, 'a', '1', '2', '3');
    publish(hub, 'b', 'b1', 'b2');
    member.spare = 10 * sizeOf(10);
    publish(hub, 'a', '4');
    publish(hub, 'b', 'b3');
    member.drain();
    expect(textsOf(member)).to.deep.equal(['1', '2', 'gap of 1 in a', '4', 'gap of 2 in b', 'b3']);
  });

  it('comes once for all that is missing in one place, though the one behind it is replaced', () => {
    const hub = new Hub({ slowConsumer: 'coalesce' });
    hearGaps(hub);
    const member = slowMember(hub, ['a'], 2);
    publish(hub, 'a', '1', '2');
    hub.to('a').publish('x1'.padEnd(10), { key: 'x' });
    publish(hub, 'a', '3');
    hub.to('a').publish('x2'.padEnd(10), { key: 'x' });
    member.drain();
    expect(textsOf(member)).to.deep.equal(['gap of 2 in a', '3', 'x2']);
  });

  it('waits when telling it has made the member slow again, and is told once', () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    hearGaps(hub);
    const member = slowMember(hub, ['a'], 1);
    publish(hub, 'a', '1', '2');
    member.onSend = () => {
      member.isSlow = true;
    };
    member.drain();
    expect(textsOf(member)).to.deep.equal(['gap of 1 in a']);
    member.drain();
    expect(textsOf(member)).to.deep.equal(['gap of 1 in a', '2']);
    member.drain();
    expect(textsOf(member)).to.deep.equal(['gap of 1 in a', '2']);
  });

  it('may be answered by leaving, by closing, and by publishing', () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    const [leaving, closing, talking] = [0, 1, 2].map(() => slowMember(hub, ['a'], 1)) as [
      FakeMember,
      FakeMember,
      FakeMember,
    ];
    hub.on('gap', (socket) => {
      if (socket === leaving.asConnection) hub.leave(socket, 'a');
      else if (socket === closing.asConnection) closing.close();
      else publish(hub, 'a', 'talk');
    });
    publish(hub, 'a', '1', '2');
    leaving.drain();
    closing.drain();
    talking.spare *= 2;
    talking.drain();
    expect([leaving, closing, talking].map(textsOf)).to.deep.equal([[], [], ['2', 'talk']]);
  });

  it('takes what a listener throws, or rejects with, for a mistake in a handler of that member', async () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    const member = slowMember(hub, ['a'], 1);
    hub.on('gap', () => {
      throw new RangeError('thrown');
    });
    hub.on('gap', async () => {
      throw new RangeError('rejected');
    });
    publish(hub, 'a', '1', '2');
    member.drain();
    await Promise.resolve();
    expect(member.errors.map(String)).to.deep.equal(['RangeError: thrown', 'RangeError: rejected']);
    expect(textsOf(member)).to.deep.equal(['2']);
  });

  it('has listeners that can go', () => {
    const hub = new Hub({ slowConsumer: 'drop-newest' });
    const gaps: unknown[] = [];
    const listener = (...gap: unknown[]) => gaps.push(gap);
    hub.on('gap', listener).on('gap', listener);
    const member = slowMember(hub, ['a'], 0);
    publish(hub, 'a', '1');
    member.drain();
    expect(gaps).to.deep.equal([[member, 'a', 1]]);
    hub.off('gap', listener);
    member.isSlow = true;
    publish(hub, 'a', '2');
    member.drain();
    expect(gaps).to.have.lengthOf(1);
    expect(() => hub.on('gaps' as never, listener)).to.throw(InvalidOptionError, `not "gaps"`);
    expect(() => hub.on('gap', undefined as never)).to.throw(InvalidOptionError, 'must be a function');
  });
});
