import { once } from 'node:events';
import { expect } from 'chai';
import { ChatServer, type ChatServerOptions } from '../../src/chat/chat-server';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { type Answer, ChatClient } from '../support/chat-client';

/** The chat protocol, spoken by real clients to a real server. */
describe('chat protocol', () => {
  const servers: ChatServer[] = [];
  const clients: ChatClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.terminate();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function serve(options: ChatServerOptions = {}): Promise<ChatServer> {
    const server = new ChatServer('127.0.0.1', 0, options);
    servers.push(server);
    await server.start();
    return server;
  }

  async function connect(server: ChatServer, count: number): Promise<ChatClient[]> {
    const connected: ChatClient[] = [];
    for (let i = 0; i < count; i++) connected.push(await ChatClient.connect(server.address!.port));
    clients.push(...connected);
    return connected;
  }

  async function serveAndConnect(count: number, options?: ChatServerOptions) {
    const server = await serve(options);
    return { server, clients: (await connect(server, count)) as [ChatClient, ChatClient, ChatClient] };
  }

  describe('join', () => {
    it('answers who joined, who is there, and where the room is', async () => {
      const { clients } = await serveAndConnect(1);
      const joined = await clients[0].join('general', '  Ann ');
      const { member, position, ...rest } = joined;
      expect(rest).to.deep.equal({
        type: 'joined',
        room: 'general',
        members: [member],
        count: 1,
        missed: [],
        gap: false,
      });
      expect(member.name).to.equal('Ann');
      expect(member.id).to.match(/^[\w-]{16}$/);
      expect(position).to.have.property('offset', 0);
      expect(position)
        .to.have.property('epoch')
        .that.match(/^[\w-]{8}\.\d+$/);
    });

    it('tells the others, and the one who comes who was there before', async () => {
      const { clients } = await serveAndConnect(2);
      const ann = await clients[0].join('general', 'Ann');
      const bob = await clients[1].join('general', 'Bob');
      expect(bob.members).to.deep.equal([ann.member, bob.member]);
      expect(await clients[0].next()).to.deep.equal({
        type: 'presence',
        room: 'general',
        joins: [bob.member],
        leaves: [],
        count: 2,
      });
      expect(await clients[1].soFar()).to.deep.equal([]);
    });

    it('gives a name to who says none, and keeps it for the next room', async () => {
      const { clients } = await serveAndConnect(1);
      const first = await clients[0].join('a');
      const second = await clients[0].join('b');
      expect(first.member.name).to.match(/^guest-[0-9a-f]{4}$/);
      expect(second.member).to.deep.equal(first.member);
    });

    it('allows two of the same name, with ids of their own', async () => {
      const { clients } = await serveAndConnect(2);
      const one = await clients[0].join('a', 'Ann');
      const other = await clients[1].join('a', 'Ann');
      expect(one.member.id).to.not.equal(other.member.id);
      expect(other.members).to.have.lengthOf(2);
    });

    it('again, with another name: a new name, told as the old one leaving and the new one joining', async () => {
      const { clients } = await serveAndConnect(2);
      const before = await clients[0].join('a', 'Ann');
      await clients[1].join('a', 'Bob');
      await clients[0].expect('presence');
      const after = await clients[0].join('a', 'Anna');
      expect(after.member).to.deep.equal({ id: before.member.id, name: 'Anna' });
      expect(after.count).to.equal(2);
      expect(await clients[1].next()).to.deep.equal({
        type: 'presence',
        room: 'a',
        joins: [after.member],
        leaves: [before.member],
        count: 2,
      });
      clients[0].send({ type: 'message', text: 'hi' });
      expect((await clients[1].expect('message')).from).to.deep.equal(after.member);
    });

    it('again, with the same name or none: the same answer, and nothing for the others', async () => {
      const { clients } = await serveAndConnect(2);
      const { member } = await clients[0].join('a', 'Ann');
      await clients[1].join('a', 'Bob');
      await clients[0].expect('presence');
      expect((await clients[0].join('a', 'Ann')).member).to.deep.equal(member);
      expect((await clients[0].join('a')).member).to.deep.equal(member);
      expect(await clients[1].soFar()).to.deep.equal([]);
    });

    it('with since: a gap, unless nothing was said after it', async () => {
      const { clients } = await serveAndConnect(2);
      await clients[0].join('a');
      const { position } = (await clients[1].join('a')) as unknown as { position: { epoch: string; offset: number } };
      const joinSince = async (since: object) => {
        clients[1].send({ type: 'join', room: 'a', since });
        const { missed, gap } = await clients[1].expect('joined');
        expect(missed).to.deep.equal([]);
        return gap;
      };
      expect(await joinSince(position)).to.equal(false);
      expect(await joinSince({ epoch: 'another life', offset: 0 })).to.equal(true);
      expect(await joinSince({ epoch: position.epoch, offset: 5 })).to.equal(true);
      clients[0].send({ type: 'message', text: 'missed' });
      await clients[1].expect('message');
      expect(await joinSince(position)).to.equal(true);
      expect(await joinSince({ epoch: position.epoch, offset: 1 })).to.equal(false);
    });

    it('lists a limited number of members, and counts all', async () => {
      const { clients } = await serveAndConnect(3, { maxMembersListed: 2 });
      const first = await clients[0].join('a');
      const second = await clients[1].join('a');
      const third = await clients[2].join('a');
      expect(third.members).to.deep.equal([first.member, second.member]);
      expect(third.count).to.equal(3);
    });

    it('in more rooms than a member may be in: too-many-rooms, until one is left', async () => {
      const { clients } = await serveAndConnect(1, { maxRoomsPerMember: 2 });
      const [client] = clients;
      await client.join('a');
      await client.join('b');
      client.send({ type: 'join', room: 'c' });
      const error = await client.expect('error');
      expect(error).to.deep.include({ code: 'too-many-rooms', request: { type: 'join', room: 'c' } });
      expect(error.message).to.match(/You are in 2 rooms/);
      await client.join('a');
      client.send({ type: 'leave', room: 'a' });
      await client.expect('left');
      await client.join('c');
    });
  });

  describe('message', () => {
    it('goes to everyone in the room but the sender, who gets sent', async () => {
      const { clients } = await serveAndConnect(3);
      const [ann, bob, eve] = clients;
      const { member } = await ann.join('general', 'Ann');
      await bob.join('general', 'Bob');
      await eve.join('elsewhere', 'Eve');
      await ann.expect('presence');
      const before = Date.now();
      ann.send({ type: 'message', text: 'grüß "dich"\n', id: 'm1' });
      const sent = await ann.next();
      const message = await bob.next();
      expect(sent).to.deep.equal({ type: 'sent', id: 'm1', room: 'general', offset: 1, at: message.at });
      expect(message).to.deep.equal({
        type: 'message',
        room: 'general',
        from: member,
        text: 'grüß "dich"\n',
        offset: 1,
        at: sent.at,
      });
      expect(message.at).to.be.within(before, Date.now());
      expect(await eve.soFar()).to.deep.equal([]);
      expect(await ann.soFar()).to.deep.equal([]);
    });

    it('is numbered in its room, from 1, in the order of its coming', async () => {
      const { clients } = await serveAndConnect(2);
      const [ann, bob] = clients;
      for (const client of [ann, bob]) for (const room of ['a', 'b']) await client.join(room);
      await ann.expect('presence');
      await ann.expect('presence');
      for (let i = 0; i < 100; i++) ann.send({ type: 'message', room: i % 2 ? 'a' : 'b', text: `${i}`, id: i });
      for (let i = 0; i < 100; i++) {
        expect(await ann.next()).to.include({ type: 'sent', id: i, offset: Math.floor(i / 2) + 1 });
        expect(await bob.next()).to.include({ type: 'message', room: i % 2 ? 'a' : 'b', text: `${i}` });
      }
    });

    it('goes to the room joined last when it names none', async () => {
      const { clients } = await serveAndConnect(1);
      const [client] = clients;
      const roomOfNext = async () => (await client.send({ type: 'message', text: 'x' }).next()).room;
      await client.join('a');
      await client.join('b');
      expect(await roomOfNext()).to.equal('b');
      await client.join('a');
      expect(await roomOfNext()).to.equal('a');
      client.send({ type: 'leave' });
      expect(await client.expect('left')).to.include({ room: 'a' });
      expect(await roomOfNext()).to.equal('b');
    });

    it('without an id is acknowledged without one', async () => {
      const { clients } = await serveAndConnect(1);
      await clients[0].join('a');
      expect(await clients[0].send({ type: 'message', text: 'x' }).next()).to.have.all.keys(
        'type',
        'room',
        'offset',
        'at',
      );
    });

    it('goes on counting when the room has been empty', async () => {
      const { clients } = await serveAndConnect(1);
      const [client] = clients;
      const first = (await client.join('a')).position as { epoch: string };
      client.send({ type: 'message', text: 'x' });
      expect(await client.expect('sent')).to.include({ offset: 1 });
      client.send({ type: 'leave' });
      await client.expect('left');
      expect((await client.join('a')).position).to.deep.equal({ epoch: first.epoch, offset: 1 });
    });

    it('to no room, or to one that the sender is not in: not-joined', async () => {
      const { clients } = await serveAndConnect(1);
      const [client] = clients;
      const first = await client.send({ type: 'message', text: 'x', id: 1 }).expect('error');
      expect(first).to.deep.include({ code: 'not-joined', request: { type: 'message', id: 1 } });
      expect(first.message).to.equal('You are in no room: join one first');
      await client.join('a');
      const second = await client.send({ type: 'message', room: '__proto__', text: 'x' }).expect('error');
      expect(second.message).to.equal('You are not in the room "__proto__": join it first');
    });
  });

  describe('leave', () => {
    it('is answered with left, and told to the others, who go on without', async () => {
      const { server, clients } = await serveAndConnect(2);
      const [ann, bob] = clients;
      const { member } = await ann.join('a', 'Ann');
      await bob.join('a');
      await ann.expect('presence');
      ann.send({ type: 'leave', room: 'a', id: 9 });
      expect(await ann.next()).to.deep.equal({ type: 'left', id: 9, room: 'a' });
      expect(await bob.next()).to.deep.equal({ type: 'presence', room: 'a', joins: [], leaves: [member], count: 1 });
      bob.send({ type: 'message', text: 'alone' });
      await bob.expect('sent');
      expect(await ann.soFar()).to.deep.equal([]);
      expect(server.count('a')).to.equal(1);
    });

    it('of a room that one is not in: not-joined', async () => {
      const { clients } = await serveAndConnect(1);
      expect(await clients[0].send({ type: 'leave', room: 'a' }).next()).to.include({ code: 'not-joined' });
      expect(await clients[0].send({ type: 'leave' }).next()).to.include({ code: 'not-joined' });
    });

    const endings: [how: string, end: (client: ChatClient) => void][] = [
      ['closes', (client) => client.socket.close()],
      ['dies without a close frame', (client) => client.socket.terminate()],
      [
        'resets in the middle of a frame',
        (client) => {
          const { _socket: socket } = client.socket as unknown as { _socket: import('node:net').Socket };
          socket.write(Buffer.from([0x81, 0xff, 0, 0]), () => socket.resetAndDestroy());
        },
      ],
      [
        'breaks the protocol',
        (client) => {
          (client.socket as unknown as { _socket: import('node:net').Socket })._socket.write(Buffer.from([0xff, 0x00]));
        },
      ],
    ];
    for (const [how, end] of endings) {
      it(`happens by itself when a client ${how}: in all of its rooms`, async () => {
        const { server, clients } = await serveAndConnect(2);
        const errors: unknown[] = [];
        server.on('error', (error) => errors.push(error));
        const [ann, bob] = clients;
        const { member } = await ann.join('a', 'Ann');
        await ann.join('b');
        await ann.join('alone');
        await bob.join('a');
        await bob.join('b');
        end(ann);
        const told = [await bob.expect('presence'), await bob.expect('presence')];
        expect(told).to.deep.equal([
          { type: 'presence', room: 'a', joins: [], leaves: [member], count: 1 },
          { type: 'presence', room: 'b', joins: [], leaves: [member], count: 1 },
        ]);
        expect(server.rooms).to.deep.equal(['a', 'b']);
        expect(errors).to.deep.equal([]);
        bob.send({ type: 'message', text: 'still served' });
        await bob.expect('sent');
      });
    }
  });

  it('answers ping, whatever else happens', async () => {
    const { clients } = await serveAndConnect(1);
    clients[0].send({ type: 'ping', id: 7 });
    expect(await clients[0].next()).to.deep.equal({ type: 'pong', id: 7 });
  });

  describe('what is no request', () => {
    it('is answered with an error, and never closes the connection', async () => {
      const { clients } = await serveAndConnect(1);
      const [client] = clients;
      const bad: [request: string | object, code: string][] = [
        ['', 'invalid-json'],
        ['{', 'invalid-json'],
        ['[]', 'invalid-request'],
        ['null', 'invalid-request'],
        [Buffer.from([0, 1, 2]), 'invalid-request'],
        [{}, 'invalid-request'],
        [{ type: 'shout' }, 'unknown-type'],
        [{ type: 'join' }, 'invalid-room'],
        [{ type: 'join', room: 'x'.repeat(900_000) }, 'invalid-room'],
        [{ type: 'join', room: 'a', name: '\u0000' }, 'invalid-name'],
        [{ type: 'message' }, 'invalid-text'],
        [{ type: 'message', text: 'x'.repeat(4097) }, 'invalid-text'],
        [{ type: 'history', room: 'a' }, 'not-joined'],
      ];
      for (const [request, code] of bad) {
        const answer = await client.send(request).expect('error');
        expect(answer.code).to.equal(code);
        expect(answer.message).to.be.a('string').with.length.within(10, 200);
      }
      expect((await client.join('a')).count).to.equal(1);
    });

    it('a room name of ten megabytes is refused by the size of its message: 1009', async () => {
      const { server, clients } = await serveAndConnect(2);
      const [ann, bob] = clients;
      const closed = ann.closed();
      ann.send({ type: 'join', room: 'x'.repeat(10 * 1024 * 1024) });
      expect(await closed).to.include({ code: 1009 });
      expect((await bob.join('a')).count).to.equal(1);
      expect(server.rooms).to.deep.equal(['a']);
    });

    it('a room name of ten megabytes is refused by its length where messages may be that large', async () => {
      const { clients } = await serveAndConnect(1, { maxMessageSize: 20 * 1024 * 1024 });
      const answer = await clients[0].send({ type: 'join', room: 'x'.repeat(10 * 1024 * 1024) }).expect('error');
      expect(answer.message).to.equal('The name of a room has at most 256 characters; this one has 10485760');
      expect(answer.request).to.deep.equal({ type: 'join' });
    });
  });

  describe('hooks', () => {
    it('authorizeJoin gets the connection, the room and the request; false forbids', async () => {
      const asked: unknown[] = [];
      const { server, clients } = await serveAndConnect(1, {
        authorizeJoin: (socket, room, request) => {
          asked.push([socket.readyState, room, request.url]);
          return room !== 'secret';
        },
      });
      const answer = await clients[0].send({ type: 'join', room: 'secret', id: 3 }).expect('error');
      expect(answer).to.deep.equal({
        type: 'error',
        code: 'forbidden',
        message: 'You may not join the room "secret"',
        request: { type: 'join', id: 3, room: 'secret' },
      });
      await clients[0].join('open');
      expect(asked).to.deep.equal([
        [1, 'secret', '/'],
        [1, 'open', '/'],
      ]);
      expect(server.rooms).to.deep.equal(['open']);
    });

    it('authorizePublish gets the message as it would be sent', async () => {
      const drafts: unknown[] = [];
      const { clients } = await serveAndConnect(2, {
        authorizePublish: async (_socket, draft) => {
          drafts.push(draft);
          return draft.text?.includes('spam') === false;
        },
      });
      const [ann, bob] = clients;
      const { member } = await ann.join('a', 'Ann');
      await bob.join('a');
      await ann.expect('presence');
      ann.send({ type: 'message', text: 'spam!', id: 's' }).send({ type: 'message', text: 'ham', id: 'h' });
      expect(await ann.next()).to.deep.include({ code: 'forbidden', request: { type: 'message', id: 's' } });
      expect(await ann.next()).to.include({ type: 'sent', id: 'h', offset: 1 });
      expect(await bob.next()).to.include({ type: 'message', text: 'ham', offset: 1 });
      expect(drafts[0]).to.deep.equal({ room: 'a', from: member, text: 'spam!' });
    });

    const failing: [what: string, hook: () => unknown, words: RegExp][] = [
      [
        'throws',
        () => {
          throw new Error('no database');
        },
        /no database/,
      ],
      ['rejects', () => Promise.reject(new Error('no database')), /no database/],
      ['forgets to answer', () => undefined, /'authorizeJoin' must return true .*, not undefined/],
      ['resolves to an object', async () => ({ user: 1 }), /must return true .*, not an object/],
    ];
    for (const [what, hook, words] of failing) {
      it(`that ${what} forbids, and the server hears of it, not the client`, async () => {
        const { server, clients } = await serveAndConnect(1, { authorizeJoin: hook as () => boolean });
        const heard = once(server, 'error');
        const answer = await clients[0].send({ type: 'join', room: 'a' }).expect('error');
        expect(answer).to.include({ code: 'forbidden', message: 'You may not join the room "a"' });
        const [error, socket] = (await heard) as [Error, WebSocketConnection];
        expect(error.message).to.match(words);
        expect(socket.readyState).to.equal(1);
      });
    }

    it('that answer late keep the order of one client, and hold up no other', async () => {
      const waiting: (() => void)[] = [];
      const { clients } = await serveAndConnect(2, {
        authorizeJoin: (_socket, room) =>
          room === 'quick' || new Promise<boolean>((resolve) => waiting.push(() => resolve(true))),
      });
      const [slow, quick] = clients;
      slow.send({ type: 'join', room: 'slow', name: 'S' });
      slow.send({ type: 'message', text: 'first', id: 1 });
      slow.send({ type: 'join', room: 'quick' });
      slow.send({ type: 'message', text: 'second', id: 2 });
      await quick.join('quick');
      expect(await quick.soFar()).to.deep.equal([]);
      while (waiting.length === 0) await quick.soFar();
      waiting[0]!();
      const types: Answer[] = [];
      for (let i = 0; i < 4; i++) types.push(await slow.next());
      expect(types.map(({ type, room, id }) => [type, room, id])).to.deep.equal([
        ['joined', 'slow', undefined],
        ['sent', 'slow', 1],
        ['joined', 'quick', undefined],
        ['sent', 'quick', 2],
      ]);
    });

    it('that answer when the client has gone seat nobody', async () => {
      let answer: (allowed: boolean) => void = () => {};
      const { server, clients } = await serveAndConnect(2, {
        authorizeJoin: (_socket, room) =>
          room !== 'late' ||
          new Promise<boolean>((resolve) => {
            answer = resolve;
          }),
      });
      const asked: Promise<WebSocketConnection> = new Promise((resolve) => {
        server.on('join', (socket) => resolve(socket));
      });
      await clients[0].join('a');
      const socket = await asked;
      clients[0].send({ type: 'join', room: 'late' });
      while (!socket.isPaused) await clients[1].soFar();
      socket.terminate();
      await socket.closed;
      answer(true);
      await clients[1].join('b');
      expect(server.rooms).to.deep.equal(['b']);
    });
  });

  describe('programming interface', () => {
    it('tells of joins, leaves and messages, after the client has its answer', async () => {
      const { server, clients } = await serveAndConnect(1);
      const events: unknown[] = [];
      server.on('join', (socket, room, member) => {
        events.push(['join', room, member.name]);
        socket.send('"welcome"');
      });
      server.on('message', (_socket, { room, from, text, offset }) =>
        events.push(['message', room, from.name, text, offset]),
      );
      server.on('leave', (_socket, room, member) => events.push(['leave', room, member.name]));
      const [client] = clients;
      await client.join('a', 'Ann');
      expect(await client.next()).to.equal('welcome');
      client.send({ type: 'message', text: 'hi' }).send({ type: 'leave' });
      await client.expect('sent');
      await client.expect('left');
      await client.join('b', 'Ann');
      const left = once(server, 'leave');
      client.socket.terminate();
      await left;
      expect(events).to.deep.equal([
        ['join', 'a', 'Ann'],
        ['message', 'a', 'Ann', 'hi', 1],
        ['leave', 'a', 'Ann'],
        ['join', 'b', 'Ann'],
        ['leave', 'b', 'Ann'],
      ]);
    });

    it('says something itself, also while something is being told: everybody hears it in the same order', async () => {
      const { server, clients } = await serveAndConnect(3, { history: 10 });
      for (const client of clients) await client.join('a');
      for (const client of clients) await client.soFar();
      server.on('message', (_socket, { text }) => {
        void server.say('a', `You said ${text}`, { from: 'Echo' });
        server.to('a').publish({ type: 'notice', about: text });
      });
      const [ann, bob, eve] = clients;
      for (const text of ['one', 'two'])
        await ann
          .send({ type: 'message', text })
          .expect('sent')
          .then(() => ann.soFar());
      const heard = [await bob.soFar(), await eve.soFar()];
      expect(heard[0]).to.deep.equal(heard[1]);
      const messages = heard[0]!.filter(({ type }) => type === 'message');
      expect(messages.map(({ text }) => text)).to.deep.equal(['one', 'You said one', 'two', 'You said two']);
      const offsets = messages.map(({ offset }) => offset as number);
      expect(offsets).to.deep.equal([...offsets].sort((one, other) => one - other));
      expect(heard[0]!.filter(({ type }) => type === 'notice')).to.have.lengthOf(2);
      const { messages: log } = await server.history('a');
      expect(log.map(({ text }) => text)).to.deep.equal(messages.map(({ text }) => text));
      expect(log[1]!.from).to.deep.equal({ id: 'Echo', name: 'Echo' });
    });

    it('goes on where a listener closes who has just come, or said something', async () => {
      const { server, clients } = await serveAndConnect(2);
      const [ann, bob] = clients;
      await bob.join('a', 'Bob');
      server.on('message', (socket) => socket.terminate());
      server.on('leave', (socket) => void server.say('a', `${socket.readyState}`, { from: 'Door' }));
      const { member } = await ann.join('a', 'Ann');
      await bob.expect('presence');
      ann.send({ type: 'message', text: 'my last' }).send({ type: 'message', text: 'too late' });
      expect(await bob.next()).to.include({ type: 'message', text: 'my last' });
      expect(await bob.next()).to.deep.include({ type: 'presence', leaves: [member] });
      expect(await bob.next()).to.deep.include({ type: 'message', text: '3', from: { id: 'Door', name: 'Door' } });
      expect(await bob.soFar()).to.deep.equal([]);
    });

    it('lists rooms and members, and publishes to them from outside', async () => {
      const { server, clients } = await serveAndConnect(2);
      const [ann, bob] = clients;
      const sockets: WebSocketConnection[] = [];
      server.on('join', (socket) => sockets.push(socket));
      const first = await ann.join('a', 'Ann');
      const second = await bob.join('a', 'Bob');
      await ann.expect('presence');
      expect(server.rooms).to.deep.equal(['a']);
      expect(server.members('a')).to.deep.equal([first.member, second.member]);
      expect(server.count('a')).to.equal(2);
      expect(server.members('__proto__')).to.deep.equal([]);
      expect(server.count('nobody')).to.equal(0);
      server.to('a').except(sockets[0]!).publish({ type: 'notice', text: 'only Bob' });
      server.to('a').publish({ type: 'notice', text: 'both' });
      expect(await bob.next()).to.deep.equal({ type: 'notice', text: 'only Bob' });
      expect(await bob.next()).to.deep.equal({ type: 'notice', text: 'both' });
      expect(await ann.next()).to.deep.equal({ type: 'notice', text: 'both' });
    });

    it('reports listeners that throw or reject, and goes on', async () => {
      const { server, clients } = await serveAndConnect(1);
      const errors: string[] = [];
      server.on('error', (error) => {
        errors.push((error as Error).message);
        if (errors.length === 1) return;
        throw new Error('from the listener for errors');
      });
      server.on('join', () => {
        throw new Error('thrown');
      });
      server.on('join', async () => {
        throw new Error('rejected');
      });
      let heard = 0;
      server.on('join', () => heard++);
      const silenced = silenceConsole();
      try {
        await clients[0].join('a');
        await clients[0].soFar();
      } finally {
        silenced.restore();
      }
      expect(errors).to.deep.equal(['thrown', 'rejected']);
      expect(heard).to.equal(1);
      expect(silenced.lines.map(String)).to.deep.equal(['Error: from the listener for errors']);
    });

    it('writes errors that nobody listens for to the console, and goes on', async () => {
      const { clients } = await serveAndConnect(1, {
        authorizeJoin: () => {
          throw new Error('no database');
        },
      });
      const silenced = silenceConsole();
      try {
        await clients[0].send({ type: 'join', room: 'a' }).expect('error');
      } finally {
        silenced.restore();
      }
      expect(silenced.lines.map(String)).to.deep.equal(['Error: no database']);
    });
  });
});

function silenceConsole(): { lines: unknown[]; restore: () => void } {
  const lines: unknown[] = [];
  const write = console.error;
  console.error = (line: unknown) => void lines.push(line);
  return {
    lines,
    restore: () => {
      console.error = write;
    },
  };
}
