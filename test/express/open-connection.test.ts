import { expect } from 'chai';
import { ExpressApps, expressVersions } from '../support/express-apps';
import { clientText, handshake } from '../support/raw-client';

for (const [version, express] of expressVersions) {
  describe(`openConnection (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('tells the board of a connection before the handler has it', async () => {
      const { app, board } = apps.app();
      const order: unknown[] = [];
      board.on('connection', (socket, request) => order.push(socket, request.url));
      app.ws('/x', (socket) => {
        order.push(socket);
        socket.send('done');
      });
      await (await apps.open(await apps.listen(app), '/x')).next();
      expect(order).to.have.lengthOf(3);
      expect(order[0]).to.equal(order[2]);
      expect(order[1]).to.equal('/x');
    });

    it('drops what nobody listens for once the handler is done', async () => {
      const { app } = apps.app();
      let handled = () => {};
      const done = new Promise<void>((resolve) => {
        handled = resolve;
      });
      app.ws('/', async (socket) => {
        setImmediate(handled);
        socket.send('open');
      });
      const socket = await apps.open(await apps.listen(app));
      await done;
      socket.send('into the void');
      const pong = new Promise((resolve) => socket.once('pong', resolve));
      socket.ping();
      await pong;
    });

    it('calls no handler and no error middleware for a client that left in the middleware', async () => {
      const { app, board } = apps.app();
      let arrive: (next: () => void) => void;
      const arrived = new Promise<() => void>((resolve) => {
        arrive = resolve;
      });
      const called: string[] = [];
      app.ws(
        '/',
        (req, _res, next) => {
          req.once('close', () => arrive(next));
        },
        () => called.push('handler'),
      );
      app.use(((_error, _req, _res, _next) => {
        called.push('error middleware');
      }) as import('express').ErrorRequestHandler);
      const client = await apps.raw(await apps.listen(app));
      client.send(handshake());
      setTimeout(() => client.socket.resetAndDestroy(), 10);
      const next = await arrived;
      next();
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(called).to.deep.equal([]);
      expect(board.connections.size).to.equal(0);
    });

    it('hands over frames that came with the request', async () => {
      const { app } = apps.app();
      app.ws('/', async (socket) => {
        socket.send(`first: ${await socket.receive()}`);
      });
      const client = await apps.raw(await apps.listen(app));
      client.send(Buffer.concat([Buffer.from(handshake()), clientText('early')]));
      await client.untilText('first: early');
    });
  });
}
