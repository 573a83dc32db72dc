import { once } from 'node:events';
import { expect } from 'chai';
import { ConnectionClosedError, PolicyError } from '../../../src/protocol/errors';
import { Opcode } from '../../../src/protocol/opcode';
import { connectionOverRecording, connectionWithRawPeer } from '../../support/connection-with-raw-peer';
import { frameBytes, framesOf } from '../../support/raw-peer';
import { iteration } from '../../support/recording-transport';

const small = { highWaterMark: 1000, lowWaterMark: 100, maxBufferedAmount: 5000 };

describe('WebSocketConnection: backpressure on the way out', () => {
  it('send() is false above the high watermark, and drain comes at the low one', async () => {
    const { connection, transport } = connectionOverRecording({ options: small, writableHighWaterMark: 100 });
    transport.block();
    let drains = 0;
    connection.on('drain', () => drains++);
    expect(connection.send('x'.repeat(900))).to.equal(true);
    expect(connection.send('x'.repeat(900))).to.equal(false);
    expect(connection.bufferedAmount).to.equal(1808);
    await iteration();
    expect(drains).to.equal(0);
    transport.unblock();
    await iteration();
    expect(drains).to.equal(1);
    expect(connection.bufferedAmount).to.equal(0);
    expect(connection.send('x')).to.equal(true);
    await iteration();
    expect(drains).to.equal(1);
  });

  it('send() is false in time for who sends until it is, though the transport takes everything', async () => {
    const { connection, transport } = connectionOverRecording({ writableHighWaterMark: 16 * 1024 * 1024 });
    let sent = 0;
    while (sent < 5000 && connection.send('x'.repeat(1000))) sent++;
    // A MiB, and what fills the high watermark.
    expect(sent).to.be.within(1000, 1200);
    await once(connection, 'drain');
    expect(framesOf(transport.bytes)).to.have.length(sent + 1);
  });

  it('drain is not for who never was above', async () => {
    const { connection } = connectionOverRecording({ options: small });
    let drains = 0;
    connection.on('drain', () => drains++);
    connection.send('x'.repeat(900));
    await iteration();
    await iteration();
    expect(drains).to.equal(0);
  });

  it('drained() is at once when little waits, and later when much does', async () => {
    const { connection, transport } = connectionOverRecording({ options: small });
    await connection.drained();
    transport.block();
    connection.send('x'.repeat(2000));
    let done = false;
    const drained = connection.drained().then(() => {
      done = true;
    });
    await iteration();
    await iteration();
    expect(done).to.equal(false);
    transport.unblock();
    await drained;
  });

  it('a loop of send() and drained() never holds more than the watermark and one message', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: small });
    let most = 0;
    for (let i = 0; i < 200; i++) {
      if (!connection.send('x'.repeat(300))) await connection.drained();
      most = Math.max(most, connection.bufferedAmount);
    }
    await peer.frame(199);
    expect(most).to.be.lessThan(1000 + 400);
  });

  it('drained() rejects when the connection closes before, without an unhandled rejection', async () => {
    const { connection, transport } = connectionOverRecording({ options: small });
    transport.block();
    connection.send('x'.repeat(2000));
    const drained = connection.drained();
    void connection.drained();
    connection.terminate();
    expect(await drained.catch((error) => error)).to.be.instanceOf(ConnectionClosedError);
    expect(await connection.drained().catch((error) => error)).to.be.instanceOf(ConnectionClosedError);
  });

  it('drained() on a connection that is ending does not break what is still on its way', async () => {
    const { connection, transport } = connectionOverRecording({ options: small });
    transport.block();
    connection.send('last words '.repeat(100));
    await iteration();
    transport.push(frameBytes(Opcode.Close, Buffer.from([3, 232]), { masked: true }));
    await iteration();
    const drained = connection.drained();
    await iteration();
    transport.unblock();
    transport.push(null);
    expect(await connection.closed).to.deep.equal({ code: 1000, reason: '', initiator: 'remote', cause: null });
    expect(framesOf(transport.bytes).map(({ opcode }) => opcode)).to.deep.equal([Opcode.Text, Opcode.Close]);
    await drained.catch(() => {});
  });

  it('closes a slow consumer with 1008, and holds no more than the limit and one message', async () => {
    const { connection, transport } = connectionOverRecording({ options: small, writableHighWaterMark: 500 });
    const errors: unknown[] = [];
    connection.on('error', (error) => errors.push(error));
    transport.block();
    let most = 0;
    let sent = 0;
    for (; connection.readyState === connection.OPEN; sent++) {
      connection.send('x'.repeat(496));
      most = Math.max(most, connection.bufferedAmount);
      await iteration();
    }
    expect(most).to.be.within(5000, 5500);
    let refused: unknown;
    expect(connection.send('more', (error) => (refused = error))).to.equal(false);
    await iteration();
    expect(refused).to.be.instanceOf(ConnectionClosedError);
    expect(connection.bufferedAmount).to.be.lessThan(1000);
    transport.unblock();
    await iteration();
    const frames = framesOf(transport.bytes);
    expect(frames.at(-1)!.payload.readUInt16BE()).to.equal(1008);
    expect(frames.at(-1)!.payload.toString('utf8', 2)).to.equal(
      'The peer is a slow consumer: it left more than maxBufferedAmount (5000 bytes) unread',
    );
    expect(frames.length).to.be.lessThan(sent);
    transport.push(null);
    const closure = await connection.closed;
    expect(closure).to.include({ code: 1008, initiator: 'local' });
    expect(closure.cause).to.be.instanceOf(PolicyError).with.property('code', 'SLOW_CONSUMER');
    expect(errors).to.deep.equal([closure.cause]);
  });

  it('tells the callbacks of what a slow consumer never gets', async () => {
    const { connection, transport } = connectionOverRecording({ options: small, writableHighWaterMark: 500 });
    transport.block();
    const errors: unknown[] = [];
    for (let i = 0; i < 20; i++) connection.send('x'.repeat(496), (error) => errors.push(error));
    connection.terminate();
    await connection.closed;
    await iteration();
    expect(errors).to.have.length(20);
    for (const error of errors) expect(error).to.be.instanceOf(Error);
  });

  it('does not take a peer for slow that has not had the chance to read: answers to one chunk may be many', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: small });
    connection.on('message', () => connection.send('x'.repeat(900)));
    await iteration();
    peer.text(...Array.from({ length: 15 }, String));
    await peer.frame(14);
    expect(connection.readyState).to.equal(connection.OPEN);
  });

  it('cuts a slow consumer that does not even take the close frame', async () => {
    const { connection, transport } = connectionOverRecording({
      options: { ...small, closeTimeout: 20 },
      writableHighWaterMark: 500,
    });
    transport.block();
    while (connection.send('x'.repeat(900)) || connection.readyState === connection.OPEN);
    expect(await connection.closed).to.include({ code: 1008, initiator: 'local' });
    expect(transport.destroyed).to.equal(true);
  });

  it('counts shared frames as well, and never throws for them', async () => {
    const { connection, transport } = connectionOverRecording({ options: small, writableHighWaterMark: 500 });
    const frame = frameBytes(Opcode.Text, 'x'.repeat(900));
    transport.block();
    const results = Array.from({ length: 10 }, () => connection.sendShared(frame, 0, frame.length));
    expect(results).to.deep.equal([true, ...Array(9).fill(false)]);
    expect(connection.readyState).to.equal(connection.CLOSING);
    connection.terminate();
    await connection.closed;
    expect(connection.sendShared(frame, 0, frame.length)).to.equal(false);
  });
});

describe('WebSocketConnection: backpressure on the way in', () => {
  it('pause() stops messages, pings and the close; resume() brings them in order', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const log: unknown[] = [];
    connection.on('message', (data) => log.push(data));
    connection.on('close', () => log.push('close'));
    await iteration();
    expect(connection.isPaused).to.equal(false);
    connection.pause();
    expect(connection.isPaused).to.equal(true);
    peer.text('a', 'b').send(Opcode.Ping, '1').close(1000);
    for (let i = 0; i < 5; i++) await iteration();
    expect(log).to.deep.equal([]);
    expect(peer.frames).to.have.length(0);
    connection.resume();
    expect(connection.isPaused).to.equal(false);
    await connection.closed;
    await iteration();
    expect(log).to.deep.equal(['a', 'b', 'close']);
    expect(peer.frames.map(({ opcode }) => opcode)).to.deep.equal([Opcode.Pong, Opcode.Close]);
  });

  it('pause() in a listener stops behind the message', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const log: unknown[] = [];
    connection.on('message', (data) => {
      log.push(data);
      if (data === 'b') connection.pause();
    });
    peer.text('a', 'b', 'c', 'd');
    for (let i = 0; i < 3; i++) await iteration();
    expect(log).to.deep.equal(['a', 'b']);
    connection.resume();
    await iteration();
    expect(log).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('pause() in a listener stops also what waited in the inbox', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b', 'c');
    for (let i = 0; i < 3; i++) await iteration();
    const log: unknown[] = [];
    connection.on('message', (data) => {
      log.push(data);
      connection.pause();
    });
    for (let i = 0; i < 3; i++) {
      await iteration();
      expect(log).to.have.length(i + 1);
      connection.resume();
    }
    expect(log).to.deep.equal(['a', 'b', 'c']);
  });

  it('pause() and resume() in a listener change nothing', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const log: unknown[] = [];
    connection.on('message', (data) => {
      connection.pause();
      connection.resume();
      log.push(data);
      connection.send(data);
    });
    peer.text('a', 'b', 'c');
    await peer.frame(2);
    expect(log).to.deep.equal(['a', 'b', 'c']);
    expect(peer.frames.map(({ payload }) => String(payload))).to.deep.equal(log);
  });

  it('messages() slows the peer to the pace of the loop', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const message = frameBytes(Opcode.Binary, Buffer.alloc(10_000), { masked: true });
    for (let i = 0; i < 200; i++) peer.write(message);
    let count = 0;
    for await (const data of connection.messages()) {
      expect(data).to.have.length(10_000);
      if (++count === 1) {
        for (let i = 0; i < 10; i++) await iteration();
        expect(peer.transport.writableLength).to.be.greaterThan(1_700_000);
      }
      if (count === 200) break;
    }
    expect(peer.transport.writableLength).to.equal(0);
  });

  it('goes on reading when a full inbox is emptied by a listener', async () => {
    const { connection, peer } = connectionWithRawPeer();
    for (let i = 0; i < 100; i++) peer.text('x'.repeat(5000));
    for (let i = 0; i < 5; i++) await iteration();
    let count = 0;
    const all = new Promise<void>((resolve) => connection.on('message', () => ++count === 100 && resolve()));
    await all;
    peer.close(1000);
    expect((await once(connection, 'close'))[0]).to.equal(1000);
  });

  it('reads on to the close frame while closing, though nobody takes the messages', async () => {
    const { connection, peer } = connectionWithRawPeer();
    for (let i = 0; i < 100; i++) peer.text('x'.repeat(5000));
    for (let i = 0; i < 5; i++) await iteration();
    connection.close(1001);
    for (let i = 0; i < 100; i++) peer.text('x'.repeat(5000));
    peer.close(1001);
    expect(await connection.closed).to.include({ code: 1001, initiator: 'local', cause: null });
  });
});
