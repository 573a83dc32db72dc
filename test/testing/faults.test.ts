import { expect } from 'chai';
import { closeAll, connectTo, expectClose } from '../../src/testing';
import { expressVersions } from '../support/express-apps';
import { testingApp } from './support/testing-app';

for (const [version, express] of expressVersions) {
  describe(`faults between a client and a server (${version})`, () => {
    afterEach(closeAll);

    it('byte by byte, from the handshake on', async () => {
      const { app } = testingApp(express);
      const socket = await connectTo(app, '/echo', { chunkSize: 1 });
      socket.send('x'.repeat(200));
      await socket.expectMessage('x'.repeat(200));
      socket.close(1000, 'bye');
      await socket.expectClose(1000, 'bye');
    });

    it('a message that comes twice', async () => {
      const { app } = testingApp(express);
      const socket = await connectTo(app, '/echo');
      socket.faults.duplicate('toServer');
      socket.send('a');
      await socket.expectMessage('a');
      await socket.expectMessage('a');
      await socket.expectNoMessage();
    });

    it('a client that does not read is a slow consumer', async () => {
      const { app, board } = testingApp(express);
      app.ws('/feed', { maxBufferedAmount: 100_000 }, () => {});
      const socket = await connectTo(app, '/feed');
      const [server] = board.connections;
      socket.faults.stall('toClient');
      for (let i = 0; i < 200 && server!.readyState === 1; i++) server!.send('x'.repeat(1000));
      socket.faults.resume();
      socket.on('message', () => {});
      await expectClose(server!, 1008, /slow consumer/);
    });

    it('a connection that is reset', async () => {
      const { app, board } = testingApp(express);
      const socket = await connectTo(app, '/echo');
      const [server] = board.connections;
      socket.faults.cut();
      const { cause } = await expectClose(server!, 1006);
      expect(cause?.code).to.equal('ECONNRESET');
      await expectClose(socket, 1006);
    });

    it('a client that leaves without a word', async () => {
      const { app, board } = testingApp(express);
      const socket = await connectTo(app, '/echo');
      const [server] = board.connections;
      socket.terminate();
      const { cause, initiator } = await expectClose(server!, 1006);
      expect([cause, initiator]).to.deep.equal([null, 'remote']);
    });

    it('are over at the end of the test', async () => {
      const { app, board } = testingApp(express);
      const [stalled, gone, other] = await Promise.all(['/echo', '/echo', '/echo'].map((path) => connectTo(app, path)));
      stalled!.faults.stall();
      gone!.faults.vanish();
      other!.pause();
      await closeAll();
      expect(board.connections.size).to.equal(0);
      expect((await stalled!.closed).code).to.equal(1005);
    });
  });
}
