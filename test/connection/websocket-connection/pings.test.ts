import { expect } from 'chai';
import { ConnectionClosedError, InvalidOptionError, TimeoutError } from '../../../src/protocol/errors';
import { Opcode } from '../../../src/protocol/opcode';
import { createConnectionPair } from '../../support/connection-pair';
import { connectionOverRecording, connectionWithRawPeer } from '../../support/connection-with-raw-peer';
import { frameBytes, framesOf } from '../../support/raw-peer';
import { iteration } from '../../support/recording-transport';

const pingBytes = (payload: string) => frameBytes(Opcode.Ping, payload, { masked: true });

describe('WebSocketConnection: pings', () => {
  for (const from of ['server', 'client'] as const) {
    const to = from === 'server' ? 'client' : 'server';

    it(`of the ${from} are answered by the ${to}, and resolve with the latency`, async () => {
      const pair = createConnectionPair();
      const log: string[] = [];
      pair[to].on('ping', (payload) => log.push(`ping ${payload}`));
      pair[from].on('pong', (payload) => log.push(`pong ${payload}`));
      expect(await pair[from].ping('hello')).to.be.within(0, 1000);
      expect(log).to.deep.equal(['ping hello', 'pong hello']);
    });
  }

  it('have a payload of their own each', async () => {
    const { connection, peer } = connectionWithRawPeer();
    void connection.ping();
    void connection.ping();
    await peer.frame(1);
    expect(String(peer.frames[0]!.payload)).not.to.equal(String(peer.frames[1]!.payload));
  });

  it('with the latest answered are all answered', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const latencies = [connection.ping('1'), connection.ping('2'), connection.ping('3')];
    await peer.frame(2);
    peer.send(Opcode.Pong, '3');
    for (const latency of await Promise.all(latencies)) expect(latency).to.be.at.least(0);
  });

  it('keep their payload, whatever the caller does with the buffer', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const data = Buffer.from('mine');
    const answered = connection.ping(data);
    data.fill(0);
    peer.send(Opcode.Pong, 'mine');
    await answered;
  });

  it('of more than 125 bytes are refused in words', () => {
    const { connection } = connectionWithRawPeer();
    expect(() => connection.ping('x'.repeat(126))).to.throw(InvalidOptionError, 'at most 125 bytes, not 126');
    expect(() => connection.pong(Buffer.alloc(126))).to.throw(InvalidOptionError, 'pong() takes at most 125');
    expect(() => connection.ping({} as never)).to.throw(InvalidOptionError, 'ping() takes a string');
  });

  it('reject when the connection closes before the pong', async () => {
    const { connection } = connectionWithRawPeer();
    const answered = connection.ping();
    connection.terminate();
    expect(await answered.catch((error) => error)).to.be.instanceOf(ConnectionClosedError);
  });

  it('of a closing connection reject, those before may still be answered', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const first = connection.ping('first');
    connection.close(1000);
    const second = connection.ping('second');
    expect(await second.catch((error) => error)).to.be.instanceOf(ConnectionClosedError);
    peer.send(Opcode.Pong, 'first');
    expect(await first).to.be.at.least(0);
  });

  it('pong() sends one that nobody asked for', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.pong('alive');
    expect(await peer.frame(0)).to.include({ opcode: Opcode.Pong });
    expect(String(peer.frames[0]!.payload)).to.equal('alive');
  });

  it('are each answered with what they said, 125 bytes of anything', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const payload = Buffer.alloc(125, 0xff);
    peer.send(Opcode.Ping, payload).send(Opcode.Ping, '');
    expect((await peer.frame(0)).payload.equals(payload)).to.equal(true);
    expect((await peer.frame(1)).payload).to.have.length(0);
    expect(connection.readyState).to.equal(connection.OPEN);
  });

  it('that nobody takes the answers of are answered by 16 and the latest', async () => {
    const { transport } = connectionOverRecording();
    transport.block();
    for (let i = 0; i < 1000; i++) {
      transport.push(pingBytes(`${i}`));
      if (i % 50 === 0) await iteration();
    }
    await iteration();
    transport.unblock();
    for (let i = 0; i < 3; i++) await iteration();
    const answers = framesOf(transport.bytes).map(({ payload }) => String(payload));
    expect(answers).to.deep.equal([...Array.from({ length: 16 }, (_, i) => String(i)), '999']);
  });

  it('are answered one by one again when the answers have left', async () => {
    const { transport } = connectionOverRecording({ options: { maxPendingPongs: 2 } });
    transport.block();
    for (let i = 0; i < 10; i++) transport.push(pingBytes(`${i}`));
    await iteration();
    transport.unblock();
    for (let i = 0; i < 3; i++) await iteration();
    for (let i = 10; i < 13; i++) {
      transport.push(pingBytes(`${i}`));
      await iteration();
    }
    const answers = framesOf(transport.bytes).map(({ payload }) => String(payload));
    expect(answers).to.deep.equal(['0', '1', '9', '10', '11', '12']);
  });

  it('that came behind a message are answered behind what the listener says', async () => {
    const { connection, transport } = connectionOverRecording();
    connection.on('message', () => connection.send('answer'));
    await iteration();
    transport.push(Buffer.concat([frameBytes(Opcode.Text, 'x', { masked: true }), pingBytes('p')]));
    await iteration();
    expect(transport.writes).to.have.length(1);
    expect(framesOf(transport.bytes).map(({ opcode }) => opcode)).to.deep.equal([Opcode.Text, Opcode.Pong]);
  });
});

describe('WebSocketConnection: heartbeat', () => {
  const rhythm = { pingInterval: 5, pongTimeout: 10 };

  it('takes a peer that is silent for dead: 1006 with a TimeoutError', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: rhythm });
    const closure = await connection.closed;
    expect(closure).to.include({ code: 1006, reason: '', initiator: 'local' });
    expect(closure.cause).to.be.instanceOf(TimeoutError).with.property('code', 'PONG_TIMEOUT');
    expect(closure.cause!.message).to.equal('Nothing was heard within pongTimeout (10 ms) of a ping');
    expect(peer.frames[0]).to.include({ opcode: Opcode.Ping });
  });

  it('keeps a peer that answers, and one that says anything at all', async () => {
    const pair = createConnectionPair(rhythm);
    const talker = connectionWithRawPeer({ options: rhythm });
    let pings = 0;
    await new Promise<void>((resolve) => {
      pair.client.on('ping', () => {
        talker.peer.text('no pong, but alive');
        if (++pings === 8) resolve();
      });
    });
    expect([pair.server.readyState, pair.client.readyState, talker.connection.readyState]).to.deep.equal([1, 1, 1]);
    pair.server.terminate();
    talker.connection.terminate();
    await Promise.all([pair.client.closed, talker.connection.closed]);
  });

  it('does not judge a peer that we do not listen to', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: rhythm });
    connection.pause();
    await peer.frame(6);
    expect(connection.readyState).to.equal(connection.OPEN);
    connection.resume();
    expect((await connection.closed).code).to.equal(1006);
  });

  it('leaves a closing handshake to closeTimeout', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: { ...rhythm, closeTimeout: 60 } });
    connection.close(1000);
    const { cause } = await connection.closed;
    expect(cause).to.have.property('code', 'CLOSE_TIMEOUT');
    expect(peer.frames.filter(({ opcode }) => opcode === Opcode.Ping)).to.have.length(0);
  });

  it('takes progress in sending for a sign of life', async () => {
    const { connection, transport } = connectionOverRecording({ options: rhythm, writableHighWaterMark: 10 });
    const begin = performance.now();
    for (; performance.now() - begin < 50; ) {
      transport.block();
      connection.send('a large message that takes its time');
      await iteration();
      transport.unblock();
      await iteration();
    }
    expect(connection.readyState).to.equal(connection.OPEN);
    connection.terminate();
    await connection.closed;
  });

  it('takes a callback as ws does, in any of its places', async () => {
    const { connection } = connectionWithRawPeer();
    for (const call of [
      (done: () => void) => connection.ping(done),
      (done: () => void) => connection.ping('', done),
      (done: () => void) => connection.ping('', false, done),
    ]) {
      await new Promise<void>((resolve) => void call(() => resolve()));
    }
    connection.terminate();
    const error = await new Promise((resolve) => void connection.ping((failure) => resolve(failure)));
    expect(error).to.be.instanceOf(ConnectionClosedError);
  });
});
