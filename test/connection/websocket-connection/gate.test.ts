import { once } from 'node:events';
import { expect } from 'chai';
import { ConnectionClosedError } from '../../../src/protocol/errors';
import { Opcode } from '../../../src/protocol/opcode';
import { connectionOverRecording, connectionWithRawPeer } from '../../support/connection-with-raw-peer';
import { frameBytes } from '../../support/raw-peer';
import { iteration } from '../../support/recording-transport';

describe('WebSocketConnection: the gate', () => {
  it('keeps messages until somebody listens', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b', 'c');
    await iteration();
    await iteration();
    const received: unknown[] = [];
    connection.on('message', (data) => received.push(data));
    expect(received).to.deep.equal([]);
    await iteration();
    expect(received).to.deep.equal(['a', 'b', 'c']);
    peer.text('d');
    await iteration();
    await iteration();
    expect(received).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('delivers when whoever listens has had the time to listen to everything', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a');
    await iteration();
    await iteration();
    const log: string[] = [];
    connection.on('message', () => log.push('first'));
    connection.on('message', () => log.push('second'));
    await iteration();
    expect(log).to.deep.equal(['first', 'second']);
  });

  it('keeps the order between what waited and what comes meanwhile', async () => {
    const { connection, transport } = connectionOverRecording();
    const text = (message: string) => transport.push(frameBytes(Opcode.Text, message, { masked: true }));
    text('1');
    text('2');
    await iteration();
    const received: unknown[] = [];
    connection.on('message', (data) => received.push(data));
    text('3');
    await iteration();
    expect(received).to.deep.equal(['1', '2', '3']);
  });

  it('drops what nobody listens for once it is open', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('waits');
    await iteration();
    connection.openGate();
    await iteration();
    peer.text('too early');
    await iteration();
    await iteration();
    const received: unknown[] = [];
    connection.on('message', (data) => received.push(data));
    peer.text('in time');
    await iteration();
    await iteration();
    expect(received).to.deep.equal(['in time']);
  });

  it('loses nothing when the handler listens and ends at once', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a');
    await iteration();
    await iteration();
    const received: unknown[] = [];
    connection.on('message', (data) => received.push(data));
    connection.openGate();
    await iteration();
    expect(received).to.deep.equal(['a']);
  });

  it("loses nothing between one once(socket, 'message') and the next", async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('1', '2', '3');
    const received: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      received.push((await once(connection, 'message'))[0]);
      if (i === 2) peer.text('4', '5');
      await iteration();
    }
    expect(received).to.deep.equal(['1', '2', '3', '4', '5']);
  });

  it('keeps 10 MB from a peer that does not wait within bounds, and loses nothing', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const message = frameBytes(Opcode.Binary, Buffer.alloc(1000), { masked: true });
    const count = 10_000;
    for (let i = 0; i < count; i += 10) peer.write(Buffer.concat(Array(10).fill(message)));
    for (let i = 0; i < 5; i++) await iteration();
    // All but the inbox, a chunk, and what the transport buffers by itself still waits at the peer.
    expect(peer.transport.writableLength).to.be.greaterThan(9_000_000);
    let received = 0;
    await new Promise<void>((resolve) => {
      connection.on('message', () => ++received === count && resolve());
    });
    expect(received).to.equal(count);
  });

  it('lets pings and the close through while the handler awaits', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('never read').send(Opcode.Ping, 'still there?');
    expect((await peer.frame(0)).opcode).to.equal(Opcode.Pong);
    peer.close(1000, 'bye');
    expect(await connection.closed).to.include({ code: 1000, reason: 'bye', initiator: 'remote' });
  });

  it("answers 'close' that is awaited in the handler, where messages wait", async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('never read').close(1000);
    expect(await once(connection, 'close')).to.deep.equal([1000, '']);
  });

  it("keeps 'close' for a handler that has not listened yet, behind the messages", async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b').close(4000, 'done');
    await connection.closed;
    await iteration();
    const log: unknown[] = [];
    connection.on('message', (data) => log.push(data));
    connection.on('close', (code) => log.push(code));
    await iteration();
    expect(log).to.deep.equal(['a', 'b', 4000]);
  });

  it("puts 'close' behind the messages also where both are listened for just before the transport closes", async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b');
    await iteration();
    await iteration();
    const log: unknown[] = [];
    process.nextTick(() => {
      connection.on('message', (data) => log.push(data));
      connection.on('close', (code) => log.push(code));
    });
    // Its 'close' is the next tick.
    connection.terminate();
    await iteration();
    expect(log).to.deep.equal(['a', 'b', 1006]);
  });

  it("emits 'close' once when the gate opens with nobody listening, and not to who comes later", async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.close(1000);
    await connection.closed;
    connection.openGate();
    await iteration();
    let late = 0;
    connection.on('close', () => late++);
    await iteration();
    expect(late).to.equal(0);
  });

  it('stops delivering to a listener that has thrown', async () => {
    const errors: unknown[] = [];
    const { connection, peer } = connectionWithRawPeer({ init: { onError: (error) => errors.push(error) } });
    peer.text('a', 'b', 'c');
    await iteration();
    await iteration();
    connection.on('message', () => {
      throw new Error('mine');
    });
    expect((await peer.closeFrame()).code).to.equal(1011);
    expect(errors).to.have.length(1);
  });

  it('takes messages that have come from a connection that is closed, then tells why there are no more', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b').close(1001);
    await connection.closed;
    expect([await connection.receive(), await connection.receive()]).to.deep.equal(['a', 'b']);
    const error = await connection.receive().catch((reason) => reason);
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect(error.message).to.equal(
      'receive(): the connection is closed: received 1001 (going away), then sent 1001 (going away)',
    );
  });
});
