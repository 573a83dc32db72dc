import { once } from 'node:events';
import http2 from 'node:http2';
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
