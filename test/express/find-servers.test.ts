import { once } from 'node:events';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ExpressApps, expressVersions } from '../support/express-apps';
import { handshake } from '../support/raw-client';

for (const [version, express] of expressVersions) {
  describe(`finding servers (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('attaches the server of app.listen before anybody can connect, and returns it', async () => {
      const { app } = apps.app();
      const server = app.listen(0);
      expect(server.listenerCount('upgrade')).to.equal(1);
      expect(server.address()).to.not.equal(undefined);
      await new Promise((resolve) => server.close(resolve));
    });

    it('passes on what app.listen is given', async () => {
      const { app } = apps.app();
      let listening = false;
      const server = app.listen(0, '127.0.0.1', () => {
        listening = true;
      });
      await once(server, 'listening');
      expect(listening).to.equal(true);
      expect((server.address() as AddressInfo).address).to.equal('127.0.0.1');
      await new Promise((resolve) => server.close(resolve));
    });

    it('attaches a found server once, however many connections come', async () => {
      const { app } = apps.app();
      app.ws('/', (socket) => socket.send('in'));
      const server = createServer(app);
      const port = await apps.listen(server);
      await Promise.all(Array.from({ length: 5 }, () => apps.open(port)));
      expect(server.listenerCount('upgrade')).to.equal(1);
    });

    it('takes an upgrade that comes with the very first bytes', async () => {
      const { app } = apps.app();
      app.ws('/', (socket) => socket.send('in'));
      const port = await apps.listen(createServer(app));
      const client = await apps.raw(port);
      await client.send(handshake()).untilText('101 Switching Protocols');
    });

    it('leaves servers of others alone, HTTP or not', async () => {
      apps.app();
      const plain = createServer((_req, res) => res.end('plain'));
      const client = await apps.raw(await apps.listen(plain));
      await client.send(handshake()).untilText('plain');
      expect(plain.listenerCount('upgrade')).to.equal(0);
      const echo = net.createServer((socket) => socket.pipe(socket));
      echo.listen(0);
      await once(echo, 'listening');
      const other = await apps.raw((echo.address() as AddressInfo).port);
      await other.send('hello').untilText('hello');
      other.socket.destroy();
      await new Promise((resolve) => echo.close(resolve));
    });
  });
}
