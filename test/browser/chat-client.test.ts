import { expect } from 'chai';
import { ChatClient, ChatError } from '../../src/browser';
import type { ChatClientOptions } from '../../src/browser/options';
import { FakeClients, refusal } from './support/fake-clients';
import { ann, bob, FakeSocket, said } from './support/fake-socket';
import { settled } from './support/fake-time';

describe('browser chat client', () => {
  const clients = FakeClients.use();

  it('connects, and tells its states', async () => {
    const client = await clients.make();
    const states: string[] = [];
    client.on('state', ({ status }) => states.push(status));
    expect(client.state.status).to.equal('connecting');
    FakeSocket.last.open();
    FakeSocket.last.end();
    await clients.time.pass(500);
    client.close();
    expect(states).to.deep.equal(['open', 'waiting', 'connecting', 'closed']);
    expect(client.state).to.deep.equal({ status: 'closed', code: 1000, reason: '' });
  });

  it('refuses a URL and options that cannot be', () => {
    for (const url of ['/support', undefined as unknown as string]) {
      expect(() => new ChatClient(url)).to.throw(TypeError, /^The URL must be absolute outside a page/);
    }
    expect(() => new ChatClient('ws://site', { retry: true } as ChatClientOptions)).to.throw(TypeError, "'retry'");
    expect(FakeSocket.made).to.deep.equal([]);
  });

  it('refuses listeners to events that nobody knows', async () => {
    const { client, room } = await clients.inRoom();
    expect(() => client.on('message' as 'state', () => {})).to.throw(
      TypeError,
      "Unknown event 'message'; known: state, error, other",
    );
    expect(() => room.on('gaps' as 'gap', () => {})).to.throw(
      TypeError,
      "Unknown event 'gaps'; known: state, message, placed, presence, gap, error",
    );
  });

  it('joins the rooms that were joined before it was open, in order, with its name', async () => {
    const client = await clients.make({ name: 'Ann' });
    client.join('general');
    client.join('staff', { since: { epoch: 'e0', offset: 3 } });
    expect(client.name).to.equal('Ann');
    FakeSocket.last.open();
    expect(FakeSocket.last.requests).to.deep.equal([
      { type: 'join', id: 1, room: 'general', name: 'Ann' },
      { type: 'join', id: 2, room: 'staff', name: 'Ann', since: { epoch: 'e0', offset: 3 } },
    ]);
  });

  it('joins a room once: the second time it is the same object', async () => {
    const { client, room, socket } = await clients.inRoom();
    expect(client.join('general')).to.equal(room);
    expect([...client.rooms]).to.deep.equal([['general', room]]);
    expect(socket.requests).to.have.lengthOf(1);
  });

  it('joins its rooms again behind the last position after each loss', async () => {
    const { room, socket } = await clients.inRoom();
    socket.say(said('hello', 8));
    const again = await clients.again();
    expect(again.request('join')).to.deep.equal({
      type: 'join',
      id: 2,
      room: 'general',
      since: { epoch: 'e1', offset: 8 },
    });
    expect(room.state).to.equal('joining');
    again.joined({ position: { epoch: 'e1', offset: 8 } });
    expect(room.state).to.equal('joined');
  });

  it('does not join again what was left meanwhile', async () => {
    const { client, room, socket } = await clients.inRoom();
    socket.end();
    room.leave();
    await clients.time.pass(500);
    expect(FakeSocket.last.open().requests).to.deep.equal([]);
    expect(client.rooms.size).to.equal(0);
  });

  it('closes its rooms when it is closed, and joins them again when it connects anew', async () => {
    const { client, room, socket } = await clients.inRoom();
    socket.end(4401, 'token expired');
    expect(client.state).to.deep.equal({ status: 'closed', code: 4401, reason: 'token expired' });
    expect(room.state).to.equal('closed');
    expect(client.rooms.get('general')).to.equal(room);
    expect(await refusal(room.send('hello'))).to.equal('closed');
    expect(await refusal(room.joined())).to.equal('closed');
    client.connect();
    expect(room).to.include({ state: 'joining', error: undefined });
    await settled();
    FakeSocket.last.open().joined();
    expect(room.state).to.equal('joined');
    expect(FakeSocket.last.request('join').since).to.deep.equal({ epoch: 'e1', offset: 7 });
  });

  it('lets rooms be joined while it is closed: they wait for connect()', async () => {
    const client = await clients.make();
    client.close();
    const room = client.join('general');
    expect(room.state).to.equal('closed');
    client.connect();
    await settled();
    FakeSocket.last.open();
    expect(FakeSocket.last.requests).to.deep.equal([{ type: 'join', id: 1, room: 'general' }]);
  });

  it('joins a room once that a listener joins on open', async () => {
    const client = await clients.make();
    client.on('state', ({ status }) => status === 'open' && client.join('general'));
    FakeSocket.last.open();
    expect(FakeSocket.last.requests).to.have.lengthOf(1);
  });

  it('gives the connection up when an answer does not come, and asks again on the next one', async () => {
    const { room, socket } = await clients.inRoom();
    const sent = room.send('hello');
    await clients.time.pass(10_000);
    expect(socket.closedWith).to.equal(1000);
    await clients.time.pass(500);
    FakeSocket.last.open().joined();
    FakeSocket.last.sent(8);
    expect((await sent).offset).to.equal(8);
  });

  it('keeps the connection when the server answers what it is asked meanwhile, known to it or not', async () => {
    for (const answer of [
      { type: 'pong' },
      { type: 'error', code: 'unknown-type', message: 'Unknown type', request: { type: 'ping' } },
    ]) {
      const { client, room, socket } = await clients.inRoom();
      const others: unknown[] = [];
      client.on('other', (value) => others.push(value));
      client.on('error', (error) => others.push(error));
      const sent = room.send('hello');
      for (let i = 0; i < 10; i++) {
        await clients.time.pass(5_000);
        expect(socket.request('ping')).to.deep.equal({ type: 'ping' });
        socket.say(answer);
      }
      socket.sent(8);
      expect((await sent).offset).to.equal(8);
      expect(others).to.deep.equal([]);
    }
  });

  describe('rename()', () => {
    it('takes another name in all rooms', async () => {
      const { client, room, socket } = await clients.inRoom({ name: 'Ann' });
      const changes: unknown[] = [];
      room.on('presence', (change) => changes.push(change));
      const renamed = client.rename('Anna');
      expect(socket.request('join')).to.deep.include({ name: 'Anna', since: { epoch: 'e1', offset: 7 } });
      socket.joined({ member: { id: 'a1', name: 'Anna' }, members: [bob, { id: 'a1', name: 'Anna' }] });
      await renamed;
      expect(client.name).to.equal('Anna');
      expect(room.member?.name).to.equal('Anna');
      expect(room.members.get('a1')?.name).to.equal('Anna');
      expect(changes).to.deep.equal([{ joins: [{ id: 'a1', name: 'Anna' }], leaves: [ann] }]);
    });

    it('keeps the old name, and the rooms, when the server refuses the new one', async () => {
      const { client, room, socket } = await clients.inRoom({ name: 'Ann' });
      const renamed = client.rename('');
      socket.refuse('join', 'invalid-name');
      expect(await refusal(renamed)).to.equal('invalid-name');
      expect(client.name).to.equal('Ann');
      expect(room.state).to.equal('joined');
    });

    it('waits for no connection: the rooms are joined with the new name then', async () => {
      const { client, socket } = await clients.inRoom({ name: 'Ann' });
      socket.end();
      await client.rename('Anna');
      await clients.time.pass(500);
      expect(FakeSocket.last.open().request('join').name).to.equal('Anna');
    });

    it('is done when the connection is lost meanwhile', async () => {
      const { client } = await clients.inRoom({ name: 'Ann' });
      const renamed = client.rename('Anna');
      const again = await clients.again();
      await renamed;
      expect(again.request('join').name).to.equal('Anna');
    });
  });

  it('tells errors that answer nothing that was asked', async () => {
    const { client, socket } = await clients.inRoom();
    const errors: ChatError[] = [];
    client.on('error', (error) => errors.push(error));
    socket.say({ type: 'error', code: 'invalid-json', message: 'The message is not JSON' });
    expect(errors).to.have.lengthOf(1);
    expect(errors[0]).to.be.instanceOf(ChatError).and.include({ name: 'ChatError', code: 'invalid-json' });
    expect(errors[0]!.message).to.equal('The message is not JSON');
  });

  it('gives what is not of the protocol as it is', async () => {
    const { client, socket } = await clients.inRoom();
    const others: unknown[] = [];
    client.on('other', (value) => others.push(value));
    socket.say({ type: 'notice', text: 'We close at six' });
    socket.onmessage({ data: 'The server restarts' });
    socket.onmessage({ data: 'null' });
    socket.onmessage({ data: '[1]' });
    const bytes = new ArrayBuffer(2);
    socket.onmessage({ data: bytes });
    expect(others).to.deep.equal([
      { type: 'notice', text: 'We close at six' },
      'The server restarts',
      null,
      [1],
      bytes,
    ]);
  });

  it('ignores answers that it does not wait for, and those about other rooms', async () => {
    const { room, socket } = await clients.inRoom();
    const before = room.position;
    socket.say({ type: 'joined', room: 'general', position: null });
    socket.say({ type: 'sent', id: 99, room: 'general', offset: 12, at: 1 });
    socket.say({ type: 'history', id: 98, room: 'general', messages: [] });
    socket.say({ ...said('hello', 9), room: 'elsewhere' });
    socket.say({ type: 'presence', joins: [bob], leaves: [], count: 3 });
    expect(room.position).to.deep.equal(before);
    expect(room.count).to.equal(2);
  });

  it('reports what it cannot make sense of, and goes on', async () => {
    const { room, socket } = await clients.inRoom();
    socket.say({ type: 'presence', room: 'general' });
    const reported = clients.reported.splice(0);
    expect(reported).to.have.lengthOf(1);
    expect(reported[0]).to.be.instanceOf(TypeError);
    socket.say(said('hello', 8));
    expect(room.position?.offset).to.equal(8);
  });
});
