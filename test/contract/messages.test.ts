import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Payload } from '../../src/connection/payload';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { Opcode } from '../../src/protocol/opcode';
import { closePayload, frameBytes } from '../support/raw-peer';
import { describeContract } from './support/contract';

/** Around every change in how a length is written, and of the buffers that messages lie in. */
const sizes = [0, 1, 2, 124, 125, 126, 127, 4095, 16_384, 65_535, 65_536, 65_537, 262_144, 1024 * 1024];

function bytes(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
}

async function collect(connection: WebSocketConnection, count: number): Promise<Array<Payload | null>> {
  const received: Array<Payload | null> = [];
  while (received.length < count) received.push(await connection.receive());
  return received;
}

function sha(data: Payload | null): string {
  return `${typeof data} ${createHash('sha256')
    .update(data as string | Buffer)
    .digest('hex')}`;
}

describeContract('contract: messages', (contract) => {
  it('texts of all sizes come back as they were, in order', async () => {
    const client = await contract.echo();
    const sent = sizes.map((size) => 'x'.repeat(size));
    for (const message of sent) {
      client.send(message);
      await client.drained();
    }
    expect((await collect(client, sent.length)).map(sha)).to.deep.equal(sent.map(sha));
  });

  it('texts that are not ASCII do, too', async () => {
    const client = await contract.echo();
    const sent = sizes.map((size) => 'grün 😀 '.repeat(size / 13));
    for (const message of sent) {
      client.send(message);
      await client.drained();
    }
    expect((await collect(client, sent.length)).map(sha)).to.deep.equal(sent.map(sha));
  });

  it('binaries of all sizes come back as they were, in order', async () => {
    const client = await contract.echo();
    const sent = sizes.map(bytes);
    for (const message of sent) {
      client.send(message);
      await client.drained();
    }
    expect((await collect(client, sent.length)).map(sha)).to.deep.equal(sent.map(sha));
  });

  it('thousands of messages in both directions at once keep their order', async () => {
    const { server, client } = await contract.pair();
    const count = 3000;
    const said = (name: string, i: number) => `${name} ${i} ${'x'.repeat((i * 37) % 700)}`;
    const exchange = async (from: WebSocketConnection, name: string, hears: string) => {
      const heard = collect(from, count);
      for (let i = 0; i < count; i++) if (!from.send(said(name, i))) await from.drained();
      expect(await heard).to.deep.equal(Array.from({ length: count }, (_, i) => said(hears, i)));
    };
    await Promise.all([exchange(server, 'server', 'client'), exchange(client, 'client', 'server')]);
  });

  for (const from of ['client', 'server'] as const) {
    const to = from === 'client' ? 'server' : 'client';

    it(`fragments of the ${from} are one message, and a ping may come between`, async () => {
      const ends = await contract.pair();
      ends[from].send('gr', { fin: false });
      ends[from].send('', { fin: false });
      const latency = ends[from].ping();
      ends[from].send('ün');
      ends[from].send(Buffer.of(1), { fin: false });
      ends[from].send(Buffer.of(2, 3));
      expect(await collect(ends[to], 2)).to.deep.equal(['grün', Buffer.of(1, 2, 3)]);
      expect(await latency).to.be.within(0, 5000);
    });

    it(`pieces of the ${from} are read as they come, beyond maxMessageSize and slower than they are sent`, async () => {
      const ends = await contract.pair();
      const piece = bytes(50_000);
      const count = 100;
      const expected = createHash('sha256');
      const source = function* () {
        for (let i = 0; i < count; i++) {
          expected.update(piece);
          yield piece;
        }
      };
      const pieces = ends[to].pieces();
      const sent = ends[from].sendPieces(source());
      ends[from].send('behind it');
      const received = createHash('sha256');
      let length = 0;
      let mostWaiting = 0;
      for await (const chunk of pieces) {
        received.update(chunk);
        length += chunk.length;
        mostWaiting = Math.max(mostWaiting, ends[from].bufferedAmount);
      }
      await sent;
      expect(length).to.equal(count * piece.length);
      expect(received.digest('hex')).to.equal(expected.digest('hex'));
      expect(mostWaiting).to.be.lessThan(64 * 1024 + 2 * piece.length);
      expect(await ends[to].receive()).to.equal('behind it');
    });

    it(`pieces of text of the ${from} are cut between characters`, async () => {
      const ends = await contract.pair();
      const text = 'ein grüner Fluß 😀 '.repeat(5000);
      const encoded = Buffer.from(text);
      const sent = ends[from].sendPieces([text.slice(0, 17), text.slice(17, 40_000), text.slice(40_000)]);
      let whole = '';
      for await (const piece of ends[to].pieces()) whole += piece;
      await sent;
      expect(Buffer.byteLength(whole)).to.equal(encoded.length);
      expect(whole).to.equal(text);
    });

    it(`messages() of the ${to} is a loop that ends with the connection`, async () => {
      const ends = await contract.pair();
      const sent = Array.from({ length: 50 }, (_, i) => `message ${i}`);
      const loop = (async () => {
        const received: unknown[] = [];
        for await (const message of ends[to].messages()) received.push(message);
        return received;
      })();
      for (const message of sent) ends[from].send(message);
      ends[from].close(1000);
      expect(await loop).to.deep.equal(sent);
    });

    it(`messages of the ${from} wait until the ${to} takes them, which may be after the end`, async () => {
      const ends = await contract.pair();
      ends[from].send('one');
      ends[from].send('two');
      ends[from].close(1000);
      await ends[to].closed;
      expect(await collect(ends[to], 2)).to.deep.equal(['one', 'two']);
    });
  }

  it('receive() gives up after its timeout, and takes the message that comes later', async () => {
    const { server, client } = await contract.pair();
    expect(await server.receive({ timeout: 5 })).to.equal(null);
    client.send('late');
    expect(await server.receive()).to.equal('late');
  });

  it('messages come whole, however the bytes are cut', async () => {
    const { server, peer } = await contract.withRawPeer();
    const frames = Buffer.concat([
      frameBytes(Opcode.Text, 'grün', { masked: true, fin: false }),
      frameBytes(Opcode.Ping, 'between', { masked: true }),
      frameBytes(Opcode.Continuation, 'e Wiese', { masked: true }),
      frameBytes(Opcode.Binary, bytes(300), { masked: true }),
      frameBytes(Opcode.Close, closePayload(1000), { masked: true }),
    ]);
    for (const byte of frames) {
      peer.write(Buffer.of(byte));
      // Each one by itself: otherwise a transport joins what waits.
      await new Promise<void>((written) => setImmediate(written));
    }
    expect(await collect(server, 2)).to.deep.equal(['grüne Wiese', bytes(300)]);
    expect(await server.closed).to.include({ code: 1000, cause: null });
    await peer.until(() => peer.frames.length === 2);
    expect(peer.frames.map(({ opcode, payload }) => [opcode, payload])).to.deep.equal([
      [Opcode.Pong, Buffer.from('between')],
      [Opcode.Close, closePayload(1000)],
    ]);
  });

  it('a web stream of one end can be piped into its other half', async () => {
    const path = contract.route({}, async (socket) => {
      await socket.readable.pipeTo(socket.writable);
    });
    const client = await contract.open(path);
    for (const message of ['one', 'two', 'three']) client.send(message);
    expect(await collect(client, 3)).to.deep.equal(['one', 'two', 'three']);
    client.close(1000);
    expect(await client.closed).to.include({ code: 1000, cause: null });
  });
});
