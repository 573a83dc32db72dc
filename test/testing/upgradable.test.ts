import { expect } from 'chai';
import request from 'supertest';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { InvalidOptionError } from '../../src/protocol/errors';
import { expectClose, upgradable } from '../../src/testing';
import { expressVersions } from '../support/express-apps';
import { sampleKey } from '../support/raw-client';
import { testingApp } from './support/testing-app';

for (const [version, express] of expressVersions) {
  describe(`upgradable (${version})`, () => {
    it('settles when the WebSocket is open, and closes it', async () => {
      const { app, board } = testingApp(express);
      const accepted = new Promise<WebSocketConnection>((resolve) => board.once('connection', resolve));
      const response = await request(app)
        .get('/echo')
        .use(upgradable)
        .set('Sec-WebSocket-Protocol', 'chat')
        .expect('Upgrade', 'websocket')
        .expect('Sec-WebSocket-Protocol', 'chat')
        .expect(101);
      expect([response.status, response.text, response.body]).to.deep.equal([101, '', {}]);
      const { initiator } = await expectClose(await accepted, 1000);
      expect([initiator, board.connections.size]).to.deep.equal(['remote', 0]);
    });

    it('settles also when the server speaks at once', async () => {
      const { app } = testingApp(express);
      await request(app).get('/says?text=a&text=b').use(upgradable).expect(101);
    });

    it('takes refusals as they are', async () => {
      const { app } = testingApp(express);
      await request(app).get('/login').use(upgradable).expect(401, { error: 'log in' });
      await request(app).get('/nowhere').use(upgradable).expect(404);
      await request(app).get('/echo').use(upgradable).set('Origin', 'http://evil.example').expect(403);
      await request(app)
        .get('/echo')
        .use(upgradable)
        .set('Sec-WebSocket-Version', '8')
        .expect('Sec-WebSocket-Version', '13')
        .expect(426);
    });

    it('leaves the headers of the test as they are, set before or behind it', async () => {
      const { app } = testingApp(express);
      const answer = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
      const keyed = { 'Sec-WebSocket-Key': sampleKey };
      await request(app).get('/echo').set(keyed).use(upgradable).expect('Sec-WebSocket-Accept', answer).expect(101);
      await request(app).get('/echo').use(upgradable).set(keyed).expect('Sec-WebSocket-Accept', answer).expect(101);
    });

    it('fails the test when the status is another', async () => {
      const { app } = testingApp(express);
      const words = async (path: string, status: number) => {
        const error = await request(app)
          .get(path)
          .use(upgradable)
          .expect(status)
          .then(
            () => undefined,
            (reason) => reason,
          );
        return error.message;
      };
      expect(await words('/echo', 200)).to.equal('expected 200 "OK", got 101 "Switching Protocols"');
      expect(await words('/login', 101)).to.equal('expected 101 "Switching Protocols", got 401 "Unauthorized"');
    });

    it('works with an agent, which keeps cookies', async () => {
      const { app } = testingApp(express);
      app.get('/begin', (_request, response) => void response.cookie('a', 'b').end());
      app.ws(
        '/member',
        ({ headers }, response, next) => (headers.cookie === 'a=b' ? next() : response.status(403).end()),
        () => {},
      );
      const agent = request.agent(app);
      await agent.get('/member').use(upgradable).expect(403);
      await agent.get('/begin').expect(200);
      await agent.get('/member').use(upgradable).expect(101);
    });
  });
}

describe('upgradable', () => {
  it('refuses to be called', () => {
    expect(() => upgradable(undefined as never)).to.throw(
      InvalidOptionError,
      "upgradable is a plugin, as in request(app).get('/chat').use(upgradable), and needs a request of supertest, not undefined",
    );
  });
});
