import { getEventListeners, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Attempt } from '../../src/client/attempt';
import { rejectionOf } from './support/rejection-of';

const reason = new Error('enough');

describe('Attempt', () => {
  let controller: AbortController;
  let attempt: Attempt;

  beforeEach(() => {
    controller = new AbortController();
    attempt = new Attempt(controller.signal);
  });

  afterEach(() => attempt.abandon());

  const listeners = () => getEventListeners(controller.signal, 'abort').length;

  describe('wait', () => {
    it('settles as what is waited for does, and listens no more', async () => {
      expect(await attempt.wait((resolve) => setImmediate(resolve, 5))).to.equal(5);
      const failure = attempt.wait((_resolve, reject) => setImmediate(reject, new RangeError('no')));
      expect(listeners()).to.equal(1);
      await rejectionOf(RangeError, failure);
      expect(listeners()).to.equal(0);
    });

    it('rejects with the signal’s reason', async () => {
      const waiting = attempt.wait(() => {});
      controller.abort(reason);
      expect(await rejectionOf(Error, waiting)).to.equal(reason);
    });

    it('begins nothing after the signal', async () => {
      controller.abort(reason);
      let begun = false;
      const waiting = attempt.wait(() => {
        begun = true;
      });
      expect(await rejectionOf(Error, waiting)).to.equal(reason);
      expect(begun).to.equal(false);
    });
  });

  describe('with a socket', () => {
    let server: net.Server;

    beforeEach(async () => {
      server = net.createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });

    afterEach(() => new Promise((resolve) => server.close(resolve)));

    const dial = () => attempt.keep(net.connect((server.address() as AddressInfo).port, '127.0.0.1'));

    it('waits for an event, and leaves no listener but its own', async () => {
      const socket = dial();
      await attempt.until(socket, 'connect');
      expect(['connect', 'close', 'error'].map((name) => socket.listenerCount(name))).to.deep.equal([0, 0, 1]);
      attempt.release(socket);
      expect(socket.listenerCount('error')).to.equal(0);
      attempt.abandon();
      expect(socket.destroyed).to.equal(false);
      socket.destroy();
    });

    it('fails as the socket does, also when it only closes', async () => {
      const failing = dial();
      failing.destroy(new RangeError('no'));
      await rejectionOf(RangeError, attempt.until(failing, 'connect'));
      const closing = dial();
      closing.destroy();
      expect(await rejectionOf(Error, attempt.until(closing, 'connect'))).to.include({ code: 'ECONNRESET' });
    });

    it('ends what has an end of its own by that, what was kept last first', () => {
      const ended: string[] = [];
      attempt.keep(dial(), (socket) => {
        ended.push('first');
        socket.destroy();
      });
      attempt.keep(dial(), (socket) => {
        ended.push('last');
        socket.destroy();
      });
      attempt.abandon();
      attempt.abandon();
      expect(ended).to.deep.equal(['last', 'first']);
    });

    it('destroys all sockets in its care, whose errors then end no process', async () => {
      const sockets = [dial(), dial()];
      attempt.abandon();
      for (const socket of sockets) {
        expect(socket.destroyed).to.equal(true);
        socket.emit('error', new Error('late'));
      }
    });
  });
});
