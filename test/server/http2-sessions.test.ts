import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Http2Sessions } from '../../src/server/http2-sessions';
import { answerOf, Http2Site } from '../support/http2-site';

describe('Http2Sessions', () => {
  let site: Http2Site;
  beforeEach(() => {
    site = new Http2Site();
  });
  afterEach(() => site.close());

  async function serving() {
    const server = http2.createServer((_request, response) => {
      answers.push(() => response.end('at last'));
    });
    const answers: Array<() => void> = [];
    const sessions = new Http2Sessions(server);
    const client = await site.connect(await site.listen(server));
    return { server, sessions, client, answers };
  }

  it('ends idle sessions at once', async () => {
    const { sessions, client } = await serving();
    const goaway = once(client, 'goaway');
    await sessions.closeAll(5_000);
    const [code] = await goaway;
    expect(code).to.equal(http2.constants.NGHTTP2_NO_ERROR);
    if (!client.destroyed) await once(client, 'close');
  });

  it('lets what a session still carries come to its end', async () => {
    const { server, sessions, client, answers } = await serving();
    const request = client.request({ ':path': '/' });
    const answer = answerOf(request);
    await once(server, 'stream');
    const closed = sessions.closeAll(5_000);
    await once(client, 'goaway');
    answers[0]!();
    expect(await answer).to.include({ status: 200, body: 'at last' });
    await closed;
  });

  it('cuts what has not ended at the timeout', async () => {
    const { server, sessions, client } = await serving();
    const answer = answerOf(client.request({ ':path': '/' }));
    await once(server, 'stream');
    await sessions.closeAll(20);
    expect(await answer).to.include({ status: undefined });
  });

  it('cuts the connection of a peer that keeps its half open', async () => {
    const { server, sessions } = await serving();
    const { port } = server.address() as AddressInfo;
    const socket = net.connect({ port, host: 'localhost', allowHalfOpen: true });
    const began = once(server, 'session');
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('000000040000000000', 'hex')]),
    );
    await began;
    await sessions.closeAll(20);
    socket.destroy();
  });

  it('ends a session in order when many of its streams have broken off', async () => {
    const { client, answers } = await serving();
    const last = client.request({ ':path': '/' });
    const answer = answerOf(last);
    let aborted = 0;
    while (!client.closed) {
      const stream = client.request({ ':path': '/' });
      const closed = answerOf(stream);
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await closed;
      // The server has heard of it when it answers a ping.
      await new Promise((resolve) => client.ping(resolve));
      aborted++;
    }
    expect(aborted).to.equal(401);
    answers[0]!();
    expect(await answer).to.include({ status: 200, body: 'at last' });
  });

  it('has nothing to do without sessions', async () => {
    const { sessions, client } = await serving();
    client.destroy();
    await sessions.closeAll(5_000);
    await new Http2Sessions(http2.createServer()).closeAll(5_000);
  });

  it('does not look at sessions that begin after it was detached', async () => {
    const { server, sessions } = await serving();
    sessions.detach();
    const { port } = server.address() as { port: number };
    const later = await site.connect(port);
    await sessions.closeAll(5_000);
    expect(later.closed).to.equal(false);
  });
});
