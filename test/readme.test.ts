import { expect } from 'chai';
import { textOf } from './support/code-blocks';
import { MessageClients } from './support/message-clients';
import { ReaderFolder } from './support/readme-examples';

describe('README', function () {
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

  it('is one page', () => {
    expect(textOf('README.md').split('\n').length).to.be.below(200);
  });

  it('example quick-start echoes, and has chat rooms', async () => {
    const port = await reader.start('quick-start');
    const echo = await clients.open(`ws://localhost:${port}/echo`);
    echo.client.send('hello');
    expect(await echo.next()).to.equal('hello');
    const chat = await clients.open(`ws://localhost:${port}/chat`);
    chat.client.send(JSON.stringify({ type: 'join', room: 'general', name: 'Ann' }));
    expect(JSON.parse(await chat.next())).to.include({ type: 'joined', room: 'general' });
  });

  it('example taste-rooms publishes to the other members', async () => {
    const port = await reader.start('taste-rooms');
    const one = await clients.open(`ws://localhost:${port}/match/7`);
    const other = await clients.open(`ws://localhost:${port}/match/7`);
    one.client.send('goal');
    expect(await other.next()).to.equal('goal');
  });

  it('example taste-client says something', async () => {
    expect(await reader.run('taste-client')).to.deep.equal(['said, as number 1']);
  });

  it('example taste-testing passes', async () => {
    expect(await reader.run('taste-testing')).to.deep.equal([]);
  });
});
