import { once } from 'node:events';
import type { Server } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { generate } from 'selfsigned';
import WebSocket from 'ws';
import { connect } from '../../src/client/connect';
import { isPlainSocket } from '../../src/connection/plain-socket';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { Opcode } from '../../src/protocol/opcode';
import { seededRandom } from '../protocol/support/chunks';
import { RawPeer } from '../support/raw-peer';
import { iteration } from '../support/recording-transport';
import { countStreamWrites, SocketPairs, socketKinds } from '../support/socket-pairs';
import { TestServers } from '../support/test-servers';

const transportOf = (connection: object) => (connection as { transport: Socket }).transport;

/** Its maximum is never reached: what waits in a test is what the test makes wait. */
const patient = { maxBufferedAmount: 64 * 1024 * 1024, closeTimeout: 5000 };

describe('WriteQueue, past the stream of a socket', () => {
  const pairs = new SocketPairs();
  let servers: TestServers;

  beforeEach(() => {
    servers = new TestServers();
  });

  afterEach(async () => {
    pairs.close();
    await servers.close();
  });

  /** Sends until the system takes no more, and bytes wait that were written past the stream. Returns what was sent. */
  async function fill(connection: WebSocketConnection): Promise<string[]> {
    const sent: string[] = [];
    const transport = transportOf(connection);
    while (connection.bufferedAmount === 0) {
      const message = `${sent.length} `.padEnd(20_000, 'x');
      sent.push(message);
      connection.send(message);
      await iteration();
    }
    expect(transport.writableLength, 'what waits in the stream').to.equal(0);
    return sent;
  }

  async function received(peer: RawPeer, count: number): Promise<string[]> {
    await peer.until(() => peer.frames.length >= count);
    return peer.frames.map((frame) => frame.payload.toString());
  }

  for (const kind of socketKinds) {
    it(`is what connections write by: ${kind}`, async () => {
      const { connection, near, far } = await pairs.connection({}, kind);
      const stream = countStreamWrites(near);
      const peer = new RawPeer(far);
      const sent = ['a', 'é€', 'b'.repeat(1000), 'c'.repeat(20_000)];
      for (const message of sent) {
        connection.send(message);
        await iteration();
      }
      connection.send(Buffer.from('binary'));
      void connection.ping('ping').catch(() => {});
      expect(await received(peer, 6)).to.deep.equal([...sent, 'binary', 'ping']);
      expect(stream.writes).to.equal(0);
    });

    it(`a peer that reads late gets every byte in order, and callbacks and drain come: ${kind}`, async () => {
      const { connection, near, far } = await pairs.connection(patient, kind);
      const random = seededRandom(161_803);
      const sent: Array<string | Buffer> = await fill(connection);
      const log: number[] = [];
      let drains = 0;
      connection.on('drain', () => drains++);
      let refused = 0;
      for (let i = 0; i < 300; i++) {
        const size = random(5) === 0 ? random(60_000) : random(300);
        const text = `${sent.length} `.padEnd(size, 'é');
        const message = random(3) === 0 ? Buffer.from(text) : text;
        sent.push(message);
        if (!connection.send(message, () => log.push(i))) refused++;
        if (random(3) === 0) await iteration();
      }
      expect(log).to.deep.equal([]);
      expect(refused).to.be.above(0);
      expect(connection.bufferedAmount).to.be.above(64 * 1024);
      const peer = new RawPeer(far);
      const drained = connection.drained();
      await received(peer, sent.length);
      await drained;
      while (connection.bufferedAmount > 0 || log.length < 300) await iteration();
      expect(log).to.deep.equal(Array.from({ length: 300 }, (_, i) => i));
      expect(drains).to.equal(1);
      peer.frames.forEach(({ payload }, i) => {
        if (!payload.equals(Buffer.from(sent[i] as string))) expect.fail(`message ${i} is not what was sent`);
      });
      // And it is written past the stream again.
      const stream = countStreamWrites(near);
      connection.send('again');
      await received(peer, sent.length + 1);
      expect(stream.writes).to.equal(0);
    });

    it(`tells who waits behind bytes that wait, though there is nothing more to write: ${kind}`, async () => {
      const { connection, far } = await pairs.connection(patient, kind);
      const sent = await fill(connection);
      let told = 0;
      const drained = connection.drained().then(() => told++);
      const pinged = new Promise<void>((resolve) => {
        connection.ping('p', undefined, () => resolve()).catch(() => {});
      }).then(() => told++);
      for (let i = 0; i < 20; i++) await iteration();
      // What waits may be less than the low watermark, and then nobody has to wait for it.
      const early = told;
      expect(early).to.be.at.most(1);
      const peer = new RawPeer(far);
      await Promise.all([drained, pinged]);
      expect(await received(peer, sent.length + 1)).to.deep.equal([...sent, 'p']);
    });

    it(`the close frame comes last, and then the end: ${kind}`, async () => {
      const { connection, far } = await pairs.connection(patient, kind);
      const sent = await fill(connection);
      connection.send('last');
      connection.close(1000, 'bye');
      connection.send('never');
      const peer = new RawPeer(far);
      expect(await peer.closeFrame()).to.deep.equal({ code: 1000, reason: 'bye' });
      const last = peer.frames.pop()!;
      expect(last.opcode).to.equal(Opcode.Close);
      expect(await received(peer, sent.length + 1)).to.deep.equal([...sent, 'last']);
      peer.close(1000);
      await peer.until(() => peer.ended);
      expect(await connection.closed).to.include({ code: 1000, cause: null });
      expect(connection.bufferedAmount).to.equal(0);
    });

    it(`waits with the end for bytes that wait, when the peer closes first: ${kind}`, async () => {
      const { connection, far } = await pairs.connection(patient, kind);
      const sent = await fill(connection);
      connection.send('last');
      far.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
      while (connection.readyState === connection.OPEN) await iteration();
      const peer = new RawPeer(far);
      await peer.until(() => peer.ended);
      expect(peer.frames.pop()!.opcode).to.equal(Opcode.Close);
      expect(peer.frames.map((frame) => frame.payload.toString())).to.deep.equal([...sent, 'last']);
      expect(peer.unfinished).to.have.length(0);
      expect(await connection.closed).to.include({ code: 1005, initiator: 'remote', cause: null });
    });

    it(`also when it only ends its half: ${kind}`, async () => {
      const { connection, far } = await pairs.connection(patient, kind);
      const sent = await fill(connection);
      far.end();
      while (connection.readyState === connection.OPEN) await iteration();
      const peer = new RawPeer(far);
      await peer.until(() => peer.ended);
      expect(await received(peer, sent.length)).to.deep.equal(sent);
      expect(await connection.closed).to.include({ code: 1006, initiator: 'remote' });
    });

    it(`forgets what waits when it is cut: ${kind}`, async () => {
      const { connection, far } = await pairs.connection(patient, kind);
      await fill(connection);
      const errors: unknown[] = [];
      connection.send('waits', (error) => errors.push(error?.name));
      connection.terminate();
      expect(await connection.closed).to.include({ code: 1006, initiator: 'local', cause: null });
      await iteration();
      expect(errors).to.deep.equal(['ConnectionClosedError']);
      expect(connection.bufferedAmount).to.equal(0);
      far.destroy();
    });
  }

  it('a reset while bytes wait closes with 1006, once, and forgets them', async () => {
    const { connection, far } = await pairs.connection(patient);
    await fill(connection);
    const errors: unknown[] = [];
    const log: string[] = [];
    connection.on('error', (error) => log.push((error as NodeJS.ErrnoException).code!));
    connection.on('close', (code) => log.push(String(code)));
    connection.send('waits', (error) => errors.push(error?.name));
    far.resetAndDestroy();
    expect(await connection.closed).to.include({ code: 1006, initiator: 'remote' });
    for (let i = 0; i < 5; i++) await iteration();
    expect(log).to.have.length(2);
    expect(log[0]).to.be.oneOf(['ECONNRESET', 'EPIPE']);
    expect(log[1]).to.equal('1006');
    expect(errors).to.have.length(1);
    expect(connection.bufferedAmount).to.equal(0);
  });

  it('what the system refuses is an error of the socket, and nothing is sent twice', async () => {
    const { connection, near, far } = await pairs.connection();
    const peer = new RawPeer(far);
    connection.send('before');
    await peer.frame(0);
    const handle = (near as unknown as { _handle: { writeBuffer: () => number } })._handle;
    let attempts = 0;
    handle.writeBuffer = () => {
      attempts++;
      return -32;
    };
    connection.on('error', () => {});
    connection.send('refused');
    const closure = await connection.closed;
    expect(closure).to.include({ code: 1006 });
    expect(closure.cause).to.have.property('code', 'EPIPE');
    expect(attempts).to.equal(1);
    expect(peer.frames.map((frame) => frame.payload.toString())).to.deep.equal(['before']);
  });

  it('a handler that sends again from inside of a callback keeps the order', async () => {
    const { connection, far } = await pairs.connection(patient);
    const sent = await fill(connection);
    let left = 50;
    const again = () => {
      if (left-- === 0) return;
      sent.push(`again ${left}`, `and ${left}`);
      connection.send(`again ${left}`, again);
      connection.send(`and ${left}`);
    };
    sent.push('first');
    connection.send('first', again);
    const peer = new RawPeer(far);
    while (left >= 0) await iteration();
    expect(await received(peer, sent.length)).to.deep.equal(sent);
  });

  it('many connections at once, some of them slow, get their own bytes and no other', async () => {
    const random = seededRandom(57_721);
    const ends = await Promise.all(
      Array.from({ length: 24 }, (_, i) => pairs.connection(patient, socketKinds[i % 2 ? 1 : 0]!)),
    );
    const sent = ends.map((): string[] => []);
    for (let round = 0; round < 400; round++) {
      ends.forEach(({ connection }, who) => {
        for (let n = random(4); n > 0; n--) {
          const size = random(10) === 0 ? random(30_000) : random(160);
          const message = `${who}/${sent[who]!.length} `.padEnd(size, `${who}é`);
          sent[who]!.push(message);
          connection.send(message);
        }
      });
      if (round % 3 === 0) await iteration();
      // A third of them read from the beginning on, the others later or last.
      if (round === 0) for (const { far } of ends.slice(0, 8)) readLater(far);
      if (round === 200) for (const { far } of ends.slice(8, 16)) readLater(far);
    }
    for (const { far } of ends.slice(16)) readLater(far);
    for (const [who, { far }] of ends.entries()) {
      const got = await received(peers.get(far)!, sent[who]!.length);
      if (got.join('|') !== sent[who]!.join('|')) expect.fail(`connection ${who} got something else`);
      while (ends[who]!.connection.bufferedAmount > 0) await iteration();
    }
  });

  const peers = new WeakMap<Socket, RawPeer>();
  function readLater(far: Socket): void {
    peers.set(far, new RawPeer(far));
  }

  it('is what connections of an HTTP server and of connect() write by', async () => {
    const { port, server } = await servers.server();
    const accepted: Socket[] = [];
    server.on('connection', (socket) => accepted.push(socket));
    const connection = await connect(`ws://127.0.0.1:${port}/`);
    const peer = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(peer, 'open');
    const streams = [transportOf(connection), ...accepted].map(countStreamWrites);
    for (const message of ['a', 'é€', 'b'.repeat(1000), 'c'.repeat(20_000)]) {
      connection.send(message);
      expect(await connection.receive()).to.equal(message);
      peer.send(message);
      expect(String((await once(peer, 'message'))[0])).to.equal(message);
    }
    expect(streams).to.deep.equal([{ writes: 0 }, { writes: 0 }, { writes: 0 }]);
    peer.terminate();
    connection.terminate();
  });

  it('is not what TLS writes by, which works as ever', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const { port, server } = await servers.server({}, https.createServer({ key, cert }) as unknown as Server);
    const accepted: Socket[] = [];
    server.on('secureConnection', (socket) => accepted.push(socket));
    const peer = new WebSocket(`wss://127.0.0.1:${port}/`, { rejectUnauthorized: false });
    await once(peer, 'open');
    expect(isPlainSocket(accepted[0])).to.equal(false);
    const stream = countStreamWrites(accepted[0]!);
    peer.send('a');
    expect(String((await once(peer, 'message'))[0])).to.equal('a');
    expect(stream.writes).to.equal(1);
    peer.terminate();
  });

  it('is only for sockets of the system', async () => {
    expect(isPlainSocket(new PassThrough())).to.equal(false);
    const { near } = await pairs.pair();
    expect(isPlainSocket(near)).to.equal(true);
  });

  it('keeps a socket from being idle, as writing to it does', async () => {
    const { connection, near, far } = await pairs.connection();
    far.resume();
    let timeouts = 0;
    near.setTimeout(400, () => timeouts++);
    const end = Date.now() + 1200;
    while (Date.now() < end) {
      connection.send('tick');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(timeouts).to.equal(0);
  });
});
