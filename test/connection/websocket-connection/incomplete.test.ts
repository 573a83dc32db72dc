import { expect } from 'chai';
import { OverloadError } from '../../../src/protocol/errors';
import { incompleteBytes } from '../../../src/protocol/incomplete-bytes';
import { Opcode } from '../../../src/protocol/opcode';
import { connectionWithRawPeer, type Given } from '../../support/connection-with-raw-peer';
import { agreedExtensions, deflateSettings } from '../../support/deflate-pair';

const kibi = 1024;

describe('WebSocketConnection: maxIncompleteBytes', () => {
  let before: number;
  beforeEach(() => {
    before = incompleteBytes();
  });
  afterEach(() => expect(incompleteBytes()).to.equal(before));

  /** Somebody who has begun a message and sent so much of it. */
  async function begun(size: number, given: Given = {}) {
    const { connection, peer } = connectionWithRawPeer(given);
    connection.on('error', () => {});
    const already = incompleteBytes();
    peer.send(Opcode.Binary, Buffer.alloc(size), { fin: false });
    while (incompleteBytes() - already < size) await new Promise((resolve) => setImmediate(resolve));
    return { connection, peer };
  }

  for (const role of ['server', 'client'] as const) {
    it(`fails a ${role}'s connection that asks for more than there is, with 1013, and no other`, async () => {
      const options = { maxIncompleteBytes: before + 1000 * kibi };
      const first = await begun(400 * kibi, { role, options });
      const second = connectionWithRawPeer({ role, options });
      const thrown = new Promise((resolve) => second.connection.once('error', resolve));
      second.peer.send(Opcode.Binary, Buffer.alloc(500 * kibi), { fin: false });
      expect(await second.peer.closeFrame()).to.deep.equal({
        code: 1013,
        reason: `Messages that have not come to their end would take more than maxIncompleteBytes (${options.maxIncompleteBytes} bytes)`,
      });
      expect(await thrown)
        .to.be.instanceOf(OverloadError)
        .with.property('code', 'INCOMPLETE_BYTES');
      expect(await second.connection.closed).to.include({ code: 1013 });
      const received = first.connection.receive();
      first.peer.send(Opcode.Continuation, 'end');
      expect(await received).to.have.length(400 * kibi + 3);
      first.connection.terminate();
      await first.connection.closed;
    });
  }

  it('lets small messages through while a flood holds all there is', async () => {
    const options = { maxIncompleteBytes: before + 300 * kibi };
    const flood = await begun(150 * kibi, { options });
    const { connection, peer } = connectionWithRawPeer({ options });
    const received = connection.receive();
    peer.send(Opcode.Text, 'a'.repeat(20 * kibi), { fin: false }).send(Opcode.Continuation, 'b'.repeat(10 * kibi));
    expect(await received).to.have.length(30 * kibi);
    for (const each of [flood.connection, connection]) {
      each.terminate();
      await each.closed;
    }
  });

  describe('is given back', () => {
    it('by a close frame in the midst of a message', async () => {
      const { connection, peer } = await begun(100 * kibi);
      peer.close(1000);
      await connection.closed;
    });

    it('by a violation', async () => {
      const { connection, peer } = await begun(100 * kibi);
      peer.text('interleaved');
      expect(await connection.closed).to.include({ code: 1002 });
    });

    it('by terminate()', async () => {
      const { connection } = await begun(100 * kibi);
      connection.terminate();
      await connection.closed;
    });

    it('by a peer that is gone', async () => {
      const { connection, peer } = await begun(100 * kibi);
      peer.transport.destroy();
      await connection.closed;
    });

    it('by pieces() that take over what has come', async () => {
      const { connection, peer } = await begun(100 * kibi);
      const pieces = connection.pieces();
      expect(incompleteBytes()).to.equal(before);
      peer.send(Opcode.Continuation, 'end');
      let size = 0;
      for await (const piece of pieces) size += piece.length;
      expect(size).to.equal(100 * kibi + 3);
      connection.terminate();
    });

    it('by a compressed message, when it is inflated', async () => {
      const { server, client } = agreedExtensions(deflateSettings());
      const { connection, peer } = connectionWithRawPeer({ init: { extension: server } });
      const received = connection.receive();
      const encoded = client.encode(Buffer.from('hello '.repeat(1000)), true, true)!;
      peer.send(Opcode.Binary, encoded.subarray(0, 10), { rsv: 0x40, fin: false });
      peer.send(Opcode.Continuation, encoded.subarray(10));
      expect(await received).to.have.length(6000);
      connection.terminate();
    });
  });
});
