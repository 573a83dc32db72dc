import { expect } from 'chai';
import { ChatNodes, newKey } from '../support/chat-nodes';

describe('chat: keys of messages', () => {
  const nodes = ChatNodes.use();

  async function pair(options = {}) {
    const server = await nodes.serve(options);
    const [ann, bob] = [await nodes.connect(server), await nodes.connect(server)];
    await ann.join('a', 'Ann');
    await bob.join('a', 'Bob');
    await ann.expect('presence');
    return { server, ann, bob };
  }

  it('come with the message, and back with sent', async () => {
    const { ann, bob } = await pair();
    const key = newKey();
    ann.send({ type: 'message', text: 'hi', key, id: 1 });
    const sent = await ann.expect('sent');
    expect(sent).to.deep.equal({ type: 'sent', id: 1, room: 'a', offset: 1, at: sent.at, key });
    expect(await bob.expect('message')).to.include({ text: 'hi', key, offset: 1 });
  });

  it('said again: once in the room, and sent again with the same place', async () => {
    const { ann, bob } = await pair();
    const key = newKey();
    ann.send({ type: 'message', text: 'once', key, id: 1 });
    ann.send({ type: 'message', text: 'next', id: 2 });
    ann.send({ type: 'message', text: 'once', key, id: 3 });
    expect(
      [await ann.next(), await ann.next(), await ann.next()].map(({ type, id, offset }) => [type, id, offset]),
    ).to.deep.equal([
      ['sent', 1, 1],
      ['sent', 2, 2],
      ['sent', 3, 1],
    ]);
    expect((await bob.soFar()).map(({ text }) => text)).to.deep.equal(['once', 'next']);
  });

  it('said again on a new connection, to another node, without history', async () => {
    const options = { history: false as const };
    const { ann, bob } = await pair(options);
    const key = newKey();
    ann.send({ type: 'message', text: 'once', key });
    await bob.expect('message');
    ann.socket.terminate();
    await bob.expect('presence');
    const again = await nodes.connect(await nodes.serve(options));
    await again.join('a', 'Ann');
    await bob.expect('presence');
    again.send({ type: 'message', text: 'once', key, id: 'again' });
    expect(await again.next()).to.include({ type: 'sent', id: 'again', offset: 1, key });
    expect(await bob.soFar()).to.deep.equal([]);
  });

  it('are of one room: in another the same key is another message', async () => {
    const { ann, bob } = await pair();
    await ann.join('b');
    const key = newKey();
    ann.send({ type: 'message', room: 'b', text: 'in b', key });
    ann.send({ type: 'message', room: 'a', text: 'in a', key });
    expect(await ann.next()).to.include({ type: 'sent', room: 'b', offset: 1 });
    expect(await ann.next()).to.include({ type: 'sent', room: 'a', offset: 1 });
    expect(await bob.expect('message')).to.include({ text: 'in a' });
  });

  it('come back with an error', async () => {
    const { ann } = await pair({ authorizePublish: () => false });
    const key = newKey();
    ann.send({ type: 'message', text: 'hi', key });
    expect(await ann.expect('error')).to.deep.include({ code: 'forbidden', request: { type: 'message', key } });
  });

  it('that somebody else knows take nothing from who has said it', async () => {
    const { server, adapter } = await nodes.serveFlaky();
    const [ann, eve] = [await nodes.connect(server), await nodes.connect(server)];
    await ann.join('a', 'Ann');
    await eve.join('a', 'Eve');
    await ann.expect('presence');
    adapter.goAway();
    const key = newKey();
    ann.send({ type: 'message', text: 'mine', key, id: 'ann' });
    expect(await eve.expect('message')).to.include({ key, offset: null });
    eve.send({ type: 'message', text: 'mine, too', key, id: 'eve' });
    expect(await eve.soFar()).to.deep.equal([]);
    adapter.comeBack();
    expect(await ann.next()).to.include({ type: 'sent', id: 'ann', key, offset: 1 });
    expect(await eve.next()).to.include({ type: 'sent', id: 'eve', key, offset: 1 });
    ann.send({ type: 'history' });
    const { messages } = await ann.expect('history');
    expect((messages as { text: string }[]).map(({ text }) => text)).to.deep.equal(['mine']);
  });

  it("that others might guess take nobody else's place: what a node names cannot be named by a client", async () => {
    const { ann, bob, server } = await pair();
    bob.send({ type: 'message', text: 'first' });
    const { key } = (await ann.expect('message')) as unknown as { key: string };
    const [prefix, count] = [key.slice(0, -1), key.at(-1)];
    expect(count).to.equal('1');
    for (const guess of ['2', '3', '4']) {
      ann.send({ type: 'message', text: 'taken', key: prefix + guess });
      expect((await ann.expect('error')).code).to.equal('invalid-key');
    }
    await server.say('a', 'from the server');
    expect((await ann.expect('message')).text).to.equal('from the server');
  });
});
