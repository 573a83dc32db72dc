import { once } from 'node:events';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { expect } from 'chai';
import { toDuplex } from '../../src/connection/to-duplex';
import { ConnectionClosedError, InvalidOptionError } from '../../src/protocol/errors';
import { Opcode } from '../../src/protocol/opcode';
import { createConnectionPair } from '../support/connection-pair';
import { connectionOverRecording, connectionWithRawPeer } from '../support/connection-with-raw-peer';
import { iteration } from '../support/recording-transport';

const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error) => error);

async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await iteration();
}

function collector(): { sink: Writable; bytes(): Buffer } {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk, _encoding, callback) {
      chunks.push(chunk);
      callback();
    },
  });
  return { sink, bytes: () => Buffer.concat(chunks) };
}

describe('toDuplex()', () => {
  it('gives and takes bytes; text counts as its UTF-8, and empty messages for nothing', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const stream = toDuplex(connection);
    peer.text('é').text('').send(Opcode.Binary, 'b').close(1000);
    expect(Buffer.concat(await stream.toArray()).toString()).to.equal('éb');
    const other = connectionWithRawPeer();
    const writing = toDuplex(other.connection);
    writing.write('é');
    writing.write(Buffer.from('b'));
    await other.peer.frame(1);
    expect(other.peer.frames.map(({ opcode, payload }) => `${opcode} ${payload}`)).to.deep.equal(['2 é', '2 b']);
    writing.destroy();
  });

  it('gives and takes messages in objectMode', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const stream = toDuplex(connection, { objectMode: true });
    stream.write('text');
    stream.write('');
    stream.write(Buffer.from('bytes'));
    peer.text('a', '').send(Opcode.Binary, 'b').close(1000);
    expect(await stream.toArray()).to.deep.equal(['a', '', Buffer.from('b')]);
    expect(peer.frames.map(({ opcode, payload }) => `${opcode} ${payload}`).slice(0, 3)).to.deep.equal([
      '1 text',
      '1 ',
      '2 bytes',
    ]);
  });

  it('sends bytes as text where it is told to, cut between characters', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const stream = toDuplex(connection, { binary: false });
    for (const byte of Buffer.from('a€b')) stream.write(Buffer.of(byte));
    stream.write(Buffer.of(0xc3));
    stream.end();
    await peer.closeFrame();
    const texts = peer.frames.filter(({ opcode }) => opcode === Opcode.Text).map(({ payload }) => String(payload));
    expect(texts).to.deep.equal(['a', '€', 'b', '\ufffd']);
    peer.close(1000);
    await once(stream, 'finish');
  });

  it('works with pipeline, both ways, through other streams', async () => {
    const { server, client } = createConnectionPair();
    const upper = new Transform({
      transform(chunk, _encoding, callback) {
        callback(null, String(chunk).toUpperCase());
      },
    });
    const stream = toDuplex(server);
    const serving = pipeline(stream, upper, stream);
    client.send('hello ');
    client.send('world');
    expect(String(await client.receive()) + String(await client.receive())).to.equal('HELLO WORLD');
    client.close(1000);
    await serving;
    expect(await client.closed).to.include({ code: 1000 });
  });

  it('carries what is much larger than all buffers', async () => {
    const { server, client } = createConnectionPair();
    const source = Buffer.from(Array.from({ length: 200_000 }, (_, i) => `line ${i}\n`).join(''));
    const { sink, bytes } = collector();
    const receiving = pipeline(toDuplex(server), createGunzip(), sink);
    const chunks = Array.from({ length: Math.ceil(source.length / 5000) }, (_, i) =>
      source.subarray(i * 5000, (i + 1) * 5000),
    );
    await pipeline(Readable.from(chunks), createGzip(), toDuplex(client));
    await receiving;
    expect(bytes().equals(source)).to.equal(true);
    expect(await server.closed).to.include({ code: 1000, initiator: 'remote', cause: null });
  });

  it('waits for who reads, and so does the peer', async () => {
    for (const objectMode of [true, false]) {
      const { server, client } = createConnectionPair();
      const stream = toDuplex(server, { objectMode });
      server.openGate();
      let sent = 0;
      while (client.send('x'.repeat(1000))) {
        sent++;
        if (sent % 10 === 0) await iteration();
        expect(sent).to.be.below(1000);
      }
      client.close(1000);
      let length = 0;
      for await (const chunk of stream) length += chunk.length;
      expect(length).to.equal((sent + 1) * 1000);
    }
  });

  it('waits for the peer to read', async () => {
    const { connection, transport } = connectionOverRecording({
      options: { highWaterMark: 1000, lowWaterMark: 100 },
      writableHighWaterMark: 100,
    });
    transport.block();
    const stream = toDuplex(connection, { objectMode: true });
    const written: number[] = [];
    for (let i = 0; i < 3; i++) stream.write('x'.repeat(600), () => written.push(i));
    await settle();
    expect(written).to.deep.equal([0]);
    expect(stream.writableNeedDrain).to.equal(true);
    transport.unblock();
    await once(stream, 'drain');
    expect(written).to.include(1);
    stream.destroy();
  });

  it('end() closes with 1000, and finishes when the peer has answered; what that sends before is read', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const stream = toDuplex(connection);
    let finished = false;
    stream.on('finish', () => (finished = true));
    stream.end('last words');
    expect(await peer.closeFrame()).to.deep.equal({ code: 1000, reason: '' });
    await settle();
    expect(finished).to.equal(false);
    peer.text('answer').close(1000);
    let read = '';
    stream.on('data', (chunk) => (read += chunk));
    await once(stream, 'close');
    expect(read).to.equal('answer');
    expect(finished).to.equal(true);
    expect(stream.destroyed).to.equal(true);
  });

  it('lets a pipeline end that comes back to it, when the peer closes before it said anything', async () => {
    for (const objectMode of [true, false]) {
      const { connection, peer } = connectionWithRawPeer();
      const stream = toDuplex(connection, { objectMode });
      const echo = pipeline(
        stream,
        async function* (chunks: AsyncIterable<Buffer>) {
          yield* chunks;
        },
        stream,
      );
      peer.close(1000);
      await echo;
    }
  });

  it('ends both ways when the peer closes', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const stream = toDuplex(connection);
    peer.close(1000);
    stream.resume();
    await once(stream, 'close');
    expect(stream.readableEnded && stream.writableFinished).to.equal(true);
    expect(await connection.closed).to.include({ code: 1000, initiator: 'remote' });
  });

  it('is destroyed with the reason when the connection is lost', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const stream = toDuplex(connection);
    peer.transport.destroy();
    const [error] = await once(stream, 'error');
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect(stream.destroyed).to.equal(true);
  });

  it('tells of the loss when messages that came after our end() had no room', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const stream = toDuplex(connection);
    stream.end();
    await peer.closeFrame();
    for (let i = 0; i < 200; i++) peer.text('x'.repeat(1000));
    peer.close(1000);
    await connection.closed;
    expect(await failure(stream.toArray())).to.be.instanceOf(ConnectionClosedError);
  });

  it('rejects end() and writes where the handshake fails', async () => {
    const { connection } = connectionWithRawPeer({ options: { closeTimeout: 20 } });
    const { cause } = await failure(pipeline(Readable.from(['x']), toDuplex(connection)));
    expect(cause).to.have.property('code', 'CLOSE_TIMEOUT');
    const stream = toDuplex(connection);
    stream.on('error', () => {});
    expect(await new Promise((resolve) => stream.write('late', resolve))).to.be.instanceOf(Error);
  });

  it('destroy() cuts the transport', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const stream = toDuplex(connection);
    stream.on('error', () => {});
    const mistake = new Error('mistake');
    const closed = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.destroy(mistake);
    await closed;
    expect(stream.errored).to.equal(mistake);
    await peer.until(() => peer.closed);
    expect(peer.frames).to.deep.equal([]);
    expect(await connection.closed).to.include({ code: 1006, initiator: 'local' });
  });

  it('refuses a chunk that is no message', async () => {
    const { connection } = connectionWithRawPeer();
    const stream = toDuplex(connection, { objectMode: true });
    stream.on('error', () => {});
    const error = await new Promise((resolve) => stream.write(5, resolve));
    expect(error).to.be.instanceOf(InvalidOptionError);
  });

  it('refuses what is no connection, in words', () => {
    for (const wrong of [undefined, {}, new EventTarget()]) {
      expect(() => toDuplex(wrong as never)).to.throw(InvalidOptionError, 'toDuplex() takes a connection');
    }
  });

  it('refuses options that cannot be', () => {
    const { connection } = connectionWithRawPeer();
    for (const options of [
      { objectmode: true },
      { objectMode: 1 },
      { binary: 'no' },
      { objectMode: true, binary: true },
    ]) {
      expect(() => toDuplex(connection, options as never)).to.throw(InvalidOptionError);
    }
  });
});
