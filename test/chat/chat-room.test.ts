import { expect } from 'chai';
import { ChatRoom } from '../../src/chat/chat-room';
import type { Speaker } from '../../src/chat/said';
import { Hub } from '../../src/rooms/hub';
import { SharedRooms } from '../../src/rooms/shared-rooms';
import { resolveSharedRoomsOptions } from '../../src/rooms/shared-rooms-options';
import { fakes } from '../support/fake-member';

describe('ChatRoom', () => {
  function emptyRoom() {
    const hub = new Hub();
    const shared = new SharedRooms(resolveSharedRoomsOptions({ history: 10 }, 'test'));
    const emptied: ChatRoom[] = [];
    const init = { hub, shared, maxMembersListed: 10, emptied: (room: ChatRoom) => void emptied.push(room) };
    return { hub, room: new ChatRoom('a', init), emptied };
  }

  function roomWith(names: string[]) {
    const { hub, room, emptied } = emptyRoom();
    const { members, connections } = fakes(names.length);
    const guests = names.map((name, i) => ({
      socket: connections[i]!,
      connection: `c${i}`,
      member: { id: `${i}`, name },
    }));
    const seats = guests.map((guest) => room.seat(guest)!);
    for (const member of members) member.sent.length = 0;
    const sent: number[] = [];
    const speakers = connections.map(
      (socket): Speaker => ({
        socket,
        sent: (_said, offset) => void sent.push(offset),
        heard: () => {},
        unsent: (_said, error) => {
          throw error;
        },
      }),
    );
    return { hub, room, emptied, members, connections, guests, seats, speakers, sent };
  }

  it('seats who comes in its hub, and gives the seat back', () => {
    const { hub, room, connections } = roomWith(['Ann', 'Bob']);
    expect(room.count).to.equal(2);
    expect(hub.members('a')).to.deep.equal(connections);
    room.unseat(connections[0]!, 'c0');
    room.unseat(connections[0]!, 'c0');
    expect(room.members()).to.deep.equal([{ id: '1', name: 'Bob' }]);
    expect(hub.members('a')).to.deep.equal([connections[1]]);
  });

  it('seats nobody whose connection has closed', () => {
    const { room } = emptyRoom();
    const { members, connections } = fakes(1);
    members[0]!.close();
    const guest = { socket: connections[0]!, connection: 'c', member: { id: '0', name: 'Ann' } };
    expect(room.seat(guest)).to.equal(undefined);
    expect(room.count).to.equal(0);
  });

  it('keeps a renamed member at its place', () => {
    const { room, guests } = roomWith(['Ann', 'Bob']);
    room.seat({ ...guests[0]!, member: { id: '0', name: 'Anna' } });
    expect(room.members()).to.deep.equal([
      { id: '0', name: 'Anna' },
      { id: '1', name: 'Bob' },
    ]);
  });

  it('lists at most as many members as it is asked for', () => {
    const { room } = roomWith(['Ann', 'Bob', 'Eve']);
    expect(room.members(2).map(({ name }) => name)).to.deep.equal(['Ann', 'Bob']);
  });

  it('counts messages, and welcomes with where it is', () => {
    const { room, connections, seats, speakers, sent } = roomWith(['Ann', 'Bob']);
    const { epoch } = room.feed.position!;
    expect(room.feed.position).to.deep.equal({ epoch, offset: 0 });
    for (const text of ['one', 'two'])
      expect(room.say(seats[0]!, { text }, undefined, speakers[0]!)).to.equal(undefined);
    expect(sent).to.deep.equal([1, 2]);
    expect(room.welcome(connections[1]!, seats[1]!, undefined, undefined)).to.deep.equal({
      room: 'a',
      member: { id: '1', name: 'Bob' },
      members: [
        { id: '0', name: 'Ann' },
        { id: '1', name: 'Bob' },
      ],
      count: 2,
      position: { epoch, offset: 2 },
      missed: [],
      gap: false,
    });
  });

  it('sends a message to all but its sender, in the same bytes', () => {
    const { room, members, seats, speakers } = roomWith(['Ann', 'Bob', 'Eve']);
    room.say(seats[1]!, { text: 'hi' }, undefined, speakers[1]!);
    expect(members.map((member) => member.sent.length)).to.deep.equal([1, 0, 1]);
    expect(members[0]!.sent[0]).to.deep.equal(members[2]!.sent[0]);
  });

  it('is emptied when the last one has left, and nobody is expected', () => {
    const { room, emptied, connections } = roomWith(['Ann', 'Bob']);
    room.unseat(connections[0]!, 'c0');
    room.expect();
    room.unseat(connections[1]!, 'c1');
    expect(emptied).to.deep.equal([]);
    room.expected();
    expect(emptied).to.deep.equal([room]);
  });
});
