import { expect } from 'chai';
import type { ChatMessage } from '../../src/browser';
import { eventsOf, FakeClients, refusal } from './support/fake-clients';
import { ann, bob, FakeSocket, said } from './support/fake-socket';
import { settled } from './support/fake-time';

const at = (offset: number, epoch = 'e1') => ({ epoch, offset });

describe('browser chat room', () => {
  const clients = FakeClients.use();

  describe('that is joined', () => {
    it('knows who is in it, and where it is', async () => {
      const { room } = await clients.inRoom();
      expect(room).to.include({ name: 'general', state: 'joined', count: 2, error: undefined });
      expect(room.member).to.deep.equal(ann);
      expect([...room.members.values()]).to.deep.equal([ann, bob]);
      expect(room.position).to.deep.equal(at(7));
      expect(await room.joined()).to.equal(room);
    });

    it('has nothing before it is', async () => {
      const client = await clients.make();
      const room = client.join('general');
      expect(room).to.include({ state: 'joining', count: 0, member: null, position: null });
      const joined = room.joined();
      FakeSocket.last.open().joined();
      expect(await joined).to.equal(room);
    });

    it('counts itself among the members where the server lists only some', async () => {
      const client = await clients.make();
      const room = client.join('general');
      FakeSocket.last.open().joined({ members: [bob], count: 700 });
      expect([...room.members.keys()]).to.have.members(['a1', 'b1']);
      expect(room.count).to.equal(700);
    });

    it('is told of who comes and who goes', async () => {
      const { room, socket } = await clients.inRoom();
      const events = eventsOf(room);
      const carl = { id: 'c1', name: 'Carl' };
      socket.say({ type: 'presence', room: 'general', joins: [carl], leaves: [bob], count: 2 });
      socket.say({ type: 'presence', room: 'general', joins: [{ ...ann, name: 'Anna' }], leaves: [ann] });
      expect([...room.members.values()].map(({ name }) => name)).to.have.members(['Carl', 'Anna']);
      expect(room.count).to.equal(2);
      expect(room.member?.name).to.equal('Anna');
      expect(events).to.deep.equal([
        ['presence', ['Carl'], ['Bob']],
        ['presence', ['Anna'], ['Ann']],
      ]);
    });

    it('gives messages, whole', async () => {
      const { room, socket } = await clients.inRoom();
      const messages: ChatMessage[] = [];
      room.on('message', (message) => messages.push(message));
      socket.say(said('hello', 8, { key: 'k'.repeat(8) }));
      socket.say({ ...said('', 9), text: undefined, data: { mood: 'fine' } });
      socket.say(said('mine, from another window', 10, { from: ann }));
      const common = { room: 'general', from: bob, epoch: 'e1', at: 1_000, own: false };
      expect(messages).to.deep.equal([
        { ...common, text: 'hello', key: 'kkkkkkkk', offset: 8 },
        { ...common, data: { mood: 'fine' }, offset: 9 },
        { ...common, text: 'mine, from another window', from: ann, own: true, offset: 10 },
      ]);
      expect(room.position).to.deep.equal(at(10));
    });

    it('is closed when the server takes it away', async () => {
      const { client, room, socket } = await clients.inRoom();
      const events = eventsOf(room);
      socket.say({ type: 'left', room: 'general' });
      expect(events).to.deep.equal([
        ['state', 'closed'],
        ['error', 'closed'],
      ]);
      expect(client.rooms.size).to.equal(0);
    });
  });

  describe('that is refused', () => {
    it('is closed, and says why', async () => {
      const client = await clients.make();
      const room = client.join('staff');
      const events = eventsOf(room);
      const [joined, sent] = [refusal(room.joined()), refusal(room.send('hello'))];
      FakeSocket.last.open().refuse('join', 'forbidden');
      expect(events).to.deep.equal([
        ['state', 'closed'],
        ['error', 'forbidden'],
      ]);
      expect(room.error).to.include({ code: 'forbidden', message: 'No: forbidden' });
      expect([await joined, await sent]).to.deep.equal(['forbidden', 'forbidden']);
      expect(await refusal(room.joined())).to.equal('forbidden');
      expect(await refusal(room.history())).to.equal('forbidden');
      expect(client.rooms.size).to.equal(0);
      expect((await clients.again()).requests).to.deep.equal([]);
    });

    it('can be joined anew, which gives another object', async () => {
      const client = await clients.make();
      const refused = client.join('staff');
      FakeSocket.last.open().refuse('join', 'forbidden');
      const room = client.join('staff');
      expect(room).not.to.equal(refused);
      FakeSocket.last.joined();
      expect(room.state).to.equal('joined');
    });
  });

  describe('leave()', () => {
    it('tells the server, and is the end', async () => {
      const { client, room, socket } = await clients.inRoom();
      const [waiting, events] = [refusal(room.send('hello')), eventsOf(room)];
      room.leave();
      room.leave();
      expect(socket.requests.filter(({ type }) => type === 'leave')).to.deep.equal([
        { type: 'leave', id: 3, room: 'general' },
      ]);
      expect(await waiting).to.equal('unconfirmed');
      expect(await refusal(room.send('late'))).to.equal('closed');
      socket.say(said('too late', 8));
      expect(events).to.deep.equal([['state', 'closed']]);
      expect(client.rooms.size).to.equal(0);
    });

    it('does not disturb whoever joins the room anew, whatever comes late', async () => {
      const { client, room, socket } = await clients.inRoom();
      room.leave();
      const anew = client.join('general');
      const events = eventsOf(anew);
      socket.say(said('for the one before', 8));
      socket.say({ type: 'left', id: socket.request('leave').id, room: 'general' });
      expect(anew.state).to.equal('joining');
      expect(socket.request('join')).not.to.have.property('since');
      socket.joined({ position: at(8) });
      socket.say(said('hello', 9));
      expect(events).to.deep.equal([
        ['state', 'joined'],
        ['message', 'hello', 9],
      ]);
    });

    it('before the server has let us in forgets that it does', async () => {
      const client = await clients.make();
      const room = client.join('general');
      const socket = FakeSocket.last.open();
      room.leave();
      socket.joined();
      expect(room.state).to.equal('closed');
    });

    it('of a listener ends what is being given', async () => {
      const { room, socket } = await clients.inRoom();
      socket.say(said('before', 8));
      const events = eventsOf(room);
      room.on('message', () => room.leave());
      (await clients.again()).joined({ position: at(10), missed: [said('one', 9), said('two', 10)] });
      expect(events).to.deep.equal([
        ['state', 'joining'],
        ['state', 'joined'],
        ['message', 'one', 9],
        ['state', 'closed'],
      ]);
    });
  });

  describe('send()', () => {
    it('says texts and data with a key, and gives the message when it is acknowledged', async () => {
      const { room, socket } = await clients.inRoom();
      const [text, data] = [room.send('hello'), room.send({ mood: 'fine' })];
      const [first, second] = socket.requests.filter(({ type }) => type === 'message');
      expect(first).to.deep.include({ room: 'general', text: 'hello' });
      expect(second).to.deep.include({ room: 'general', data: { mood: 'fine' } });
      expect(first!.key).to.match(/^[0-9a-f]{32}$/);
      expect(second!.key).not.to.equal(first!.key);
      socket.sent(8, 'hello');
      socket.sent(9);
      const own = { room: 'general', from: ann, epoch: 'e1', at: 2_000, own: true };
      expect(await text).to.deep.equal({ ...own, text: 'hello', key: first!.key, offset: 8 });
      expect(await data).to.deep.equal({ ...own, data: { mood: 'fine' }, key: second!.key, offset: 9 });
      expect(room.position).to.deep.equal(at(9));
    });

    it('rejects with the error of the server', async () => {
      const { room, socket } = await clients.inRoom();
      const sent = refusal(room.send(''));
      socket.refuse('message', 'invalid-text');
      expect(await sent).to.equal('invalid-text');
      expect((await clients.again()).joined()).to.equal(undefined);
      expect(FakeSocket.last.texts).to.deep.equal([]);
    });

    it('rejects what is no JSON', async () => {
      const { room } = await clients.inRoom();
      let error: unknown;
      await room.send(1n).catch((reason: unknown) => {
        error = reason;
      });
      expect(error).to.be.instanceOf(TypeError);
    });

    it('keeps the order: what waited goes first, also before what a listener says', async () => {
      const client = await clients.make();
      const room = client.join('general');
      room.on('state', (state) => state === 'joined' && room.send('three'));
      void room.send('one');
      void room.send('two');
      FakeSocket.last.open();
      expect(FakeSocket.last.texts).to.deep.equal([]);
      FakeSocket.last.joined();
      for (const offset of [8, 9, 10]) FakeSocket.last.sent(offset, ['one', 'two', 'three'][offset - 8]);
      expect(FakeSocket.last.texts).to.deep.equal(['one', 'two', 'three']);
    });

    it('lets so many messages wait as it shall, in all rooms together', async () => {
      const client = await clients.make({ maxQueued: 3 });
      const [general, staff] = [client.join('general'), client.join('staff')];
      const waiting = [general.send('1'), general.send('2'), staff.send('3')].map(refusal);
      expect(await refusal(staff.send('4'))).to.equal('queue-full');
      client.close();
      expect(await Promise.all(waiting)).to.deep.equal(['closed', 'closed', 'closed']);
    });

    it('lets none wait with maxQueued 0, but sends what was under way again', async () => {
      const { room, socket } = await clients.inRoom({ maxQueued: 0 });
      const sent = room.send('hello');
      socket.end();
      expect(await refusal(room.send('offline'))).to.equal('queue-full');
      await clients.time.pass(500);
      FakeSocket.last.open().joined();
      FakeSocket.last.sent(8, 'hello');
      expect((await sent).offset).to.equal(8);
    });
  });

  describe('when the connection is lost', () => {
    it('says again what was not acknowledged, with the same key, before what waits', async () => {
      const { room, socket } = await clients.inRoom();
      const sent = [room.send('acknowledged'), room.send('lost'), room.send('lost, too')];
      socket.sent(8, 'acknowledged');
      socket.end();
      sent.push(room.send('waited'));
      await clients.time.pass(500);
      const again = FakeSocket.last.open();
      again.joined({ position: at(8) });
      expect(again.texts).to.deep.equal(['lost', 'lost, too', 'waited']);
      const keyOf = ({ requests }: FakeSocket, text: string) => requests.find((each) => each.text === text)!.key;
      expect(keyOf(again, 'lost')).to.equal(keyOf(socket, 'lost'));
      for (const [index, text] of ['lost', 'lost, too', 'waited'].entries()) again.sent(9 + index, text);
      expect((await Promise.all(sent)).map(({ offset }) => offset)).to.deep.equal([8, 9, 10, 11]);
    });

    it('takes a message of its own among what was missed for acknowledged', async () => {
      const { room, socket } = await clients.inRoom();
      const sent = room.send('hello');
      const events = eventsOf(room);
      const { key } = socket.request('message');
      const again = await clients.again();
      const own = said('hello', 8, { from: ann, key: key! });
      again.joined({ member: { id: 'a2', name: 'Ann' }, position: at(9), missed: [own, said('hi', 9)] });
      expect(await sent).to.include({ offset: 8, own: true });
      expect(again.texts).to.deep.equal([]);
      expect(events.slice(2)).to.deep.equal([['message', 'hi', 9]]);
    });

    it('takes a message of its own that comes as another’s for acknowledged, when it has its place', async () => {
      const { room, socket } = await clients.inRoom();
      const sent = room.send('hello');
      const events = eventsOf(room);
      const { key } = socket.request('message');
      const again = await clients.again();
      again.joined();
      again.say(said('hello', null, { key: key! }));
      again.say(said('hello', 8, { key: key! }));
      expect((await sent).offset).to.equal(8);
      again.sent(8);
      expect(events.slice(2)).to.deep.equal([]);
      expect(room.position).to.deep.equal(at(8));
    });

    it('gives up what the server may have had and forgotten, unless it is among what was missed', async () => {
      const { room, socket } = await clients.inRoom();
      const [lost, had] = [refusal(room.send('lost')), room.send('had')];
      const { key } = socket.request('message');
      await clients.time.pass(4_000);
      socket.end();
      const waited = room.send('waited');
      // The network is away for too long.
      clients.time.now += 27_000;
      await clients.time.pass(0);
      FakeSocket.last.open().joined({ position: at(8), missed: [said('had', 8, { from: ann, key: key! })] });
      expect(await lost).to.equal('unconfirmed');
      expect((await had).offset).to.equal(8);
      expect(FakeSocket.last.texts).to.deep.equal(['waited']);
      FakeSocket.last.sent(9);
      expect((await waited).offset).to.equal(9);
    });

    it('says again what is younger', async () => {
      const { room, socket } = await clients.inRoom();
      void room.send('hello');
      socket.end();
      clients.time.now += 29_000;
      await clients.time.pass(0);
      FakeSocket.last.open().joined();
      expect(FakeSocket.last.texts).to.deep.equal(['hello']);
      FakeSocket.last.sent(8);
      await settled();
    });

    it('counts the age from the first time that it was said', async () => {
      const { room } = await clients.inRoom();
      const sent = refusal(room.send('hello'));
      clients.time.now += 20_000;
      (await clients.again()).joined();
      expect(FakeSocket.last.texts).to.deep.equal(['hello']);
      clients.time.now += 20_000;
      (await clients.again()).joined();
      expect(FakeSocket.last.texts).to.deep.equal([]);
      expect(await sent).to.equal('unconfirmed');
    });

    it('gives up the longest message that was under way when the server finds one too big', async () => {
      const { client, room } = await clients.inRoom();
      const other = client.join('other');
      FakeSocket.last.joined();
      const sent = [room.send('short'), other.send('much too long')];
      const tooBig = refusal(sent[1]!);
      const waits = client.join('joining').send('longer than all others, and never sent');
      FakeSocket.last.end(1009, 'too big');
      await clients.time.pass(clients.time.next!);
      expect(await tooBig).to.equal('message-too-big');
      const again = FakeSocket.last.open();
      for (const { id, room: name } of again.requests.filter(({ type }) => type === 'join')) {
        again.say({
          type: 'joined',
          id,
          room: name,
          member: ann,
          members: [],
          count: 1,
          position: at(7),
          missed: [],
          gap: false,
        });
      }
      expect(again.texts).to.deep.equal(['short', 'longer than all others, and never sent']);
      again.sent(8, 'short');
      again.sent(9);
      expect([(await sent[0]!).offset, (await waits).offset]).to.deep.equal([8, 9]);
    });

    it('comes back after 1009 though nothing was under way', async () => {
      await clients.inRoom();
      (await clients.again(1009)).joined();
      expect(FakeSocket.made).to.have.lengthOf(2);
    });

    it('tells the sender apart from what will not be sent when it is for good', async () => {
      const { room, socket } = await clients.inRoom();
      const underWay = refusal(room.send('under way'));
      socket.end(1001);
      const waits = refusal(room.send('waits'));
      await clients.time.pass(500);
      FakeSocket.last.end(4000);
      expect([await underWay, await waits]).to.deep.equal(['unconfirmed', 'closed']);
    });
  });

  describe('catching up', () => {
    it('gives what was missed, once and in order, before what comes', async () => {
      const { room, socket } = await clients.inRoom();
      const events = eventsOf(room);
      socket.say(said('eight', 8));
      const again = await clients.again();
      again.joined({ position: at(10), missed: [said('eight', 8), said('nine', 9), said('ten', 10)] });
      again.say(said('ten', 10));
      again.say(said('twelve', 12));
      expect(events).to.deep.equal([
        ['message', 'eight', 8],
        ['state', 'joining'],
        ['state', 'joined'],
        ['message', 'nine', 9],
        ['message', 'ten', 10],
        ['message', 'twelve', 12],
      ]);
    });

    it('gives what was missed later, when a listener closes the client meanwhile', async () => {
      const { client, room } = await clients.inRoom();
      const events = eventsOf(room);
      const stop = room.on('message', () => client.close());
      (await clients.again()).joined({ position: at(9), missed: [said('eight', 8), said('nine', 9)] });
      expect(room.position).to.deep.equal(at(8));
      stop();
      client.connect();
      await settled();
      expect(FakeSocket.last.open().request('join').since).to.deep.equal(at(8));
      FakeSocket.last.joined({ position: at(9), missed: [said('nine', 9)] });
      expect(events.filter(([event]) => event === 'message')).to.deep.equal([
        ['message', 'eight', 8],
        ['message', 'nine', 9],
      ]);
    });

    it('tells a gap later, too, when a listener closes the client on it', async () => {
      const { client, room } = await clients.inRoom();
      const stop = room.on('gap', () => client.close());
      (await clients.again()).joined({ gap: true, position: at(2, 'e2') });
      expect(room.position).to.deep.equal(at(7));
      stop();
      const events = eventsOf(room);
      client.connect();
      await settled();
      FakeSocket.last.open().joined({ gap: true, position: at(2, 'e2') });
      expect(events.at(-1)).to.deep.equal(['gap', at(7), at(2, 'e2')]);
    });

    it('goes on to where the log is, though its last entries were no messages', async () => {
      const { room } = await clients.inRoom();
      (await clients.again()).joined({ position: at(12), missed: [said('nine', 9)] });
      expect(room.position).to.deep.equal(at(12));
    });

    it('knows what it said on the last hundred connections', async () => {
      const { room } = await clients.inRoom();
      for (let i = 1; i <= 100; i++) (await clients.again()).joined({ member: { id: `a-${i}`, name: 'Ann' } });
      const own: boolean[] = [];
      room.on('message', (message) => own.push(message.own));
      for (const [index, id] of ['a1', 'a-1', 'a-100'].entries()) {
        FakeSocket.last.say(said('hello', 8 + index, { from: { id, name: 'Ann' } }));
      }
      expect(own).to.deep.equal([false, true, true]);
    });

    it('ignores what comes before the room is joined again: it comes among what was missed', async () => {
      const { room } = await clients.inRoom();
      const events = eventsOf(room);
      const again = await clients.again();
      again.say(said('eight', 8));
      again.joined({ position: at(8), missed: [said('eight', 8)] });
      expect(events.slice(2)).to.deep.equal([['message', 'eight', 8]]);
    });

    it('begins where the application was, when it says so', async () => {
      const client = await clients.make();
      const room = client.join('general', { since: at(0) });
      const events = eventsOf(room);
      const socket = FakeSocket.last.open();
      expect(socket.request('join').since).to.deep.equal(at(0));
      socket.joined({ position: at(2), missed: [said('one', 1), said('two', 2)] });
      expect(events.slice(1)).to.deep.equal([
        ['message', 'one', 1],
        ['message', 'two', 2],
      ]);
    });

    it('tells a gap before the first message behind it', async () => {
      const { room } = await clients.inRoom();
      const events = eventsOf(room);
      (await clients.again()).joined({ gap: true, position: at(99), missed: [said('98', 98), said('99', 99)] });
      expect(events.slice(2)).to.deep.equal([
        ['gap', at(7), at(99)],
        ['message', '98', 98],
        ['message', '99', 99],
      ]);
    });

    it('tells no gap to who has seen nothing', async () => {
      const client = await clients.make();
      const room = client.join('general');
      const events = eventsOf(room);
      FakeSocket.last.open().joined({ gap: true });
      expect(events).to.deep.equal([['state', 'joined']]);
    });

    it('goes over to another epoch', async () => {
      const { room } = await clients.inRoom();
      const events = eventsOf(room);
      const again = await clients.again();
      again.joined({ gap: true, position: at(2, 'e2'), missed: [said('one', 1), said('two', 2)] });
      again.say(said('three', 3));
      expect(events.slice(2)).to.deep.equal([
        ['gap', at(7), at(2, 'e2')],
        ['message', 'one', 1],
        ['message', 'two', 2],
        ['message', 'three', 3],
      ]);
      expect(room.position).to.deep.equal(at(3, 'e2'));
    });

    it('goes back where the log has lost its end', async () => {
      const { room } = await clients.inRoom();
      const events = eventsOf(room);
      const again = await clients.again();
      again.joined({ gap: true, position: at(4), missed: [] });
      again.say(said('five', 5));
      expect(events.slice(2)).to.deep.equal([
        ['gap', at(7), at(4)],
        ['message', 'five', 5],
      ]);
    });

    it('keeps its place where a server is behind', async () => {
      const { room } = await clients.inRoom();
      const events = eventsOf(room);
      const again = await clients.again();
      again.joined({ position: at(6) });
      again.say(said('seven', 7));
      again.say(said('eight', 8));
      expect(events.slice(2)).to.deep.equal([['message', 'eight', 8]]);
    });

    it('is told where it is when messages were dropped', async () => {
      const { room, socket } = await clients.inRoom();
      const events = eventsOf(room);
      socket.say({ type: 'position', room: 'general', position: at(20), gap: true });
      socket.say(said('21', 21));
      socket.say({ type: 'position', room: 'general', position: at(25), gap: false });
      socket.say({ type: 'position', room: 'general', position: at(3, 'e2'), gap: true });
      socket.say(said('4', 4));
      expect(events).to.deep.equal([
        ['gap', at(7), at(20)],
        ['message', '21', 21],
        ['gap', at(25), at(3, 'e2')],
        ['message', '4', 4],
      ]);
      expect(room.position).to.deep.equal(at(4, 'e2'));
    });
  });

  describe('that is too slow', () => {
    const dropped = { type: 'position', room: 'general', position: null, gap: true };
    const joins = ({ requests }: FakeSocket) => requests.filter(({ type }) => type === 'join').slice(1);

    it('tells the gap, keeps its place, and asks once for each burst who is there, but not for what was dropped', async () => {
      const { room, socket } = await clients.inRoom();
      const events = eventsOf(room);
      socket.say(dropped);
      expect(room.position).to.deep.equal(at(7));
      socket.say(said('twelve', 12));
      socket.say(dropped);
      expect(joins(socket)).to.deep.equal([{ type: 'join', id: 2, room: 'general' }]);
      const carl = { id: 'c1', name: 'Carl' };
      socket.joined({ members: [ann, carl], count: 2, position: at(15) });
      socket.say(said('sixteen', 16));
      expect(events).to.deep.equal([
        ['gap', at(7), null],
        ['message', 'twelve', 12],
        ['gap', at(12), null],
        ['presence', ['Carl'], ['Bob']],
        ['message', 'sixteen', 16],
      ]);
      expect([...room.members.values()]).to.deep.equal([ann, carl]);
      socket.say(dropped);
      expect(joins(socket)).to.have.lengthOf(2);
    });

    it('tells of nobody where the members are the same', async () => {
      const { room, socket } = await clients.inRoom();
      const events = eventsOf(room);
      socket.say(dropped);
      socket.joined();
      expect(events).to.deep.equal([['gap', at(7), null]]);
    });

    it('stays when the server refuses, and asks again when the next ones are dropped', async () => {
      const { room, socket } = await clients.inRoom();
      socket.say(dropped);
      socket.refuse('join', 'forbidden');
      expect(room.state).to.equal('joined');
      socket.say(dropped);
      expect(joins(socket)).to.have.lengthOf(2);
    });

    it('comes back behind its place when the connection is lost before the answer', async () => {
      const { socket } = await clients.inRoom();
      socket.say(dropped);
      const again = await clients.again();
      expect(again.request('join').since).to.deep.equal(at(7));
      again.joined();
      again.say(dropped);
      expect(joins(again)).to.have.lengthOf(1);
    });

    it('asks for nothing where a listener leaves on the gap', async () => {
      const { room, socket } = await clients.inRoom();
      room.on('gap', () => room.leave());
      socket.say(dropped);
      expect(joins(socket)).to.deep.equal([]);
    });
  });

  describe('while the broker is away', () => {
    const key = 'k'.repeat(16);

    it('gives messages at once, and tells when they have their place', async () => {
      const { room, socket } = await clients.inRoom();
      const messages: ChatMessage[] = [];
      room.on('message', (message) => messages.push(message));
      const placed: ChatMessage[] = [];
      room.on('placed', (message) => placed.push(message));
      socket.say(said('hello', null, { key }));
      expect(messages[0]).to.include({ offset: null, epoch: 'e1' });
      socket.say({ type: 'placed', room: 'general', key, offset: 8, at: 1_500 });
      socket.say({ type: 'placed', room: 'general', key, offset: 8, at: 1_500 });
      expect(placed).to.have.lengthOf(1);
      expect(placed[0]).to.equal(messages[0]).and.include({ offset: 8, at: 1_500, epoch: 'e1' });
      expect(room.position).to.deep.equal(at(8));
    });

    it('gives a message once that comes again with its place, among what was missed or not', async () => {
      const { room, socket } = await clients.inRoom();
      const events = eventsOf(room);
      const other = 'o'.repeat(16);
      socket.say(said('one', null, { key }));
      socket.say(said('one', null, { key }));
      socket.say(said('two', null, { key: other }));
      const again = await clients.again();
      again.joined({ position: at(8), missed: [said('one', 8, { key })] });
      again.say(said('two', 9, { key: other }));
      expect(events).to.deep.equal([
        ['message', 'one', null],
        ['message', 'two', null],
        ['state', 'joining'],
        ['state', 'joined'],
        ['placed', 'one', 8],
        ['placed', 'two', 9],
      ]);
    });

    it('remembers a thousand messages without a place', async () => {
      const { room, socket } = await clients.inRoom();
      const placed: unknown[] = [];
      room.on('placed', ({ text }) => placed.push(text));
      for (let i = 0; i <= 1_000; i++) socket.say(said(`${i}`, null, { key: `key-${i}` }));
      socket.say({ type: 'placed', room: 'general', key: 'key-0', offset: 8, at: 1 });
      socket.say({ type: 'placed', room: 'general', key: 'key-1', offset: 9, at: 1 });
      expect(placed).to.deep.equal(['1']);
    });

    it('joins without a position, and keeps the last one until it is told where it is', async () => {
      const { room } = await clients.inRoom();
      const events = eventsOf(room);
      const again = await clients.again();
      again.joined({ position: null });
      expect(room.position).to.deep.equal(at(7));
      again.say(said('early', null, { key }));
      again.say({ type: 'position', room: 'general', position: at(7), gap: false });
      again.say(said('eight', 8));
      again.say({ type: 'placed', room: 'general', key, offset: 9, at: 1 });
      expect(events.slice(2)).to.deep.equal([
        ['message', 'early', null],
        ['message', 'eight', 8],
        ['placed', 'early', 9],
      ]);
      expect(room.position).to.deep.equal(at(9));
    });

    it('learns its first position when the broker is back', async () => {
      const client = await clients.make();
      const room = client.join('general');
      const events = eventsOf(room);
      const socket = FakeSocket.last.open();
      socket.joined({ position: null });
      expect(room.state).to.equal('joined');
      socket.say({ type: 'position', room: 'general', position: at(3), gap: true });
      socket.say(said('four', 4));
      expect(room.position).to.deep.equal(at(4));
      expect(events).to.deep.equal([
        ['state', 'joined'],
        ['message', 'four', 4],
      ]);
    });

    it('acknowledges our own messages when they have their place', async () => {
      const { room, socket } = await clients.inRoom();
      const sent = room.send('hello');
      socket.say({ type: 'placed', room: 'general', key: socket.request('message').key, offset: 8, at: 3_000 });
      expect(await sent).to.include({ offset: 8, at: 3_000 });
    });
  });

  describe('history()', () => {
    const page = (socket: FakeSocket, more: object = {}) => {
      const { id } = socket.request('history');
      const messages = [said('five', 5), said('mine', 6, { from: ann })];
      socket.say({ type: 'history', id, room: 'general', messages, position: at(8), more: true, gap: false, ...more });
    };

    it('reads what was said before the room was joined, and goes back page by page', async () => {
      const { room, socket } = await clients.inRoom();
      socket.say(said('eight', 8));
      const first = room.history({ limit: 2 });
      await settled();
      expect(socket.request('history')).to.deep.include({ room: 'general', before: at(8), limit: 2 });
      page(socket);
      const { messages, ...rest } = await first;
      expect(rest).to.deep.equal({ more: true, gap: false, position: at(8) });
      expect(messages).to.deep.equal([
        { room: 'general', from: bob, text: 'five', epoch: 'e1', offset: 5, at: 1_000, own: false },
        { room: 'general', from: ann, text: 'mine', epoch: 'e1', offset: 6, at: 1_000, own: true },
      ]);
      const second = room.history({ before: messages[0]! });
      await settled();
      expect(socket.request('history'))
        .to.deep.include({ before: at(5) })
        .and.not.have.property('limit');
      page(socket, { messages: [], more: false });
      expect((await second).messages).to.deep.equal([]);
    });

    it('reads what a gap left out', async () => {
      const { room, socket } = await clients.inRoom();
      void room.history({ since: at(3) });
      await settled();
      expect(socket.request('history'))
        .to.deep.include({ since: at(3) })
        .and.not.have.property('before');
      page(socket);
      await settled();
    });

    it('begins behind a position that the application gave, and anew with another epoch', async () => {
      const client = await clients.make();
      const room = client.join('general', { since: at(3) });
      const socket = FakeSocket.last.open();
      socket.joined({ missed: [said('four', 4)] });
      void room.history();
      await settled();
      expect(socket.request('history').before).to.deep.equal(at(4));
      const again = await clients.again();
      again.joined({ gap: true, position: at(20, 'e2'), missed: [said('20', 20)] });
      await settled();
      expect(again.request('history').before).to.deep.equal(at(20, 'e2'));
      page(again);
      await settled();
    });

    it('begins anew where the server says that it is in another epoch', async () => {
      const { room, socket } = await clients.inRoom();
      socket.say({ type: 'position', room: 'general', position: at(4, 'e2'), gap: true });
      void room.history();
      await settled();
      expect(socket.request('history').before).to.deep.equal(at(5, 'e2'));
      page(socket);
      await settled();
    });

    it('waits for the connection, and asks again when it is lost meanwhile', async () => {
      const client = await clients.make();
      const room = client.join('general');
      const history = room.history();
      FakeSocket.last.open().joined();
      await settled();
      expect(FakeSocket.last.request('history')).to.deep.include({ before: at(8) });
      const again = await clients.again();
      again.joined();
      await settled();
      page(again);
      expect((await history).messages).to.have.lengthOf(2);
    });

    it('rejects with the error of the server, and when the room is closed', async () => {
      const { room, socket } = await clients.inRoom();
      const refused = refusal(room.history({ limit: -1 }));
      await settled();
      socket.refuse('history', 'invalid-limit');
      expect(await refused).to.equal('invalid-limit');
      const late = refusal(room.history());
      await settled();
      socket.end(4000);
      expect(await late).to.equal('closed');
    });

    it('rejects when the room or the client is closed in the same moment', async () => {
      const { client, room, socket } = await clients.inRoom();
      const afterClose = refusal(room.history());
      client.close();
      expect(await afterClose).to.equal('closed');
      client.connect();
      await settled();
      FakeSocket.last.open().joined();
      const afterLeave = refusal(room.history());
      room.leave();
      expect(await afterLeave).to.equal('closed');
      for (const { requests } of [socket, FakeSocket.last]) {
        expect(requests.map(({ type }) => type)).not.to.include('history');
      }
    });

    it('asks for the latest where no position is known', async () => {
      const client = await clients.make();
      const room = client.join('general');
      const socket = FakeSocket.last.open();
      socket.joined({ position: null });
      void room.history({ before: { epoch: null, offset: null } });
      await settled();
      expect(socket.request('history')).not.to.have.any.keys('before', 'since');
      page(socket);
      await settled();
    });
  });
});
