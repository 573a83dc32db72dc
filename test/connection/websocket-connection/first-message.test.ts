import { expect } from 'chai';
import { Opcode } from '../../../src/protocol/opcode';
import { connectionWithRawPeer } from '../../support/connection-with-raw-peer';

/** Several times the time-outs of these tests: so that what should not happen would have. */
const longer = () => new Promise((resolve) => setTimeout(resolve, 120));

describe('WebSocketConnection: firstMessageTimeout', () => {
  for (const role of ['server', 'client'] as const) {
    it(`closes a ${role}'s connection on which nothing comes`, async () => {
      const { connection, peer } = connectionWithRawPeer({ role, options: { firstMessageTimeout: 20 } });
      const thrown = new Promise((resolve) => connection.once('error', resolve));
      expect(await peer.closeFrame()).to.deep.equal({
        code: 1008,
        reason: 'No message came within firstMessageTimeout (20 ms) of the opening handshake',
      });
      expect(await thrown).to.have.property('code', 'FIRST_MESSAGE_TIMEOUT');
      expect((await connection.closed).cause).to.have.property('code', 'FIRST_MESSAGE_TIMEOUT');
    });
  }

  it('takes neither a ping nor half a message for one', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: { firstMessageTimeout: 30 } });
    connection.on('error', () => {});
    peer.send(Opcode.Ping).send(Opcode.Text, 'half', { fin: false });
    expect(await peer.closeFrame()).to.include({ code: 1008 });
    await connection.closed;
  });

  it('is kept by a message, or a piece that is read, and never asked again', async () => {
    const [whole, inPieces] = [0, 1].map(() => connectionWithRawPeer({ options: { firstMessageTimeout: 30 } }));
    whole!.connection.on('message', () => {});
    whole!.peer.text('here I am');
    const pieces = inPieces!.connection.pieces();
    inPieces!.peer.send(Opcode.Text, 'here', { fin: false });
    expect((await pieces.next()).value).to.equal('here');
    await longer();
    for (const { connection } of [whole!, inPieces!]) {
      expect(connection.readyState).to.equal(connection.OPEN);
      connection.terminate();
    }
  });

  it('waits while we do not read', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: { firstMessageTimeout: 20 } });
    connection.on('error', () => {});
    connection.pause();
    await longer();
    expect(connection.readyState).to.equal(connection.OPEN);
    connection.resume();
    expect(await peer.closeFrame()).to.include({ code: 1008 });
    await connection.closed;
  });

  it('does not fail a connection that closes', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: { firstMessageTimeout: 20 } });
    connection.close(1000);
    await longer();
    peer.close(1000);
    expect(await connection.closed).to.include({ code: 1000, cause: null });
  });
});
