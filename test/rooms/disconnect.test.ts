import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { InvalidOptionError } from '../../src/protocol/errors';
import { Hub } from '../../src/rooms/hub';
import { createConnectionPair } from '../support/connection-pair';
import { FakeMember } from '../support/fake-member';

function memberOf(hub: Hub, user: string | undefined, ...rooms: string[]): FakeMember {
  const member = new FakeMember();
  member.user = user;
  for (const room of rooms) hub.join(member.asConnection, room);
  return member;
}

describe('Hub.disconnect', () => {
  it('closes all connections of a user with 1008, and says how many', () => {
    const hub = new Hub();
    const [one, other] = [memberOf(hub, 'ann', 'a', 'b'), memberOf(hub, 'ann', 'c')];
    const rest = [memberOf(hub, 'bob', 'a'), memberOf(hub, undefined, 'a'), memberOf(new Hub(), 'ann', 'a')];
    expect(hub.disconnect({ user: 'ann' })).to.equal(2);
    expect([one.closedWith, other.closedWith]).to.deep.equal([
      [1008, ''],
      [1008, ''],
    ]);
    for (const member of rest) expect(member.closedWith).to.equal(undefined);
    expect(hub.rooms()).to.deep.equal(['a']);
    expect(hub.disconnect({ user: 'ann' })).to.equal(0);
  });

  it('closes only those that are in a room, with another code and a reason', () => {
    const hub = new Hub();
    const [inside, outside] = [memberOf(hub, 'ann', 'b', 'a'), memberOf(hub, 'ann', 'b')];
    expect(hub.disconnect({ user: 'ann', room: 'a', code: 4001, reason: 'elsewhere' })).to.equal(1);
    expect(inside.closedWith).to.deep.equal([4001, 'elsewhere']);
    expect(outside.closedWith).to.equal(undefined);
    expect(hub.disconnect({ user: 'ann', room: 'nobody' })).to.equal(0);
  });

  it('does not count those that are closing already', () => {
    const hub = new Hub();
    memberOf(hub, 'ann', 'a').readyState = 2;
    expect(hub.disconnect({ user: 'ann' })).to.equal(0);
  });

  it('says what is wrong though nobody would be closed', () => {
    const hub = new Hub();
    expect(() => hub.disconnect({} as never)).to.throw(InvalidOptionError, "Option 'user' must be a string");
    expect(() => hub.disconnect({ user: 'ann', room: '' })).to.throw(InvalidOptionError, 'must not be empty');
    expect(() => hub.disconnect({ user: 'ann', code: 1005 })).to.throw(InvalidOptionError, 'must not be sent');
    expect(() => hub.disconnect({ user: 'ann', reason: 'x'.repeat(124) })).to.throw(InvalidOptionError, '123 bytes');
    expect(() => hub.disconnect({ user: 'ann', rooms: 'a' } as never)).to.throw(InvalidOptionError, "'room'?");
  });

  it('is seen by the client as a close frame', async () => {
    const hub = new Hub();
    const { client, server } = createConnectionPair();
    (server as WebSocketConnection).user = 'ann';
    hub.join(server, 'a');
    expect(hub.disconnect({ user: 'ann', reason: 'signed out' })).to.equal(1);
    expect(await client.closed).to.include({ code: 1008, reason: 'signed out', initiator: 'remote' });
    await server.closed;
    expect(hub.rooms()).to.deep.equal([]);
  });
});
