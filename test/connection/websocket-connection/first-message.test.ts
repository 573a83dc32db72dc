import { expect } from 'chai';
import { Opcode } from '../../../src/protocol/opcode';
import { type FakeClock, useFakeClock } from '../../../src/testing/fake-clock';
import { connectionWithRawPeer } from '../../support/connection-with-raw-peer';

describe('WebSocketConnection: firstMessageTimeout', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = useFakeClock();
  });
  afterEach(() => clock.restore());

  for (const role of ['server', 'client'] as const) {
    it(`closes a ${role}'s connection on which nothing comes`, async () => {
      const { connection, peer } = connectionWithRawPeer({ role, options: { firstMessageTimeout: 10_000 } });
      const thrown = new Promise((resolve) => connection.once('error', resolve));
      await clock.pass(9_999);
      expect(peer.frames).to.deep.equal([]);
      await clock.pass(400);
      expect(await peer.closeFrame()).to.deep.equal({
        code: 1008,
        reason: 'No message came within firstMessageTimeout (10000 ms) of the opening handshake',
      });
      expect(await thrown).to.have.property('code', 'FIRST_MESSAGE_TIMEOUT');
      expect((await connection.closed).cause).to.have.property('code', 'FIRST_MESSAGE_TIMEOUT');
    });
  }

  it('takes neither a ping nor half a message for one', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: { firstMessageTimeout: 10_000 } });
    connection.on('error', () => {});
    peer.send(Opcode.Ping).send(Opcode.Text, 'half', { fin: false });
    await clock.pass(11_000);
    expect(await peer.closeFrame()).to.include({ code: 1008 });
    await connection.closed;
  });

  it('is kept by a message, or a piece that is read, and never asked again', async () => {
    const [whole, inPieces] = [0, 1].map(() => connectionWithRawPeer({ options: { firstMessageTimeout: 10_000 } }));
    whole!.connection.on('message', () => {});
    whole!.peer.text('here I am');
    const pieces = inPieces!.connection.pieces();
    inPieces!.peer.send(Opcode.Text, 'here', { fin: false });
    expect((await pieces.next()).value).to.equal('here');
    await clock.pass(60_000);
    for (const { connection } of [whole!, inPieces!]) {
      expect(connection.readyState).to.equal(connection.OPEN);
      connection.terminate();
    }
  });

  it('waits while we do not read', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: { firstMessageTimeout: 10_000 } });
    connection.on('error', () => {});
    connection.pause();
    await clock.pass(60_000);
    expect(connection.readyState).to.equal(connection.OPEN);
    connection.resume();
    await clock.pass(11_000);
    expect(await peer.closeFrame()).to.include({ code: 1008 });
    await connection.closed;
  });

  it('does not fail a connection that closes', async () => {
    const { connection, peer } = connectionWithRawPeer({
      options: { firstMessageTimeout: 10_000, closeTimeout: 120_000 },
    });
    connection.close(1000);
    await clock.pass(60_000);
    peer.close(1000);
    expect(await connection.closed).to.include({ code: 1000, cause: null });
  });
});
