import net from 'node:net';
import { expect } from 'chai';
import { Attempt } from '../../src/client/attempt';
import { type Answer, exchange, isOrdinary } from '../../src/client/exchange';
import { RawServer, type Script } from './support/raw-server';

describe('exchange', () => {
  const closers: Array<() => unknown> = [];

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function ask(
    method: 'GET' | 'CONNECT',
    script: Script,
  ): Promise<{ answer: Answer; socket: net.Socket; head: string }> {
    const server = await RawServer.listen(script);
    closers.push(() => server.close());
    const attempt = new Attempt(new AbortController().signal);
    closers.push(() => attempt.abandon());
    const socket = attempt.keep(net.connect(server.port, '127.0.0.1'));
    await attempt.until(socket, 'connect');
    const answer = await exchange(
      attempt,
      socket,
      { method, path: '/a?b', headers: { Host: 'c', 'X-D': 'é' } },
      'ws://c',
    );
    return { answer, socket, head: server.heads[0]! };
  }

  it('sends what it is told to, and nothing of its own but Connection', async () => {
    const { head } = await ask('GET', (socket) => socket.write('HTTP/1.1 204 No\r\n\r\n'));
    expect(head).to.equal('GET /a?b HTTP/1.1\r\nHost: c\r\nX-D: é\r\nConnection: close\r\n\r\n');
  });

  it('gives the socket behind a 101, with what came behind the head and nobody listening', async () => {
    const text = 'HTTP/1.1 101 Yes\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nmore';
    const { answer, socket } = await ask('GET', (peer) => peer.write(text));
    expect(answer).to.include({ status: 101, statusMessage: 'Yes', httpVersion: '1.1' });
    expect(answer.transport).to.equal(socket);
    expect(answer.body).to.equal(undefined);
    expect(String(answer.head)).to.equal('more');
    expect(['data', 'end', 'drain'].map((name) => socket.listenerCount(name))).to.deep.equal([0, 1, 0]);
    expect(socket.readableFlowing).to.equal(null);
  });

  it('gives no socket behind a 101 that switches to nothing', async () => {
    const { answer } = await ask('GET', (peer) => peer.write('HTTP/1.1 101 Yes\r\n\r\n'));
    expect(answer).to.include({ status: 101 });
    expect(answer).not.to.have.any.keys('transport', 'body');
    expect(isOrdinary(answer)).to.equal(false);
  });

  it('gives the body of everything else', async () => {
    const { answer } = await ask('GET', (peer) =>
      peer.write('HTTP/1.1 200 OK\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    );
    expect(answer.status).to.equal(200);
    expect(answer).not.to.have.property('transport');
    expect(isOrdinary(answer)).to.equal(true);
    answer.body?.on('error', () => {});
  });

  it('gives the socket whatever a CONNECT is answered with', async () => {
    for (const status of [200, 407]) {
      const { answer, socket } = await ask('CONNECT', (peer) => peer.write(`HTTP/1.1 ${status} Words\r\n\r\nmore`));
      expect(answer.status).to.equal(status);
      expect(answer.transport).to.equal(socket);
      expect(String(answer.head)).to.equal('more');
    }
  });
});
