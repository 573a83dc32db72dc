import type { ReadableStreamDefaultReader } from 'node:stream/web';
import { TextDecoderStream } from 'node:stream/web';
import { expect } from 'chai';
import { ConnectionClosedError, InvalidOptionError, InvalidStateError, PolicyError } from '../../src/protocol/errors';
import { createConnectionPair } from '../support/connection-pair';
import { connectionOverRecording, connectionWithRawPeer } from '../support/connection-with-raw-peer';
import { iteration } from '../support/recording-transport';

const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error) => error);

async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await iteration();
}

async function all<Chunk>(reader: ReadableStreamDefaultReader<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(value);
  }
}

describe('WebSocketConnection: readable', () => {
  it('is made once, and gives the messages, also those that came before, up to a close in order', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a').send(2, 'b');
    await settle();
    const { readable } = connection;
    expect(connection.readable).to.equal(readable);
    peer.text('c').close(1000);
    expect(await all(readable.getReader())).to.deep.equal(['a', Buffer.from('b'), 'c']);
  });

  it('goes with for await', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const received: unknown[] = [];
    peer.text('a', 'b').close(1000);
    for await (const message of connection.readable) received.push(message);
    expect(received).to.deep.equal(['a', 'b']);
  });

  it('answers several reads at once in their order', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const reader = connection.readable.getReader();
    const reads = Promise.all([reader.read(), reader.read(), reader.read()]);
    peer.text('a', 'b').close(1000);
    expect((await reads).map(({ value }) => value)).to.deep.equal(['a', 'b', undefined]);
  });

  it('ends, and fails, also while nobody reads', async () => {
    const clean = connectionWithRawPeer();
    const cleanReader = clean.connection.readable.getReader();
    clean.peer.close(4000);
    await cleanReader.closed;
    const lost = connectionWithRawPeer();
    const lostReader = lost.connection.readable.getReader();
    lost.peer.transport.destroy();
    expect(await failure(lostReader.closed)).to.be.instanceOf(ConnectionClosedError);
  });

  it('gives what came before the connection was lost, and then fails with what is known of it', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const reader = connection.readable.getReader();
    peer.text('a', 'b').write(Buffer.from([0xff]));
    await connection.closed;
    expect((await reader.read()).value).to.equal('a');
    expect((await reader.read()).value).to.equal('b');
    const error = await failure(reader.read());
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect(error.cause).to.have.property('code', 'RESERVED_BITS');
  });

  it('stops the peer while nobody reads, also after the handler is done', async () => {
    const { server, client } = createConnectionPair();
    const reader = server.readable.getReader();
    server.openGate();
    let sent = 0;
    while (client.send('x'.repeat(1000))) {
      sent++;
      if (sent % 10 === 0) await iteration();
      expect(sent).to.be.below(1000);
    }
    for (let i = 0; i < sent; i++) expect((await reader.read()).value).to.have.length(1000);
    await client.drained();
  });

  it('cancel() closes with 1000, or with the code and reason of what it is given', async () => {
    for (const [reason, expected] of [
      [undefined, { code: 1000, reason: '' }],
      [new Error('not for the peer'), { code: 1000, reason: '' }],
      [
        { closeCode: 4001, reason: 'enough' },
        { code: 4001, reason: 'enough' },
      ],
      [
        { closeCode: 4001, reason: 'é'.repeat(100) },
        { code: 4001, reason: `${'é'.repeat(60)}…` },
      ],
      [{ closeCode: 1006 }, { code: 1000, reason: '' }],
      [new PolicyError('no', { code: 'NO' }), { code: 1008, reason: '' }],
    ] as const) {
      const { connection, peer } = connectionWithRawPeer();
      const cancelled = connection.readable.cancel(reason);
      expect(await peer.closeFrame()).to.deep.equal(expected);
      peer.close(1000);
      await cancelled;
      expect(connection.readyState).to.equal(connection.CLOSED);
    }
  });

  it("fails where 'message' listeners take the messages", async () => {
    const { connection } = connectionWithRawPeer();
    connection.on('message', () => {});
    expect(await failure(connection.readable.getReader().read())).to.be.instanceOf(InvalidStateError);
  });
});

describe('WebSocketConnection: writable', () => {
  it('is made once, and sends each chunk as a message', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const { writable } = connection;
    expect(connection.writable).to.equal(writable);
    const writer = writable.getWriter();
    await writer.write('a');
    await writer.write(Buffer.from('b'));
    await writer.write(new Uint16Array([0x6363]));
    await peer.frame(2);
    expect(peer.frames.map(({ opcode, payload }) => `${opcode} ${payload}`)).to.deep.equal(['1 a', '2 b', '2 cc']);
  });

  it('waits while the peer does not read', async () => {
    const { connection, transport } = connectionOverRecording({
      options: { highWaterMark: 1000, lowWaterMark: 100 },
      writableHighWaterMark: 100,
    });
    transport.block();
    const writer = connection.writable.getWriter();
    await writer.write('x'.repeat(500));
    let isDone = false;
    const waiting = writer.write('x'.repeat(600)).then(() => (isDone = true));
    expect(writer.desiredSize).to.equal(0);
    await settle();
    expect(isDone).to.equal(false);
    transport.unblock();
    await waiting;
    expect(writer.desiredSize).to.equal(1);
  });

  it('close() closes with 1000, and waits for the answer', async () => {
    const { connection, peer } = connectionWithRawPeer();
    let isClosed = false;
    const closing = connection.writable.close().then(() => (isClosed = true));
    expect(await peer.closeFrame()).to.deep.equal({ code: 1000, reason: '' });
    await settle();
    expect(isClosed).to.equal(false);
    peer.close(1000);
    await closing;
    expect(await connection.closed).to.include({ code: 1000, initiator: 'local' });
  });

  it('close() rejects when the peer does not answer', async () => {
    const { connection } = connectionWithRawPeer({ options: { closeTimeout: 20 } });
    const error = await failure(connection.writable.close());
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect(error.cause).to.have.property('code', 'CLOSE_TIMEOUT');
  });

  it('abort() closes with 1011, or with the code and reason of what it is given', async () => {
    for (const [reason, expected] of [
      [new Error('not for the peer'), { code: 1011, reason: '' }],
      [
        { closeCode: 4001, reason: 'enough' },
        { code: 4001, reason: 'enough' },
      ],
    ] as const) {
      const { connection, peer } = connectionWithRawPeer();
      const aborted = connection.writable.abort(reason);
      expect(await peer.closeFrame()).to.deep.equal(expected);
      peer.close(1000);
      await aborted;
    }
  });

  it('fails when the connection closes, in whatever way, and so does a write that waits', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const writer = connection.writable.getWriter();
    peer.close(1000);
    expect(await failure(writer.closed)).to.be.instanceOf(ConnectionClosedError);
    expect(await failure(writer.write('late'))).to.be.instanceOf(ConnectionClosedError);
    const slow = connectionOverRecording({ options: { highWaterMark: 10, lowWaterMark: 5 }, writableHighWaterMark: 1 });
    slow.transport.block();
    const writing = failure(slow.connection.writable.getWriter().write('x'.repeat(100)));
    await settle();
    slow.connection.terminate();
    expect(await writing).to.be.instanceOf(ConnectionClosedError);
  });

  it('refuses what is no message, and the connection stays open', async () => {
    const { connection } = connectionWithRawPeer();
    const error = await failure(connection.writable.getWriter().write({ not: 'a message' } as never));
    expect(error).to.be.instanceOf(InvalidOptionError);
    expect(connection.readyState).to.equal(connection.OPEN);
  });
});

describe('WebSocketConnection: readable and writable together', () => {
  it('pipe: an echo, to the end of the peer', async () => {
    const { server, client } = createConnectionPair();
    const echoing = server.readable.pipeTo(server.writable);
    const reader = client.readable.getReader();
    for (let i = 0; i < 2000; i++) {
      if (!client.send(`message ${i}`)) await client.drained();
      expect((await reader.read()).value).to.equal(`message ${i}`);
    }
    client.close(1000);
    await echoing;
    expect((await server.closed).code).to.equal(1000);
  });

  it('pass through other streams', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer
      .send(2, Buffer.from([0xe2, 0x82]))
      .send(2, Buffer.from([0xac]))
      .close(1000);
    const decoded = connection.readable.pipeThrough(new TextDecoderStream() as never);
    expect((await all((decoded as ReadableStream<string>).getReader())).join('')).to.equal('€');
  });
});
