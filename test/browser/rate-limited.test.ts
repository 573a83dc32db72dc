import { expect } from 'chai';
import { FakeClients, refusal } from './support/fake-clients';
import { FakeSocket } from './support/fake-socket';

const limited = (request: object, retryAfter?: unknown) => ({
  type: 'error',
  code: 'rate-limited',
  message: 'You join rooms and read history too often',
  retryAfter,
  request,
});

describe('browser chat: rate-limited', () => {
  const clients = FakeClients.use();
  const { time } = clients;

  /** A room whose first join was too many. */
  async function inVain() {
    const client = await clients.make();
    const socket = FakeSocket.last.open();
    const room = client.join('general');
    socket.say(limited(socket.request('join'), 2));
    const joins = () => socket.requests.filter(({ type }) => type === 'join').length;
    return { client, socket, room, joins };
  }

  it('has a join wait, and made again with the same id, between once and twice the time that the server says', async () => {
    const { socket, room, joins } = await inVain();
    const joined = room.joined();
    const first = socket.request('join');
    await time.pass(3999);
    expect(joins()).to.equal(1);
    await time.pass(1);
    expect(joins()).to.equal(2);
    expect(socket.request('join')).to.deep.equal(first);
    socket.joined();
    expect(await joined).to.equal(room);
    expect(room.error).to.equal(undefined);
  });

  it('may be said several times', async () => {
    const { socket, room, joins } = await inVain();
    for (let times = 2; times < 5; times++) {
      await time.pass(4000);
      expect(joins()).to.equal(times);
      socket.say(limited(socket.request('join'), 2));
    }
    await time.pass(4000);
    socket.joined();
    expect(room.state).to.equal('joined');
  });

  it('has history wait as well', async () => {
    const { room, socket } = await clients.inRoom();
    const history = room.history({ limit: 3 });
    await time.pass(0);
    const asked = socket.request('history');
    socket.say(limited(asked, 0.5));
    await time.pass(1000);
    expect(socket.requests.filter(({ type }) => type === 'history')).to.deep.equal([asked, asked]);
    const position = { epoch: 'e1', offset: 7 };
    socket.say({ type: 'history', id: asked.id, room: 'general', messages: [], position, more: false, gap: false });
    expect(await history).to.deep.include({ messages: [], more: false });
  });

  it('is forgotten with the connection: the next one joins anew', async () => {
    const { room } = await inVain();
    const next = await clients.again();
    expect(next.requests.filter(({ type }) => type === 'join')).to.have.length(1);
    next.joined();
    expect(room.state).to.equal('joined');
    await time.pass(10_000);
    expect(next.requests.filter(({ type }) => type === 'join')).to.have.length(1);
  });

  it('does not bring anybody back to a room that was left meanwhile', async () => {
    const { client, room, socket, joins } = await inVain();
    const refused = refusal(room.joined());
    room.leave();
    expect(await refused).to.equal('closed');
    await time.pass(4000);
    expect(joins()).to.equal(1);
    client.join('general');
    expect(joins()).to.equal(2);
    socket.joined();
    expect(client.rooms.get('general')!.state).to.equal('joined');
  });

  for (const retryAfter of [undefined, 'soon', -1, 3600, Number.NaN]) {
    it(`is a refusal like others where the server says to wait ${String(retryAfter)}`, async () => {
      const client = await clients.make();
      const socket = FakeSocket.last.open();
      const room = client.join('general');
      const refused = refusal(room.joined());
      socket.say(limited(socket.request('join'), retryAfter));
      expect(await refused).to.equal('rate-limited');
      expect(room.state).to.equal('closed');
    });
  }
});
