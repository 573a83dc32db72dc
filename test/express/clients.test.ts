import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import request from 'supertest';
import superwstest from 'superwstest';
import { WebSocket as UndiciWebSocket } from 'undici';
import { upgradable } from '../../src/testing';
import { ExpressApps, expressVersions } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`clients (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    function echoApp() {
      const { app } = apps.app({ subprotocols: ['echo'] });
      app.ws('/echo', (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      app.ws(
        '/closed',
        (_req, res) => res.status(401).json({ error: 'log in' }),
        () => {},
      );
      return app;
    }

    it('undici, which is the WebSocket of Node', async () => {
      const port = await apps.listen(echoApp());
      const socket = new UndiciWebSocket(`ws://127.0.0.1:${port}/echo`, ['echo']);
      await once(socket, 'open');
      expect(socket.protocol).to.equal('echo');
      socket.send('hello');
      const [event] = (await once(socket, 'message')) as [{ data: string }];
      expect(event.data).to.equal('hello');
      const closed = once(socket, 'close');
      socket.close(1000, 'bye');
      const [{ code, wasClean }] = (await closed) as [{ code: number; wasClean: boolean }];
      expect({ code, wasClean }).to.deep.equal({ code: 1000, wasClean: true });
    });

    it('supertest: an upgrade, its refusals, and 426 for a page, with request(app)', async () => {
      const app = echoApp();
      await request(app).get('/echo').use(upgradable).expect(101);
      await request(app).get('/closed').use(upgradable).expect(401, { error: 'log in' });
      await request(app).get('/nowhere').use(upgradable).expect(404);
      await request(app)
        .get('/echo')
        .use(upgradable)
        .set('Sec-WebSocket-Version', '8')
        .expect('Sec-WebSocket-Version', '13')
        .expect(426);
      await request(app).get('/echo').expect('Upgrade', 'websocket').expect(426);
    });

    it('superwstest', async () => {
      const server = createServer(echoApp());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        await superwstest(server)
          .ws('/echo')
          .sendText('hello')
          .expectText('hello')
          .sendJson({ a: 1 })
          .expectJson({ a: 1 })
          .close()
          .expectClosed();
        await superwstest(server).ws('/closed').expectConnectionError(401);
        expect((server.address() as AddressInfo).port).to.be.above(0);
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });
  });
}
