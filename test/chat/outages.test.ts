import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import type { Position } from '../../src/rooms/adapter';
import type { Answer, ChatClient } from '../support/chat-client';
import { ChatNodes, newKey, until } from '../support/chat-nodes';

describe('chat: while the broker is away', () => {
  const nodes = ChatNodes.use();

  const say = (client: ChatClient, text: string, more: object = {}) => client.send({ type: 'message', text, ...more });
  const join = (client: ChatClient, since?: object) => client.send({ type: 'join', room: 'a', since }).expect('joined');
  const textsOf = (answers: Answer[]) => answers.map(({ text }) => text);

  it('members here get what is said at once, and where it is when the broker is back', async () => {
    const { adapter, ann, bob, eve } = await nodes.site();
    adapter.goAway();
    say(ann, 'one', { id: 1 });
    const early = await bob.expect('message');
    expect(early).to.have.all.keys('type', 'room', 'from', 'text', 'offset', 'at', 'key');
    expect(early).to.include({ text: 'one', offset: null });
    const key = newKey();
    say(ann, 'two', { id: 2, key });
    expect(await bob.expect('message')).to.include({ text: 'two', offset: null, key });
    say(eve, 'elsewhere');
    await eve.expect('sent');
    expect(await ann.soFar()).to.deep.equal([]);
    expect(await bob.soFar()).to.deep.equal([]);

    adapter.comeBack();
    expect(await bob.next()).to.include({ type: 'message', text: 'elsewhere', offset: 1 });
    const placed = { type: 'placed', room: 'a', key: early.key, offset: 2, at: early.at };
    expect(await bob.next()).to.deep.equal(placed);
    expect(await bob.next()).to.include({ type: 'placed', key, offset: 3 });
    expect(await ann.next()).to.include({ type: 'message', text: 'elsewhere', offset: 1 });
    expect(await ann.next()).to.deep.equal({ type: 'sent', id: 1, room: 'a', offset: 2, at: early.at });
    expect(await ann.next()).to.include({ type: 'sent', id: 2, offset: 3, key });
    expect(textsOf(await eve.soFar())).to.deep.equal(['one', 'two']);
    say(ann, 'three');
    expect(await bob.expect('message')).to.include({ text: 'three', offset: 4 });
    expect(await ann.soFar()).to.have.lengthOf(1);
    expect((await nodes.logOf('a')).texts).to.deep.equal(['elsewhere', 'one', 'two', 'three']);
  });

  it('what was under way when it went is told here, and is in the log once', async () => {
    const { adapter, ann, bob, eve } = await nodes.site();
    adapter.hang();
    for (const text of ['one', 'two', 'three']) say(ann, text, { id: text });
    expect(await ann.soFar()).to.deep.equal([]);
    expect(await bob.soFar()).to.deep.equal([]);
    adapter.goAway();
    for (const text of ['one', 'two', 'three']) expect(await bob.expect('message')).to.include({ text, offset: null });
    adapter.comeBack();
    for (const [index, id] of ['one', 'two', 'three'].entries()) {
      expect(await bob.expect('placed')).to.include({ offset: index + 1 });
      expect(await ann.expect('sent')).to.include({ offset: index + 1, id });
    }
    await adapter.idle();
    expect(textsOf(await eve.soFar())).to.deep.equal(['one', 'two', 'three']);
    expect([...(await ann.soFar()), ...(await bob.soFar())]).to.deep.equal([]);
  });

  it('an answer of the broker that is lost makes nothing twice', async () => {
    const { adapter, ann, bob, eve } = await nodes.site();
    adapter.fates.set('append', 'answer lost');
    say(ann, 'one', { id: 1 });
    expect(await bob.expect('message')).to.include({ text: 'one', offset: 1 });
    expect(await ann.expect('sent')).to.include({ id: 1, offset: 1 });
    await until(() => adapter.status === 'degraded');
    expect(await bob.soFar()).to.deep.equal([]);
    adapter.comeBack();
    say(ann, 'two', { id: 2 });
    expect(await ann.next()).to.include({ type: 'sent', id: 2, offset: 2 });
    expect(textsOf([await bob.next()])).to.deep.equal(['two']);
    expect(textsOf(await eve.soFar())).to.deep.equal(['one', 'two']);
  });

  it('what a program has said is told here, and no message twice', async () => {
    const { server, adapter, ann, bob } = await nodes.site();
    adapter.fates.set('append', 'answer lost');
    const first = server.say('a', 'before');
    expect(await bob.expect('message')).to.include({ text: 'before', offset: 1 });
    await until(() => adapter.status === 'degraded');
    const second = server.say('a', 'during', { from: 'Support' });
    const early = await bob.expect('message');
    expect(early).to.deep.include({ text: 'during', offset: null, from: { id: 'Support', name: 'Support' } });
    adapter.comeBack();
    expect(await bob.next()).to.include({ type: 'placed', key: early.key, offset: 2 });
    expect([(await first).offset, (await second).offset]).to.deep.equal([1, 2]);
    expect(textsOf(await ann.soFar())).to.deep.equal(['before', 'during', undefined]);
    expect(await bob.soFar()).to.deep.equal([]);
  });

  it('who joined since gets the whole message, who had it gets its place', async () => {
    const { server, adapter, ann, bob } = await nodes.site();
    adapter.goAway();
    say(ann, 'one');
    await bob.expect('message');
    const late = await nodes.connect(server);
    // The room is known here: so is where it was.
    expect((await join(late)).position).to.have.property('offset', 0);
    await bob.expect('presence');
    say(ann, 'two');
    expect(await late.expect('message')).to.include({ text: 'two', offset: null });
    adapter.comeBack();
    expect(await late.next()).to.include({ type: 'message', text: 'one', offset: 1 });
    expect(await late.next()).to.include({ type: 'placed', offset: 2 });
    await bob.expect('message');
    expect([await bob.next(), await bob.next()].map(({ type, offset }) => [type, offset])).to.deep.equal([
      ['placed', 1],
      ['placed', 2],
    ]);
  });

  it('the same message said again by who comes back is in the room once, and told where it is', async () => {
    const { server, adapter, ann, bob } = await nodes.site();
    adapter.goAway();
    const key = newKey();
    say(ann, 'once', { key });
    await bob.expect('message');
    ann.socket.terminate();
    await bob.expect('presence');
    const again = await nodes.connect(server);
    await join(again);
    await bob.expect('presence');
    say(again, 'once', { key, id: 'again' });
    expect(await bob.soFar()).to.deep.equal([]);
    adapter.comeBack();
    expect(await again.next()).to.include({ type: 'sent', id: 'again', offset: 1, key });
    expect(await bob.next()).to.include({ type: 'placed', key, offset: 1 });
    expect((await nodes.logOf('a')).texts).to.deep.equal(['once']);
  });

  it('tells listeners of a message once, however often it was said', async () => {
    const { server, adapter, ann } = await nodes.site();
    const heard: unknown[] = [];
    server.on('message', (_socket, { text, offset }) => heard.push([text, offset]));
    adapter.goAway();
    const key = newKey();
    for (const id of [1, 2]) say(ann, 'once', { key, id });
    await ann.soFar();
    adapter.comeBack();
    await ann.expect('sent');
    say(ann, 'once', { key });
    await ann.expect('sent');
    expect(heard).to.deep.equal([['once', 1]]);
  });

  describe('messages are given up', () => {
    it('when too many wait: unavailable, with what can be done about it', async () => {
      const { adapter, ann, bob } = await nodes.site({ maxQueued: 2 });
      adapter.goAway();
      const key = newKey();
      for (const id of [1, 2]) say(ann, `${id}`, { id });
      say(ann, '3', { id: 3, key });
      const error = await ann.expect('error');
      expect(error).to.deep.include({ code: 'unavailable', request: { type: 'message', id: 3, key } });
      expect(error.message).to.equal('The message was not taken: 2 wait for the broker already (option maxQueued: 2)');
      expect(textsOf(await bob.soFar())).to.deep.equal(['1', '2']);
      adapter.comeBack();
      for (const id of [1, 2]) expect(await ann.expect('sent')).to.include({ id });
      say(ann, '3', { id: 3, key });
      expect(await ann.expect('sent')).to.include({ id: 3, offset: 3 });
    });

    it('when what waits is too large: unavailable', async () => {
      const { adapter, ann } = await nodes.site({ maxQueuedBytes: 1000 });
      adapter.goAway();
      say(ann, 'x'.repeat(900)).send({ type: 'message', text: 'y'.repeat(900) });
      expect((await ann.expect('error')).message).to.match(
        /1 wait for the broker already \(option maxQueuedBytes: 1000\)/,
      );
    });

    it('when a program says them: it hears so, and nobody here gets them', async () => {
      const { server, adapter, ann, bob } = await nodes.site({ maxQueued: 1 });
      adapter.goAway();
      say(ann, 'waits');
      await bob.expect('message');
      const error = await server.say('a', 'too much').catch((reason: Error) => reason);
      expect(error).to.have.property('code', 'QUEUE_FULL');
      expect(await bob.soFar()).to.deep.equal([]);
    });

    it('when they have waited too long: it is said whether they may have arrived', async () => {
      const { server, adapter, ann, bob } = await nodes.site({ publishTimeout: 300 });
      adapter.hang();
      say(ann, 'tried', { id: 1, room: 'a' });
      await ann.soFar();
      adapter.goAway();
      say(ann, 'not tried', { id: 2 });
      const errors = [await ann.expect('error'), await ann.expect('error')];
      expect(
        errors.map(({ code, message, request }) => {
          return [code, message, request];
        }),
      ).to.deep.equal([
        [
          'unavailable',
          'The broker did not take the message within 0.3 s (option publishTimeout); whether it has arrived is not known',
          { type: 'message', room: 'a', id: 1 },
        ],
        [
          'unavailable',
          'The broker did not take the message within 0.3 s (option publishTimeout); it has not arrived',
          { type: 'message', room: 'a', id: 2 },
        ],
      ]);
      for (const text of ['tried', 'not tried']) expect(await bob.next()).to.include({ text, offset: null });
      adapter.comeBack();
      await adapter.idle();
      expect([...(await bob.soFar()), ...(await ann.soFar())]).to.deep.equal([]);
      say(ann, 'now');
      expect(await bob.next()).to.include({ text: 'now', offset: 1 });
      for (const client of [ann, bob]) client.socket.terminate();
      await until(() => server.rooms.length === 0);
    });
  });

  describe('whoever is gone leaves nothing behind', () => {
    it('at whatever moment the connection closes', async () => {
      const sockets: WebSocketConnection[] = [];
      const { server, adapter } = await nodes.serveFlaky({
        identify: (socket) => {
          sockets.push(socket);
          return undefined;
        },
        authorizeJoin: async () => true,
        authorizePublish: async () => true,
      });
      const errors: unknown[] = [];
      server.on('error', (error) => errors.push(error));
      const since = { epoch: 'e', offset: 0 };
      for (let turns = 0; turns < 30; turns++) {
        const client = await nodes.connect(server);
        client.send({ type: 'join', room: `${turns}`, since }).send({ type: 'message', text: 'x', key: newKey() });
        client
          .send({ type: 'history' })
          .send({ type: 'join', room: `${turns}`, name: 'Ann' })
          .send({ type: 'leave' });
        const socket = sockets.at(-1)!;
        // The requests have arrived: from now on each turn is a step of one of them.
        await until(() => adapter.calls.length > 0 || socket.isPaused);
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        socket.terminate();
      }
      await until(() => server.rooms.length === 0);
      await adapter.idle();
      expect(server.rooms).to.deep.equal([]);
      for (let room = 0; room < 30; room++) expect((await nodes.logOf(`${room}`)).present).to.deep.equal([]);
      expect(errors).to.deep.equal([]);
    });

    it('who closed with messages on their way: they arrive, and the room goes', async () => {
      const { server, adapter, ann, bob, eve } = await nodes.site();
      adapter.goAway();
      say(ann, 'last words');
      await bob.expect('message');
      for (const client of [ann, bob]) client.socket.terminate();
      await until(() => server.count('a') <= 1);
      adapter.comeBack();
      expect(textsOf((await eve.soFar()).filter(({ type }) => type === 'message'))).to.be.an('array');
      await until(() => server.rooms.length === 0);
      await adapter.idle();
      expect((await nodes.logOf('a')).texts).to.deep.equal(['last words']);
    });

    it('who closed while it waited for what it missed, and for where its message is', async () => {
      const { server, adapter } = await nodes.serveFlaky();
      const eve = await nodes.connect(await nodes.serve());
      const { position } = await join(eve);
      await say(eve, 'one').expect('sent');
      adapter.goAway();
      const ann = await nodes.connect(server);
      await join(ann, position as Position);
      say(ann, 'two');
      await ann.soFar();
      // What it missed does not come, while its message does.
      adapter.comeBack();
      adapter.fates.set('read', 'hangs');
      adapter.fates.delete('append');
      await adapter.idle();
      ann.socket.terminate();
      await until(() => server.count('a') <= 1);
      adapter.goAway();
      adapter.comeBack();
      await until(() => server.rooms.length === 0);
    });

    it('who closed while it joined', async () => {
      for (const call of ['subscribe', 'present', 'read'] as const) {
        const { server, adapter } = await nodes.serveFlaky({ name: call });
        adapter.fates.set(call, 'hangs');
        const ann = await nodes.connect(server);
        ann.send({ type: 'join', room: 'a', since: { epoch: 'e', offset: 1 } });
        await until(() => adapter.calls.includes(`${call} a`));
        expect(server.rooms).to.deep.equal(['a']);
        ann.socket.terminate();
        adapter.goAway();
        await until(() => server.rooms.length === 0);
        adapter.comeBack();
        await adapter.idle();
        expect(server.rooms).to.deep.equal([]);
      }
    });

    it('who said again what had arrived, while the room did not know yet', async () => {
      const { server, adapter, ann, bob } = await nodes.site();
      const key = newKey();
      await say(ann, 'once', { key }).expect('sent');
      await bob.expect('message');
      const { append, keep } = await nodes.logOf('a');
      adapter.holdEntries();
      await append('a', [{ id: 'lost.1', at: 1, data: eve }], keep);
      adapter.loseEntries();
      say(ann, 'once', { key, id: 'again' });
      await until(() => adapter.calls.filter((call) => call === 'append a').length === 2);
      // The room finds that something is missing, and has not read it when the log's answer comes.
      adapter.fates.set('present', 'hangs');
      await append('a', [{ id: 'lost.2', at: 2, data: eve }], keep);
      await adapter.idle();
      adapter.goAway();
      adapter.comeBack();
      for (const offset of [2, 3]) expect(await ann.next()).to.include({ type: 'message', offset });
      expect(await ann.next()).to.include({ type: 'sent', id: 'again', offset: 1 });
      expect(await bob.soFar()).to.have.lengthOf(2);
      for (const client of [ann, bob]) client.socket.terminate();
      await until(() => server.rooms.length === 0);
    });
  });
});

/** What somebody at the broker writes into the log. */
const eve = { from: { id: 'e', name: 'Eve' }, text: 'from outside' };
