import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { splitChatOptions } from '../../src/chat/options';
import { serverOptionNames } from '../../src/server/options';
import { textOf } from '../support/code-blocks';
import { MessageClients } from '../support/message-clients';
import { ReaderFolder } from '../support/readme-examples';

describe('docs/topics', function () {
  this.timeout(30_000);
  const clients = new MessageClients();
  let reader: ReaderFolder;

  before(() => {
    reader = new ReaderFolder();
  });

  after(async () => {
    clients.terminate();
    await reader.dispose();
  });

  it('example middleware refuses with a complete answer, and loses nothing', async () => {
    const port = await reader.start('middleware');
    const refused = new WebSocket(`ws://localhost:${port}/feed/abc`);
    const [, response] = await once(refused, 'unexpected-response');
    expect(response.statusCode).to.equal(401);
    response.resume();

    const feed = await clients.open(`ws://localhost:${port}/feed/abc?token=let-me-in`);
    for (let i = 0; i < 20; i++) feed.client.send(String(i));
    expect(await feed.next()).to.equal('welcome to abc');
    for (let i = 0; i < 20; i++) expect(await feed.next()).to.equal(`abc: ${i}`);

    const log = await clients.open(`ws://localhost:${port}/admin/log?token=let-me-in`);
    expect(await log.next()).to.equal('ready');
  });

  it('example two-modules has a router, and lets a page of the named origin in', async () => {
    const port = await reader.start('two-modules');
    const log = await clients.open(`ws://localhost:${port}/feed/log`, { origin: 'http://localhost:5173' });
    expect(await log.next()).to.equal('ready');
  });

  it('example hub publishes to the other members, and from a request', async () => {
    const port = await reader.start('hub');
    const one = await clients.open(`ws://localhost:${port}/match/7`);
    const other = await clients.open(`ws://localhost:${port}/match/7`);
    one.client.send('corner');
    expect(await other.next()).to.equal('corner');
    const response = await fetch(`http://localhost:${port}/match/7/goal`, { method: 'POST' });
    expect(response.status).to.equal(204);
    expect(await one.next()).to.equal('{"goal":true}');
  });

  it('example rooms asks before it lets somebody in', async () => {
    const port = await reader.start('rooms');
    const ann = await clients.open(`ws://localhost:${port}/support/general?name=Ann`);
    expect(JSON.parse(await ann.next())).to.include({ type: 'joined', room: 'general' });
    ann.client.send(JSON.stringify({ type: 'join', room: 'staff' }));
    expect(JSON.parse(await ann.next())).to.include({ type: 'error', code: 'forbidden' });
    const announced = await fetch(`http://localhost:${port}/announce`, { method: 'POST' });
    expect(await announced.json()).to.deep.equal({ present: 1, said: 1 });
    expect(JSON.parse(await ann.next())).to.include({ type: 'message', text: 'We close at six', offset: 1 });
    expect(JSON.parse(await ann.next())).to.include({ type: 'notice' });
  });

  it('example chat-server starts and stops', async () => {
    const [line] = await reader.run('chat-server');
    expect(line).to.match(/^chat on port \d+$/);
  });

  it('example protocol prints what it says', async () => {
    expect(await reader.run('protocol')).to.deep.equal([
      's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      '810548656c6c6f',
      'Hello',
      'null',
    ]);
  });

  it('example backpressure sends a million numbers, and waits for who takes them', async () => {
    const port = await reader.start('backpressure');
    const { client, next } = await clients.open(`ws://localhost:${port}/numbers`);
    for (let i = 1; i <= 100_000; i++) {
      const number = await next();
      if (number !== `number ${i}`) expect.fail(`number ${i} is ${number}`);
    }
    client.terminate();
  });

  it('example chat-client talks, and is told what it may not', async () => {
    expect(await reader.run('chat-client')).to.deep.equal(['Ann: Hello', 'forbidden', '0 2 1']);
  });

  it('limits-and-backpressure names every option of a board', () => {
    const page = textOf('docs/topics/limits-and-backpressure.md');
    const names = [...serverOptionNames, 'hub', 'shutdown'];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).to.deep.equal([]);
  });

  it('limits-and-backpressure says the defaults of rooms', () => {
    const [, literal = ''] = /`rooms\((\{.*?\} \})\)`/.exec(textOf('docs/topics/limits-and-backpressure.md')) ?? [];
    const said = JSON.parse(literal.replace(/(\w+):/g, '"$1":'));
    const { chat } = splitChatOptions('rooms()', {}, 'rooms');
    expect(chat).to.deep.include(said);
    expect(Object.keys(said)).to.have.length(5);
  });
});
