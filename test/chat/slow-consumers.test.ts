import { expect } from 'chai';
import { ChatServer } from '../../src/chat/chat-server';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { type Answer, ChatClient } from '../support/chat-client';

describe('chat: members that read slowly', () => {
  let server: ChatServer;
  const sockets: WebSocketConnection[] = [];

  beforeEach(async () => {
    server = new ChatServer('127.0.0.1', 0, {
      slowConsumer: 'drop-oldest',
      highWaterMark: 16 * 1024,
      lowWaterMark: 1024,
      maxBufferedAmount: 256 * 1024,
    });
    server.on('join', (socket) => void sockets.push(socket));
    await server.start();
  });

  afterEach(async () => {
    sockets.length = 0;
    await server.stop();
  });

  it('get answers and messages in the order of the log, and hear where some are missing', async () => {
    const ann = await ChatClient.connect(server.address!.port);
    const bob = await ChatClient.connect(server.address!.port);
    await ann.join('a');
    await bob.join('a');
    const slow = sockets[0]!;
    ann.socket.pause();
    const text = 'x'.repeat(4000);
    let said = 0;
    // As much as the system takes for her, and then more than may wait.
    while (server.dropped('a') === 0) {
      for (let each = 0; each < 50; each++) bob.send({ type: 'message', text });
      said += 50;
      for (let each = 0; each < 50; each++) await bob.expect('sent');
    }
    expect(slow.readyState).to.equal(1);
    ann.send({ type: 'message', text: 'from Ann', id: 'mine' });
    await bob.expect('message');
    bob.send({ type: 'message', text: 'the last' });
    await bob.expect('sent');
    ann.socket.resume();
    const answers: Answer[] = [];
    while (answers.at(-1)?.text !== 'the last') answers.push(await ann.next());
    const offsets = answers
      .filter(({ type }) => type === 'message' || type === 'sent')
      .map(({ offset }) => Number(offset));
    expect(offsets, 'in order').to.deep.equal([...offsets].sort((one, other) => one - other));
    expect(offsets)
      .to.include(said + 1)
      .and.to.include(said + 2);
    expect(said + 2 - offsets.length, 'missing').to.equal(server.dropped('a'));
    const gap = { type: 'position', room: 'a', position: null, gap: true };
    expect(answers.find(({ type }) => type === 'position')).to.deep.equal(gap);
  });
});
