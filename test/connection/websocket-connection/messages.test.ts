import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocketConnection } from '../../../src/connection/websocket-connection';
import { InvalidOptionError, InvalidStateError } from '../../../src/protocol/errors';
import { Opcode } from '../../../src/protocol/opcode';
import { createConnectionPair } from '../../support/connection-pair';
import { connectionOverRecording, connectionWithRawPeer } from '../../support/connection-with-raw-peer';
import { frameBytes, framesOf } from '../../support/raw-peer';
import { iteration } from '../../support/recording-transport';

describe('WebSocketConnection: messages', () => {
  for (const from of ['server', 'client'] as const) {
    const to = from === 'server' ? 'client' : 'server';

    it(`go from ${from} to ${to}: text as string, bytes as Buffer`, async () => {
      const pair = createConnectionPair();
      const received: unknown[][] = [];
      const three = new Promise<void>((resolve) => {
        pair[to].on('message', (...args) => received.push(args) === 3 && resolve());
      });
      pair[from].send('grüße');
      pair[from].send(Buffer.from([1, 2, 3]));
      pair[from].send('');
      await three;
      expect(received).to.deep.equal([
        ['grüße', false],
        [Buffer.from([1, 2, 3]), true],
        ['', false],
      ]);
    });

    for (const size of [125, 126, 65_535, 65_536, 1024 * 1024]) {
      it(`of ${size} bytes go from ${from} to ${to}`, async () => {
        const pair = createConnectionPair();
        const sent = Buffer.alloc(size, 'switchboard');
        pair[from].send(sent);
        expect(((await pair[to].receive()) as Buffer).equals(sent)).to.equal(true);
        pair[from].send(sent.toString());
        expect((await pair[to].receive()) === sent.toString()).to.equal(true);
      });
    }
  }

  it('are masked by a client, and not by a server', async () => {
    for (const role of ['client', 'server'] as const) {
      const { connection, peer } = connectionWithRawPeer({ role });
      connection.send('x');
      connection.send(Buffer.alloc(100_000));
      void connection.ping();
      await peer.frame(2);
      expect(peer.frames.map(({ masked }) => masked)).to.deep.equal(Array(3).fill(role === 'client'));
    }
  });

  it('go in the kind that is asked for', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.send('text as binary', { binary: true });
    connection.send(Buffer.from('bytes as text'), { binary: false });
    connection.send(new Uint16Array([1, 2]));
    connection.send(new Uint8Array([9]).buffer, {});
    connection.send('null is no options', null);
    await peer.frame(4);
    expect(peer.frames.map(({ opcode }) => opcode)).to.deep.equal([2, 1, 2, 2, 1]);
    expect(peer.frames[2]!.payload).to.have.length(4);
  });

  it('that are no string and no bytes are refused in words', () => {
    const { connection } = connectionWithRawPeer();
    expect(() => connection.send({ text: 'hi' } as never)).to.throw(InvalidOptionError, /^send\(\) takes a string/);
    expect(() => connection.send(undefined as never)).to.throw(InvalidOptionError, /not undefined/);
  });

  it('may go in fragments, with control frames in between', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.send('a', { fin: false });
    connection.pong('!');
    connection.send('b', { fin: false });
    connection.send('', { fin: true });
    connection.send('next');
    await peer.frame(4);
    expect(peer.frames.map(({ opcode, fin, payload }) => [opcode, fin, String(payload)])).to.deep.equal([
      [Opcode.Text, false, 'a'],
      [Opcode.Pong, true, '!'],
      [Opcode.Continuation, false, 'b'],
      [Opcode.Continuation, true, ''],
      [Opcode.Text, true, 'next'],
    ]);
  });

  it('of a room wait for the end of a message in fragments', async () => {
    const pair = createConnectionPair();
    const frame = frameBytes(Opcode.Text, 'published');
    pair.server.send('be', { fin: false });
    expect(pair.server.sendShared(frame, 0, frame.length)).to.equal(true);
    pair.server.send('gin');
    pair.server.sendShared(frame, 0, frame.length);
    const received = [await pair.client.receive(), await pair.client.receive(), await pair.client.receive()];
    expect(received).to.deep.equal(['begin', 'published', 'published']);
  });

  it('of a room do not keep who sends fragments waiting for a drain that cannot come', async () => {
    const { connection } = connectionOverRecording({ options: { highWaterMark: 1000, lowWaterMark: 100 } });
    const frame = frameBytes(Opcode.Text, 'x'.repeat(600));
    connection.send('x'.repeat(2000), { fin: false });
    connection.sendShared(frame, 0, frame.length);
    await once(connection, 'drain');
    connection.sendShared(frame, 0, frame.length);
    expect(connection.send('y', { fin: false })).to.equal(true);
    await connection.drained();
    expect(connection.bufferedAmount).to.be.greaterThan(1200);
    connection.send('z');
    await connection.drained();
    expect(connection.bufferedAmount).to.equal(0);
  });

  it('in fragments come whole, also byte by byte', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const bytes = Buffer.concat([
      frameBytes(Opcode.Text, 'gr', { fin: false, masked: true }),
      frameBytes(Opcode.Ping, 'in between', { masked: true }),
      frameBytes(Opcode.Continuation, Buffer.from([0xc3]), { fin: false, masked: true }),
      frameBytes(Opcode.Continuation, Buffer.from([0xbc, 0x6e]), { masked: true }),
    ]);
    for (const byte of bytes) peer.write(Buffer.of(byte));
    expect(await connection.receive()).to.equal('grün');
    expect((await peer.frame(0)).payload.toString()).to.equal('in between');
  });

  it('come in the order in which they were sent, whoever sent them', async () => {
    const pair = createConnectionPair();
    const frame = frameBytes(Opcode.Text, 'shared');
    const sent: string[] = [];
    for (let i = 0; i < 50; i++) {
      if (i % 3 === 0) pair.server.sendShared(frame, 0, frame.length);
      else pair.server.send(`own ${i}`);
      sent.push(i % 3 === 0 ? 'shared' : `own ${i}`);
      if (i % 7 === 0) await iteration();
    }
    const received: unknown[] = [];
    while (received.length < 50) received.push(await pair.client.receive());
    expect(received).to.deep.equal(sent);
  });

  it('of one chunk are answered by one write', async () => {
    const { connection, transport } = connectionOverRecording();
    connection.on('message', (data) => connection.send(`${data}!`));
    await iteration();
    const messages = Array.from({ length: 64 }, (_, i) => frameBytes(Opcode.Text, `${i}`, { masked: true }));
    transport.push(Buffer.concat(messages));
    await iteration();
    expect(transport.writes).to.have.length(1);
    expect(framesOf(transport.bytes)).to.have.length(64);
  });

  it('from promises and timers of one iteration leave in one write', async () => {
    const { connection, transport } = connectionOverRecording();
    connection.send('a');
    await Promise.resolve();
    connection.send('b');
    process.nextTick(() => connection.send('c'));
    await iteration();
    expect(transport.writes).to.have.length(1);
  });

  it('call back when they are handed over', async () => {
    const pair = createConnectionPair();
    const errors: unknown[] = [];
    pair.client.resume();
    await new Promise<void>((resolve) => {
      pair.server.send('a', (error) => errors.push(error));
      pair.server.send('b', {}, (error) => errors.push(error));
      pair.server.send('c', undefined, (error) => {
        errors.push(error);
        resolve();
      });
    });
    for (const error of errors) expect(error ?? null).to.equal(null);
    expect(errors).to.have.length(3);
  });

  it('behind the handshake in one packet are not lost', async () => {
    const head = frameBytes(Opcode.Text, 'early', { masked: true });
    const { connection, peer } = connectionWithRawPeer({ init: { head } });
    peer.text('later');
    expect([await connection.receive(), await connection.receive()]).to.deep.equal(['early', 'later']);
  });

  it('may come to a transport that was paused during the handshake', async () => {
    const { connection, transport } = connectionOverRecording();
    transport.push(frameBytes(Opcode.Text, 'x', { masked: true }));
    expect(await connection.receive()).to.equal('x');
  });
});

describe('WebSocketConnection: what it knows', () => {
  it('has the states as numbers, on the class and on every connection', () => {
    const { server } = createConnectionPair();
    const { CONNECTING, OPEN, CLOSING, CLOSED } = WebSocketConnection;
    expect([CONNECTING, OPEN, CLOSING, CLOSED]).to.deep.equal([0, 1, 2, 3]);
    expect([server.CONNECTING, server.OPEN, server.CLOSING, server.CLOSED]).to.deep.equal([0, 1, 2, 3]);
    expect(server.readyState).to.equal(server.OPEN);
  });

  it('tells the subprotocol, and an empty string without one', () => {
    const { server, client } = createConnectionPair({}, { server: { protocol: 'chat' } });
    expect(server.protocol).to.equal('chat');
    expect(client.protocol).to.equal('');
    expect(client.extensions).to.equal('');
  });

  it("keeps the application's own data", () => {
    const { server, client } = createConnectionPair();
    server.data.user = 'ada';
    expect(server.data).to.deep.equal({ user: 'ada' });
    expect(client.data).to.deep.equal({});
    client.data = { other: 1 };
    expect(client.data.other).to.equal(1);
  });

  it('joins and leaves rooms of the hub that it was given', () => {
    const calls: unknown[][] = [];
    const rooms = {
      join: (...args: unknown[]) => void calls.push(['join', ...args]),
      leave: (...args: unknown[]) => void calls.push(['leave', ...args]),
    };
    const { server, client } = createConnectionPair({}, { server: { rooms } });
    expect(server.join('a').leave('a')).to.equal(server);
    expect(calls).to.deep.equal([
      ['join', server, 'a'],
      ['leave', server, 'a'],
    ]);
    expect(() => client.join('a')).to.throw(InvalidStateError, /^join\(\) needs a hub/);
  });
});
