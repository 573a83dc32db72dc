import { expect } from 'chai';
import { ChatRoom } from '../../src/chat/chat-room';
import { Hub } from '../../src/rooms/hub';
import { fakes } from '../support/fake-member';

describe('ChatRoom', () => {
  function roomWith(names: string[]) {
    const hub = new Hub();
    const room = new ChatRoom('a', hub);
    const { members, connections } = fakes(names.length);
    const seats = names.map((name, i) => room.seat(connections[i]!, { id: `${i}`, name })!);
    for (const member of members) member.sent.length = 0;
    return { hub, room, members, connections, seats };
  }

  it('seats who comes in its hub, and gives the seat back', () => {
    const { hub, room, connections } = roomWith(['Ann', 'Bob']);
    expect(room.size).to.equal(2);
    expect(hub.members('a')).to.deep.equal(connections);
    room.unseat(connections[0]!);
    room.unseat(connections[0]!);
    expect(room.members()).to.deep.equal([{ id: '1', name: 'Bob' }]);
    expect(hub.members('a')).to.deep.equal([connections[1]]);
  });

  it('seats nobody whose connection has closed', () => {
    const room = new ChatRoom('a', new Hub());
    const { members, connections } = fakes(1);
    members[0]!.close();
    expect(room.seat(connections[0]!, { id: '0', name: 'Ann' })).to.equal(undefined);
    expect(room.size).to.equal(0);
  });

  it('keeps a renamed member at its place', () => {
    const { room, connections } = roomWith(['Ann', 'Bob']);
    room.seat(connections[0]!, { id: '0', name: 'Anna' });
    expect(room.members()).to.deep.equal([
      { id: '0', name: 'Anna' },
      { id: '1', name: 'Bob' },
    ]);
  });

  it('lists at most as many members as it is asked for', () => {
    const { room } = roomWith(['Ann', 'Bob', 'Eve']);
    expect(room.members(2).map(({ name }) => name)).to.deep.equal(['Ann', 'Bob']);
  });

  it('counts messages, and knows whether somebody may have missed one', () => {
    const { room, connections, seats } = roomWith(['Ann', 'Bob']);
    const [ann] = seats;
    const { epoch } = room.position;
    const gapSince = (since: { epoch: string; offset: number } | undefined) => room.welcome(ann!, since, 10).gap;
    expect(room.position.offset).to.equal(0);
    expect(gapSince({ epoch, offset: 0 })).to.equal(false);
    expect(room.say(connections[0]!, ann!.head, 'one')).to.include({ offset: 1 });
    expect(room.say(connections[0]!, ann!.head, 'two')).to.include({ offset: 2 });
    expect(room.position).to.deep.equal({ epoch, offset: 2 });
    expect(
      [undefined, 0, 1, 2, 3].map((offset) => gapSince(offset === undefined ? offset : { epoch, offset })),
    ).to.deep.equal([false, true, true, false, true]);
    expect(gapSince({ epoch: 'other', offset: 2 })).to.equal(true);
  });

  it('sends a message to all but its sender, in the same bytes', () => {
    const { room, members, connections, seats } = roomWith(['Ann', 'Bob', 'Eve']);
    room.say(connections[1]!, seats[1]!.head, 'hi');
    expect(members.map((member) => member.sent.length)).to.deep.equal([1, 0, 1]);
    expect(members[0]!.sent[0]).to.deep.equal(members[2]!.sent[0]);
  });
});
