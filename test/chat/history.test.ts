import { expect } from 'chai';
import type { ChatServer } from '../../src/chat/chat-server';
import type { Position } from '../../src/rooms/adapter';
import { memoryAdapter } from '../../src/rooms/memory-adapter';
import type { Answer } from '../support/chat-client';
import { ChatNodes, newKey } from '../support/chat-nodes';

interface Page extends Answer {
  messages: Answer[];
  position: Position;
  more: boolean;
  gap: boolean;
}

describe('chat: history', () => {
  const nodes = ChatNodes.use();

  async function roomOf(count: number, server: ChatServer) {
    const client = await nodes.connect(server);
    const { position } = await client.join('a', 'Ann');
    for (let i = 1; i <= count; i++) await client.send({ type: 'message', text: `${i}` }).expect('sent');
    const history = async (query: object = {}) => {
      client.send({ type: 'history', ...query });
      return (await client.expect('history')) as Page;
    };
    return { client, position: position as Position, history };
  }

  const textsOf = ({ messages }: Page) => messages.map(({ text }) => text);

  it('gives the latest, the oldest of them first, and says whether there are more', async () => {
    const { client, position, history } = await roomOf(5, await nodes.serve());
    const page = await history({ limit: 2, id: 'h1' });
    expect(textsOf(page)).to.deep.equal(['4', '5']);
    expect(page).to.deep.include({ id: 'h1', room: 'a', more: true, gap: false });
    expect(page.position).to.deep.equal({ epoch: position.epoch, offset: 5 });
    expect(page.messages[0]).to.have.all.keys('room', 'from', 'text', 'offset', 'at', 'key');
    expect(page.messages[0]).to.deep.include({ room: 'a', offset: 4 });
    expect(textsOf(await history())).to.deep.equal(['1', '2', '3', '4', '5']);
    expect(await client.soFar()).to.deep.equal([]);
  });

  it('pages backwards to the beginning', async () => {
    const { history } = await roomOf(7, await nodes.serve());
    const pages: unknown[] = [];
    let page = await history({ limit: 3 });
    for (;;) {
      pages.push(textsOf(page));
      if (!page.more) break;
      const before = { epoch: page.position.epoch, offset: page.messages[0]!.offset };
      page = await history({ before, limit: 3 });
    }
    expect(pages).to.deep.equal([['5', '6', '7'], ['2', '3', '4'], ['1']]);
  });

  it('since a position: everything behind it, and a gap where some of it is not kept', async () => {
    const { position, history } = await roomOf(5, await nodes.serve({ history: 3 }));
    const { epoch } = position;
    expect(await history({ since: { epoch, offset: 5 } })).to.deep.include({ messages: [], more: false, gap: false });
    expect(textsOf(await history({ since: { epoch, offset: 3 } }))).to.deep.equal(['4', '5']);
    const trimmed = await history({ since: position });
    expect(textsOf(trimmed)).to.deep.equal(['3', '4', '5']);
    expect(trimmed).to.include({ gap: true, more: false });
  });

  it('before a position of another epoch: a gap', async () => {
    const { history } = await roomOf(2, await nodes.serve());
    expect(await history({ before: { epoch: 'another', offset: 2 }, limit: 5 })).to.deep.include({
      messages: [],
      gap: true,
    });
  });

  it('is of 50 messages where nobody says how many, and of no more than are kept', async () => {
    const { history } = await roomOf(60, await nodes.serve({ history: 55 }));
    expect((await history()).messages).to.have.lengthOf(50);
    expect((await history({ limit: 1_000_000 })).messages).to.have.lengthOf(55);
  });

  it('is of the room joined last where nobody says which', async () => {
    const { client, history } = await roomOf(2, await nodes.serve());
    await client.join('b');
    expect((await history()).room).to.equal('b');
    expect(textsOf(await history({ room: 'a' }))).to.deep.equal(['1', '2']);
  });

  it('has what was said on other nodes, with the keys that it was given', async () => {
    const [here, there] = [await nodes.serve(), await nodes.serve()];
    const { client, history } = await roomOf(0, here);
    const bob = await nodes.connect(there);
    const { member } = await bob.join('a', 'Bob');
    const key = newKey();
    await bob.send({ type: 'message', text: 'hi', key }).expect('sent');
    expect(await client.expect('presence')).to.deep.include({ joins: [member] });
    await client.expect('message');
    const { messages } = await history();
    expect(messages).to.have.lengthOf(1);
    expect(messages[0]).to.deep.include({ from: member, text: 'hi', key, offset: 1 });
  });

  it('of a room that one is not in: not-joined', async () => {
    const { client } = await roomOf(1, await nodes.serve());
    const stranger = await nodes.connect(await nodes.serve());
    stranger.send({ type: 'history', id: 1 });
    expect(await stranger.expect('error')).to.deep.include({
      code: 'not-joined',
      request: { type: 'history', id: 1 },
    });
    client.send({ type: 'history', room: 'b' });
    expect(await client.expect('error')).to.include({ code: 'not-joined' });
  });

  it('where nothing is kept: unsupported', async () => {
    const { client } = await roomOf(1, await nodes.serve({ history: 0 }));
    client.send({ type: 'history', room: 'a' });
    const error = await client.expect('error');
    expect(error).to.include({ code: 'unsupported' });
    expect(error.message).to.match(/option 'history' is off/);
  });

  it('while the broker is away: unavailable', async () => {
    const { server, adapter } = await nodes.serveFlaky();
    const { client, history } = await roomOf(1, server);
    adapter.goAway();
    client.send({ type: 'history' });
    expect(await client.expect('error')).to.include({ code: 'unavailable' });
    adapter.comeBack();
    expect(textsOf(await history())).to.deep.equal(['1']);
  });

  it('leaves out what a program has published to the log without saying who says it', async () => {
    const { client, history } = await roomOf(1, await nodes.serve());
    const space = memoryAdapter({ broker: nodes.broker }).open('chat', deaf);
    await space.append('a', [{ id: 'program.1', at: 0, data: '{"type":"notice"}' }], kept);
    expect(await client.next()).to.deep.equal({ type: 'notice' });
    await client.send({ type: 'message', text: '2' }).expect('sent');
    const page = await history();
    expect(textsOf(page)).to.deep.equal(['1', '2']);
    expect(page.position.offset).to.equal(3);
  });

  it('believes nothing that others write to the log', async () => {
    const { client, history } = await roomOf(0, await nodes.serve());
    const space = memoryAdapter({ broker: nodes.broker }).open('chat', deaf);
    const from = { id: 'x', name: 'Eve', admin: true };
    const deep = JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`) as object;
    const strange: [id: string, data: object][] = [
      ['"},"forged":{"', { from, text: 'quotes in the id' }],
      ['short', { from, text: 'no key' }],
      ['nobody-01', { text: 'nobody' }],
      ['number-01', { from: { id: 1, name: 'Eve' }, text: 'x' }],
      ['nothing-1', { from }],
      ['array-001', []],
      ['text-is-7', { from, text: 7, data: undefined }],
      ['deep-0001', { from: { ...from, deep }, text: 'deep' }],
      ['deep-0002', { from, data: deep }],
    ];
    for (const [id, data] of strange) await space.append('a', [{ id, at: 1, data }], kept);
    const told = [await client.expect('message'), await client.expect('message'), await client.expect('message')];
    await client.send({ type: 'message', text: 'last' }).expect('sent');
    const page = await history();
    const eve = { id: 'x', name: 'Eve' };
    expect(page.messages.slice(0, 3)).to.deep.equal([
      { room: 'a', from: eve, text: 'quotes in the id', offset: 1, at: 1 },
      { room: 'a', from: eve, text: 'no key', offset: 2, at: 1 },
      { room: 'a', from: eve, text: 'deep', offset: 8, at: 1, key: 'deep-0001' },
    ]);
    expect(told.map(({ type, ...message }) => message)).to.deep.equal(page.messages.slice(0, 3));
  });
});

/** Somebody at the broker who only writes. */
const deaf = { appended: () => {}, published: () => {}, presence: () => {}, status: () => {} };
const kept = { count: 100, bytes: 1e9, age: 1e9 };
