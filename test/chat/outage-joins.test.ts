import { expect } from 'chai';
import type { Position } from '../../src/rooms/adapter';
import type { ChatClient } from '../support/chat-client';
import { ChatNodes } from '../support/chat-nodes';

describe('chat: who joins while the broker is away', () => {
  const nodes = ChatNodes.use();

  const say = (client: ChatClient, text: string, more: object = {}) => client.send({ type: 'message', text, ...more });
  const join = (client: ChatClient, since?: object) => client.send({ type: 'join', room: 'a', since }).expect('joined');

  it('a room that nobody here knows: gets its position later', async () => {
    const { server, adapter } = await nodes.serveFlaky();
    const eve = await nodes.connect(await nodes.serve());
    await join(eve);
    await say(eve, 'before').expect('sent');
    adapter.goAway();
    const [ann, bob] = [await nodes.connect(server), await nodes.connect(server)];
    expect(await join(ann)).to.deep.include({ position: null, missed: [], gap: false, count: 1 });
    await join(bob);
    await ann.expect('presence');
    say(ann, 'early', { id: 1 });
    expect(await bob.expect('message')).to.include({ text: 'early', offset: null });
    await say(eve, 'elsewhere').expect('sent');
    adapter.comeBack();
    await bob.expect('presence');
    const position = await bob.expect('position');
    expect(position).to.deep.include({ room: 'a', gap: true });
    expect(position.position).to.have.property('offset', 2);
    // Eve is there, too; she came before anything else was heard of her room.
    const types = [await ann.expect('presence'), await ann.expect('position'), await ann.expect('sent')];
    expect(types[2]).to.include({ id: 1, offset: 3 });
  });

  it('with since: gets exactly what it missed, in order, and nothing of it twice', async () => {
    const { server, adapter } = await nodes.serveFlaky();
    const eve = await nodes.connect(await nodes.serve());
    const { position } = await join(eve);
    for (const text of ['one', 'two']) await say(eve, text).expect('sent');
    adapter.goAway();
    const ann = await nodes.connect(server);
    const since = { epoch: (position as Position).epoch, offset: 1 };
    expect(await join(ann, since)).to.deep.include({ position: null, missed: [], gap: false });
    await say(eve, 'three').expect('sent');
    say(ann, 'four', { id: 4 });
    expect(await ann.soFar()).to.deep.equal([]);
    adapter.comeBack();
    await ann.expect('presence');
    expect(await ann.next()).to.deep.equal({ type: 'position', room: 'a', position: since, gap: false });
    expect([await ann.next(), await ann.next()].map(({ text, offset }) => [text, offset])).to.deep.equal([
      ['two', 2],
      ['three', 3],
    ]);
    expect(await ann.next()).to.include({ type: 'sent', id: 4, offset: 4 });
    await say(eve, 'five').expect('presence');
    expect(await ann.next()).to.include({ text: 'five', offset: 5 });
  });

  it('a room that is known here, with an older position: gets what it missed later', async () => {
    const { server, adapter, ann, bob, eve } = await nodes.site();
    const { position } = await join(bob);
    await say(eve, 'one').expect('sent');
    await bob.expect('message');
    adapter.goAway();
    say(ann, 'early');
    const early = await bob.expect('message');
    const late = await nodes.connect(server);
    expect(await join(late, position as Position)).to.deep.include({ position: null, missed: [], gap: false });
    say(ann, 'earlier');
    expect(await late.expect('message')).to.include({ text: 'earlier', offset: null });
    adapter.comeBack();
    expect(await late.next()).to.deep.equal({ type: 'position', room: 'a', position, gap: false });
    expect(await late.next()).to.include({ type: 'message', text: 'one', offset: 1 });
    expect(await late.next()).to.include({ type: 'message', text: 'early', offset: 2 });
    expect(await late.next()).to.include({ type: 'placed', offset: 3 });
    await bob.expect('presence');
    await bob.expect('message');
    expect(await bob.next()).to.include({ type: 'placed', key: early.key, offset: 2 });
  });

  it('again, before it has what it missed: waits for it as before', async () => {
    const { server, adapter, ann } = await nodes.site();
    const { position } = await join(ann);
    say(ann, 'one');
    await ann.expect('sent');
    adapter.goAway();
    const late = await nodes.connect(server);
    await join(late, position as Position);
    late.send({ type: 'join', room: 'a', name: 'Late' });
    expect(await late.expect('joined')).to.deep.include({ position: null, missed: [] });
    adapter.comeBack();
    expect(await late.next()).to.deep.include({ type: 'position', position, gap: false });
    expect(await late.next()).to.include({ text: 'one', offset: 1 });
    await adapter.idle();
    expect(await late.soFar()).to.deep.equal([]);
  });

  it('and leaves again: gets nothing of it', async () => {
    const { server, adapter, ann } = await nodes.site();
    const { position } = await join(ann);
    await say(ann, 'one').expect('sent');
    adapter.goAway();
    const late = await nodes.connect(server);
    await join(late, position as Position);
    late.send({ type: 'leave' });
    await late.expect('left');
    adapter.comeBack();
    await adapter.idle();
    expect(await late.soFar()).to.deep.equal([]);
    expect((await join(late, position as Position)).missed).to.have.lengthOf(1);
  });

  it('is told of a gap when what it missed is not kept any more', async () => {
    const { server, adapter, eve, ann } = await nodes.site({ history: 2 });
    const { position } = await join(ann);
    adapter.goAway();
    const late = await nodes.connect(server);
    await say(eve, 'one').expect('sent');
    await join(late, { epoch: (position as Position).epoch, offset: 0 });
    for (const text of ['two', 'three', 'four']) await say(eve, text).expect('sent');
    adapter.comeBack();
    await ann.expect('presence');
    const told = await ann.expect('position');
    expect(told).to.deep.equal({
      type: 'position',
      room: 'a',
      position: { epoch: (position as Position).epoch, offset: 2 },
      gap: true,
    });
    for (const client of [ann, late]) {
      while ((await client.next()).text !== 'three');
      expect(await client.next()).to.include({ text: 'four', offset: 4 });
    }
    await say(eve, 'five').expect('presence');
    expect(await late.next()).to.include({ text: 'five', offset: 5 });
  });
});
