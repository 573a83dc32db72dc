import { constants, deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import type { PerMessageDeflateOptions } from '../../src/protocol/deflate-options';
import { InvalidPayloadError, MessageTooBigError } from '../../src/protocol/errors';
import { Opcode } from '../../src/protocol/opcode';
import { describeContract } from './support/contract';

const all: PerMessageDeflateOptions = { threshold: 0 };
const asOffered = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };

/** The payload of one compressed message, as RFC 7692, 7.2.1 makes it. */
function deflated(data: string | Buffer): Buffer {
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** A hundred times as long inflated as the largest message may be; made once, as that takes a moment. */
const bomb = deflated(Buffer.alloc(100 * 1024 * 1024));

describeContract('contract: permessage-deflate', (contract) => {
  it('is agreed on when both want it, and messages of all kinds come back', async () => {
    const client = await contract.echo({
      server: { perMessageDeflate: all },
      client: { perMessageDeflate: all },
    });
    expect(client.extensions).to.include('permessage-deflate');
    const sent = [
      '',
      'x',
      'grün 😀 '.repeat(1000),
      JSON.stringify(Array.from({ length: 2000 }, (_, id) => ({ id, name: `name ${id}` }))),
      Buffer.alloc(300_000, 'abc'),
      Buffer.from(Uint8Array.from({ length: 100_000 }, () => Math.random() * 256)),
      'again, and again',
      'again, and again',
    ];
    for (const message of sent) {
      client.send(message);
      await client.drained();
    }
    for (const message of sent) expect(await client.receive()).to.deep.equal(message);
  });

  for (const [server, client] of [
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    it(`is not agreed on when ${server ? 'the server alone wants' : client ? 'the client alone wants' : 'nobody wants'} it`, async () => {
      const connection = await contract.echo({
        server: { perMessageDeflate: server },
        client: { perMessageDeflate: client },
      });
      expect(connection.extensions).to.equal('');
      connection.send('x'.repeat(5000));
      expect(await connection.receive()).to.equal('x'.repeat(5000));
    });
  }

  it('makes messages smaller, and refers to those before', async () => {
    const { server, peer } = await contract.withRawPeer({ perMessageDeflate: all }, asOffered);
    const message = JSON.stringify(Array.from({ length: 50 }, (_, id) => ({ id, random: `${Math.random()}` })));
    server.send(message);
    server.send(message);
    await peer.frame(1);
    const [first, second] = peer.frames.map(({ payload }) => payload.length);
    expect(first).to.be.lessThan(message.length / 2);
    expect(second).to.be.lessThan(first! / 2);
  });

  it('fragments are compressed, with others sent between the messages', async () => {
    const { server, client } = await contract.pair({
      server: { perMessageDeflate: all },
      client: { perMessageDeflate: all },
    });
    for (const [from, to] of [
      [server, client],
      [client, server],
    ] as const) {
      from.send('one '.repeat(500), { fin: false });
      from.send('two '.repeat(500), { fin: false });
      from.send('three');
      from.send('as it is '.repeat(500), { compress: false });
      await from.sendPieces(['p'.repeat(70_000), 'q'.repeat(70_000)]);
      expect(await to.receive()).to.equal(`${'one '.repeat(500)}${'two '.repeat(500)}three`);
      expect(await to.receive()).to.equal('as it is '.repeat(500));
      expect(await to.receive()).to.equal('p'.repeat(70_000) + 'q'.repeat(70_000));
    }
  });

  it('a payload that cannot be inflated is 1007', async () => {
    const { server, peer } = await contract.withRawPeer({ perMessageDeflate: all }, asOffered);
    peer.send(Opcode.Text, Buffer.from('this is not deflate'), { rsv: 0x40 });
    expect((await peer.closeFrame()).code).to.equal(1007);
    expect((await server.closed).cause).to.be.instanceOf(InvalidPayloadError);
  });

  it('text that is not UTF-8 when inflated is 1007', async () => {
    const { server, peer } = await contract.withRawPeer({ perMessageDeflate: all }, asOffered);
    peer.send(Opcode.Text, deflated(Buffer.from([0xc3, 0x28])), { rsv: 0x40 });
    expect((await peer.closeFrame()).code).to.equal(1007);
    await server.closed;
  });

  it('a bomb is 1009, and is not inflated', async () => {
    const { server, peer } = await contract.withRawPeer({ perMessageDeflate: all }, asOffered);
    peer.send(Opcode.Binary, bomb, { rsv: 0x40 });
    expect((await peer.closeFrame()).code).to.equal(1009);
    expect((await server.closed).cause).to.be.instanceOf(MessageTooBigError);
  });

  it('under backpressure nothing is lost, and the order stays', async () => {
    const { server, client } = await contract.pair({
      server: { perMessageDeflate: all, maxBufferedAmount: 2 ** 30 },
      client: { perMessageDeflate: all },
    });
    client.pause();
    const noise = Buffer.from(Uint8Array.from({ length: 50_000 }, () => Math.random() * 256)).toString('latin1');
    const count = 100;
    for (let i = 0; i < count; i++) server.send(`${i} ${noise}`);
    await new Promise((done) => setImmediate(done));
    expect(server.bufferedAmount).to.be.greaterThan(1_000_000);
    client.resume();
    for (let i = 0; i < count; i++) expect(await client.receive()).to.equal(`${i} ${noise}`);
  });
});
