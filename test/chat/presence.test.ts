import { once } from 'node:events';
import { expect } from 'chai';
import type { ChatServer } from '../../src/chat/chat-server';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { InvalidOptionError } from '../../src/protocol/errors';
import { memoryAdapter } from '../../src/rooms/memory-adapter';
import type { ChatClient } from '../support/chat-client';
import { ChatNodes, until } from '../support/chat-nodes';

describe('chat: presence', () => {
  const nodes = ChatNodes.use();

  /** Users are who their path says: `/ann`. */
  const identify = (_socket: WebSocketConnection, request: { url?: string | undefined }) =>
    request.url === '/' ? undefined : request.url?.slice(1);

  async function come(server: ChatServer, user: string, name?: string) {
    const client = await nodes.connect(server, `/${user}`);
    return { client, joined: await client.join('a', name) };
  }

  it('across nodes: who comes and goes is told everywhere, counted and listed', async () => {
    const [here, there] = [await nodes.serve(), await nodes.serve()];
    const ann = await come(here, '', 'Ann');
    const bob = await come(there, '', 'Bob');
    expect(bob.joined).to.deep.include({ count: 2, members: [bob.joined.member, ann.joined.member].reverse() });
    expect(await ann.client.next()).to.deep.equal({
      type: 'presence',
      room: 'a',
      joins: [bob.joined.member],
      leaves: [],
      count: 2,
    });
    for (const server of [here, there]) {
      expect(server.count('a')).to.equal(2);
      expect(server.members('a')).to.deep.equal([ann.joined.member, bob.joined.member]);
    }
    const renamed = await bob.client.join('a', 'Bert');
    expect(await ann.client.next()).to.deep.include({
      joins: [renamed.member],
      leaves: [bob.joined.member],
      count: 2,
    });
    bob.client.socket.terminate();
    expect(await ann.client.next()).to.deep.include({ joins: [], leaves: [renamed.member], count: 1 });
    expect(here.members('a')).to.deep.equal([ann.joined.member]);
    expect(there.rooms).to.deep.equal([]);
  });

  it('of nodes in which nobody is in the room knows nothing of it', async () => {
    const [here, there] = [await nodes.serve(), await nodes.serve()];
    await come(here, '', 'Ann');
    expect([there.count('a'), there.members('a'), there.rooms]).to.deep.equal([0, [], []]);
  });

  it('of one user with several connections on several nodes is one member', async () => {
    const [here, there] = [await nodes.serve({ identify }), await nodes.serve({ identify })];
    const eve = await come(here, '', 'Eve');
    const first = await come(here, 'ann', 'Ann');
    expect(first.joined.member).to.deep.equal({ id: 'ann', name: 'Ann' });
    expect(await eve.client.expect('presence')).to.deep.include({ joins: [{ id: 'ann', name: 'Ann' }], count: 2 });
    const second = await come(there, 'ann', 'Ann');
    expect(second.joined.count).to.equal(2);
    const third = await come(there, 'ann', 'Ann');
    expect(third.joined.members).to.deep.include({ id: 'ann', name: 'Ann', connections: 3 });
    expect(here.members('a')).to.deep.equal(third.joined.members);
    expect(await eve.client.soFar()).to.deep.equal([]);
    second.client.send({ type: 'message', text: 'from there' });
    expect(await first.client.expect('message')).to.deep.include({ from: { id: 'ann', name: 'Ann' } });
    await third.client.expect('message');
    await eve.client.expect('message');
    for (const { client } of [first, second]) {
      client.send({ type: 'leave' });
      while ((await client.next()).type !== 'left');
    }
    expect(await eve.client.soFar()).to.deep.equal([]);
    expect(here.members('a')).to.deep.include({ id: 'ann', name: 'Ann' });
    third.client.socket.terminate();
    expect(await eve.client.next()).to.deep.include({ leaves: [{ id: 'ann', name: 'Ann' }], count: 1 });
  });

  it('of a user who says no name on another connection keeps the name', async () => {
    const [here, there] = [await nodes.serve({ identify }), await nodes.serve({ identify })];
    const eve = await come(here, '', 'Eve');
    await come(here, 'ann', 'Ann');
    await eve.client.expect('presence');
    expect((await come(here, 'ann')).joined.member).to.deep.equal({ id: 'ann', name: 'Ann' });
    expect((await come(there, 'ann')).joined.member).to.deep.equal({ id: 'ann', name: 'Ann' });
    expect(await eve.client.soFar()).to.deep.equal([]);
    const renamed = await come(there, 'ann', 'Anna');
    expect(await eve.client.next()).to.deep.include({
      joins: [{ id: 'ann', name: 'Anna' }],
      leaves: [{ id: 'ann', name: 'Ann' }],
      count: 2,
    });
    expect(renamed.joined.members).to.deep.include({ id: 'ann', name: 'Anna', connections: 4 });
  });

  it('of a node that vanishes ends within presenceTtl', async () => {
    const presenceTtl = 1000;
    const here = await nodes.serve({ presenceTtl });
    const { server: there, adapter } = await nodes.serveFlaky({ presenceTtl });
    const ann = await come(here, '', 'Ann');
    const bob = await come(there, '', 'Bob');
    await ann.client.expect('presence');
    const began = performance.now();
    adapter.hang();
    expect(await ann.client.next()).to.deep.include({ type: 'presence', leaves: [bob.joined.member], count: 1 });
    expect(performance.now() - began).to.be.below(1.5 * presenceTtl);
    expect(here.members('a')).to.deep.equal([ann.joined.member]);
    // It was only away: then it is there again.
    adapter.goAway();
    adapter.comeBack();
    expect(await ann.client.next()).to.deep.include({ type: 'presence', joins: [bob.joined.member], count: 2 });
    expect(there.count('a')).to.equal(2);
  });

  it('of who came and went while the broker was away is told afterwards', async () => {
    const here = await nodes.serve();
    const { server: there, adapter } = await nodes.serveFlaky();
    const ann = await come(here, '', 'Ann');
    const bob = await come(there, '', 'Bob');
    const eve = await come(there, '', 'Eve');
    await adapter.idle();
    for (const { client } of [ann, bob]) await client.soFar();
    adapter.goAway();
    bob.client.socket.terminate();
    await eve.client.expect('presence');
    const joe = await come(there, '', 'Joe');
    const pat = await come(here, '', 'Pat');
    expect(await ann.client.next()).to.deep.include({ joins: [pat.joined.member] });
    expect(there.members('a').map(({ name }) => name)).to.have.members(['Ann', 'Eve', 'Joe']);
    adapter.comeBack();
    await until(() => [here, there].every((server) => server.count('a') === 4));
    const names = ['Ann', 'Eve', 'Joe', 'Pat'];
    await until(() => !here.members('a').some(({ name }) => name === 'Bob'));
    for (const server of [here, there]) expect(server.members('a').map(({ name }) => name)).to.have.members(names);
    expect(joe.joined.count).to.equal(3);
  });

  it('of a room that everybody here left while the broker was away ends afterwards', async () => {
    const here = await nodes.serve();
    const { server: there, adapter } = await nodes.serveFlaky();
    const ann = await come(here, '', 'Ann');
    const bob = await come(there, '', 'Bob');
    await ann.client.expect('presence');
    await adapter.idle();
    adapter.goAway();
    bob.client.socket.terminate();
    await until(() => there.rooms.length === 0);
    adapter.comeBack();
    expect(await ann.client.next()).to.deep.include({ type: 'presence', leaves: [bob.joined.member], count: 1 });
    const space = memoryAdapter({ broker: nodes.broker }).open('chat', deaf);
    await adapter.idle();
    expect((await space.present('a')).map(({ value }) => value)).to.deep.equal([ann.joined.member]);
  });

  describe('identify', () => {
    it('makes socket.user, which hooks and listeners see', async () => {
      const users: unknown[] = [];
      const server = await nodes.serve({
        identify,
        authorizeJoin: ({ user }) => {
          users.push(user);
          return user !== 'eve';
        },
      });
      server.on('join', ({ user }) => users.push(user));
      await come(server, 'ann');
      const eve = await nodes.connect(server, '/eve');
      expect(await eve.send({ type: 'join', room: 'a' }).expect('error')).to.include({ code: 'forbidden' });
      expect(users).to.deep.equal(['ann', 'ann', 'eve']);
    });

    it('undefined is somebody who is nobody in particular', async () => {
      const server = await nodes.serve({ identify: () => undefined });
      const [one, other] = [await come(server, ''), await come(server, '')];
      expect(one.joined.member.id).to.match(/^[\w-]{16}$/);
      expect(other.joined.count).to.equal(2);
    });

    const nonsense: [what: string, identify: () => unknown, words: RegExp][] = [
      [
        'throws',
        () => {
          throw new Error('no session');
        },
        /^no session$/,
      ],
      ['returns a number', () => 7, /'identify' must return a string, or undefined, not 7/],
      ['returns nothing that can be a name', () => '', /'identify' must return a string, or undefined, not ""/],
      ['returns null', () => null, /not null/],
      ['returns a promise', async () => 'ann', /not an? \w+/],
      ['returns a promise that rejects', () => Promise.reject(new Error('no database')), /not an? \w+/],
    ];
    for (const [what, hook, words] of nonsense) {
      it(`that ${what}: closed with 1011, and the server hears why`, async () => {
        const server = await nodes.serve({ identify: hook as () => string });
        const heard = once(server, 'error');
        const closed = (client: ChatClient) => client.closed();
        const client = await nodes.connect(server);
        const [error] = (await heard) as [Error];
        expect(error.message).to.match(words);
        if (!/no session/.test(error.message)) expect(error).to.be.instanceOf(InvalidOptionError);
        expect(await closed(client)).to.deep.equal({ code: 1011, reason: '' });
        expect(server.rooms).to.deep.equal([]);
      });
    }
  });
});

/** Somebody at the broker who hears nothing. */
const deaf = { appended: () => {}, published: () => {}, presence: () => {}, status: () => {} };
