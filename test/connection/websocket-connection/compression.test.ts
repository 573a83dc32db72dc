import { expect } from 'chai';
import { Opcode } from '../../../src/protocol/opcode';
import { Hub } from '../../../src/rooms/hub';
import { connectionWithRawPeer } from '../../support/connection-with-raw-peer';
import { agreedExtensions, createDeflatePair, deflateSettings } from '../../support/deflate-pair';

const text = JSON.stringify(Array(30).fill({ kind: 'message', room: 'general' }));

describe('WebSocketConnection with permessage-deflate', () => {
  for (const [from, to] of [
    ['server', 'client'],
    ['client', 'server'],
  ] as const) {
    it(`brings text and bytes from ${from} to ${to}, whole and in fragments, in order`, async () => {
      const pair = createDeflatePair(deflateSettings());
      const bytes = Buffer.from(text);
      pair[from].send(text);
      pair[from].send(bytes);
      pair[from].send('tiny');
      pair[from].send(text.slice(0, 100), { fin: false });
      pair[from].send(text.slice(100, 100), { fin: false });
      pair[from].send(text.slice(100));
      pair[from].send(text, { compress: false });
      pair[from].send('');
      for (const expected of [text, bytes, 'tiny', text, text, '']) {
        expect(await pair[to].receive()).to.deep.equal(expected);
      }
      pair[from].close();
      expect((await pair[to].closed).code).to.equal(1005);
    });
  }

  it('marks the first frame of a compressed message and no other', async () => {
    const settings = deflateSettings();
    const { connection, peer } = connectionWithRawPeer({ init: { extension: agreedExtensions(settings).server } });
    connection.send(text);
    connection.send(text, { compress: false });
    connection.send(text, { fin: false });
    connection.send(text, { fin: false });
    connection.send(text);
    void connection.ping();
    connection.send('ab');
    await peer.frame(6);
    const seen = peer.frames.map(({ opcode, rsv, fin }) => [opcode, rsv === 0x40, fin]);
    expect(seen).to.deep.equal([
      [Opcode.Text, true, true],
      [Opcode.Text, false, true],
      [Opcode.Text, true, false],
      [Opcode.Continuation, false, false],
      [Opcode.Continuation, false, true],
      [Opcode.Ping, false, true],
      [Opcode.Text, false, true],
    ]);
    expect(peer.frames[0]!.payload.length).to.be.below(text.length / 5);
    connection.terminate();
  });

  it('compresses a message in pieces, and sends what waits behind it as it is', async () => {
    const settings = deflateSettings();
    const hub = new Hub();
    const { server, client } = createDeflatePair(settings);
    hub.join(server, 'room');
    const seen: string[] = [];
    client.on('message', (data) => seen.push(String(data)));
    server.send('before '.repeat(20));
    async function* pieces() {
      for (let i = 0; i < 5; i++) {
        yield `piece ${i} of ${text}`;
        server.send('meanwhile '.repeat(20));
        hub.to('room').publish('published '.repeat(20));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const sent = server.sendPieces(pieces());
    const again = server.sendPieces(['another ', 'in pieces '.repeat(20)]);
    server.send('behind '.repeat(20));
    await Promise.all([sent, again]);
    server.send('after '.repeat(20));
    server.close();
    await client.closed;
    expect(seen).to.deep.equal([
      'before '.repeat(20),
      [0, 1, 2, 3, 4].map((i) => `piece ${i} of ${text}`).join(''),
      `another ${'in pieces '.repeat(20)}`,
      'behind '.repeat(20),
      ...Array(5)
        .fill(['meanwhile '.repeat(20), 'published '.repeat(20)])
        .flat(),
      'after '.repeat(20),
    ]);
  });

  it('makes a message in pieces shorter, unless it is told not to', async () => {
    const { connection, peer } = connectionWithRawPeer({
      init: { extension: agreedExtensions(deflateSettings()).server },
    });
    const sizeFrom = (index: number) => peer.frames.slice(index).reduce((sum, { payload }) => sum + payload.length, 0);
    await connection.sendPieces([text, text, text]);
    await peer.frame(3);
    expect(peer.frames.map(({ rsv, fin }) => [rsv, fin])).to.deep.equal([
      [0x40, false],
      [0, false],
      [0, false],
      [0, true],
    ]);
    expect(sizeFrom(0)).to.be.below(text.length / 4);
    await connection.sendPieces([text, text], { compress: false });
    await peer.frame(6);
    expect(peer.frames[4]!.rsv).to.equal(0);
    expect(sizeFrom(4)).to.equal(2 * text.length);
    connection.terminate();
  });

  it('says what was agreed', () => {
    const { server, client } = createDeflatePair(deflateSettings());
    expect(server.extensions).to.equal('permessage-deflate');
    expect(client.extensions).to.equal('permessage-deflate');
    server.terminate();
  });

  it('fails with 1007 for what is no DEFLATE, and the process lives', async () => {
    const { connection, peer } = connectionWithRawPeer({
      init: { extension: agreedExtensions(deflateSettings()).server },
    });
    peer.send(Opcode.Text, Buffer.from('ffffff', 'hex'), { rsv: 0x40 });
    expect(await peer.closeFrame()).to.deep.equal({ code: 1007, reason: 'A compressed message is not valid DEFLATE' });
    expect((await connection.closed).cause).to.include({ code: 'INVALID_DEFLATE' });
  });

  it('fails with 1007 for inflated text that is not UTF-8', async () => {
    const { peer } = connectionWithRawPeer({ init: { extension: agreedExtensions(deflateSettings()).server } });
    // A stored block of one byte, 0xff.
    peer.send(Opcode.Text, Buffer.from('000100feffff00', 'hex'), { rsv: 0x40 });
    expect(await peer.closeFrame()).to.include({ code: 1007 });
  });

  it('lets others have the event loop between compressed messages that are much work', async () => {
    const { server, client } = createDeflatePair(deflateSettings(), {}, { maxMessageSize: 2 ** 20 });
    const large = 'x'.repeat(2 ** 20);
    let atOnce = 0;
    let most = 0;
    let seen = 0;
    const done = new Promise<void>((resolve) => {
      server.on('message', (data) => {
        expect(data).to.equal(large);
        if (atOnce++ === 0) setImmediate(() => (atOnce = 0));
        most = Math.max(most, atOnce);
        if (++seen === 20) resolve();
      });
    });
    for (let i = 0; i < 20; i++) client.send(large);
    await done;
    expect(most).to.be.at.most(3);
    client.close();
    await server.closed;
  });

  it('tells callbacks of a slow consumer when whoever found it out is done', async () => {
    const { connection, peer } = connectionWithRawPeer({
      options: { maxBufferedAmount: 1000, highWaterMark: 1000, lowWaterMark: 10 },
    });
    peer.transport.pause();
    const told: string[] = [];
    for (let i = 0; i < 40 && connection.readyState === connection.OPEN; i++) {
      connection.send(Buffer.alloc(30_000), {}, (error) => error && told.push(`${connection.readyState}`));
      expect(told).to.deep.equal([]);
    }
    expect(connection.readyState).to.equal(connection.CLOSING);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(told.length).to.be.above(0);
    expect(told).to.not.include(String(connection.OPEN));
    connection.terminate();
  });

  it('fails with 1009 for a bomb', async () => {
    const { server, client } = createDeflatePair(deflateSettings(), {}, { maxMessageSize: 100_000 });
    client.send(Buffer.alloc(100_000));
    client.send(Buffer.alloc(100_001));
    expect(await server.receive()).to.have.length(100_000);
    const { code, cause } = await server.closed;
    expect(code).to.equal(1009);
    expect(cause?.message).to.equal('A compressed message inflates to more than maxMessageSize (100000 bytes)');
  });

  it('takes what cannot be made smaller up to the whole of maxMessageSize', async () => {
    const { server, client } = createDeflatePair(deflateSettings(), {}, { maxMessageSize: 70_000 });
    const noise = Buffer.from(Array.from({ length: 70_000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 13));
    // As one fragment of two, it is sent compressed even where that makes it longer.
    client.send(noise.subarray(0, 1), { fin: false });
    client.send(noise.subarray(1));
    expect((await server.receive()) as Buffer).to.have.length(70_000);
    client.terminate();
  });
});
