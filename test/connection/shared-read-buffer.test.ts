import { once } from 'node:events';
import type { Server } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { generate } from 'selfsigned';
import WebSocket from 'ws';
import { connect } from '../../src/client/connect';
import { readIntoSharedBuffer } from '../../src/connection/shared-read-buffer';
import { attachTransport, type TransportListener } from '../../src/connection/transport';
import { Opcode } from '../../src/protocol/opcode';
import { seededRandom } from '../protocol/support/chunks';
import { clientText, handshake, serverText } from '../support/raw-client';
import { frameBytes, RawPeer } from '../support/raw-peer';
import { iteration } from '../support/recording-transport';
import { connectionOver, countStreamReads, SocketPairs, socketKinds } from '../support/socket-pairs';
import { TestServers } from '../support/test-servers';

const transportOf = (connection: object) => (connection as { transport: Socket }).transport;

describe('readIntoSharedBuffer', () => {
  const pairs = new SocketPairs();
  let servers: TestServers;

  beforeEach(() => {
    servers = new TestServers();
  });

  afterEach(async () => {
    pairs.close();
    await servers.close();
  });

  function record() {
    const chunks: Array<{ memory: ArrayBufferLike; text: string }> = [];
    const log: string[] = [];
    const listener: TransportListener = {
      transportData: (chunk, length) => {
        chunks.push({ memory: chunk.buffer, text: chunk.toString('latin1', 0, length) });
        log.push('data');
      },
      transportDrain: () => {},
      transportEnd: () => log.push('end'),
      transportError: (error) => log.push(`error ${(error as NodeJS.ErrnoException).code}`),
      transportClose: () => log.push('close'),
    };
    return { listener, chunks, log };
  }

  for (const kind of socketKinds) {
    it(`lets all sockets read into the same memory, past their streams: ${kind}`, async () => {
      const memories = new Set<ArrayBufferLike>();
      for (let i = 0; i < 3; i++) {
        const { near, far } = await pairs.pair(kind);
        const { listener, chunks, log } = record();
        const stream = countStreamReads(near);
        attachTransport(near, listener);
        for (const text of ['one', 'two', 'three']) {
          far.write(text);
          while (chunks.at(-1)?.text !== text) await iteration();
        }
        far.end();
        while (!log.includes('end')) await iteration();
        for (const { memory } of chunks) memories.add(memory);
        // The one is the end, which is no bytes.
        expect(stream.reads).to.equal(0);
        expect(log).to.deep.equal(['data', 'data', 'data', 'end']);
      }
      expect(memories.size).to.equal(1);
    });
  }

  it('tells of a reset as ever, and of the close behind it', async () => {
    const { near, far } = await pairs.pair();
    const { listener, log } = record();
    attachTransport(near, listener);
    far.write('a');
    while (log.length === 0) await iteration();
    far.resetAndDestroy();
    while (!log.includes('close')) await iteration();
    expect(log).to.deep.equal(['data', 'error ECONNRESET', 'close']);
  });

  it('tells of an end behind the last bytes, though there is a pause between', async () => {
    const { near, far } = await pairs.pair();
    const { listener, log } = record();
    attachTransport(near, listener);
    near.pause();
    far.end('last');
    for (let i = 0; i < 20; i++) await iteration();
    expect(log).to.deep.equal([]);
    near.resume();
    while (!log.includes('end')) await iteration();
    near.destroy();
    while (!log.includes('close')) await iteration();
    expect(log).to.deep.equal(['data', 'end', 'close']);
  });

  it("leaves the bytes to whoever listens for 'data' already", async () => {
    const { near, far } = await pairs.pair();
    const { listener, chunks } = record();
    const heard: string[] = [];
    near.on('data', (chunk) => heard.push(String(chunk)));
    attachTransport(near, listener);
    for (const text of ['one', 'two', 'three']) {
      far.write(text);
      while (chunks.at(-1)?.text !== text) await iteration();
    }
    expect(heard).to.deep.equal(['one', 'two', 'three']);
    expect(chunks.map(({ text }) => text)).to.deep.equal(heard);
  });

  it('is not for what is no socket of the system', async () => {
    expect(readIntoSharedBuffer(new PassThrough(), () => true)).to.equal(false);
    const { near } = await pairs.pair();
    near.destroy();
    await once(near, 'close');
    expect(readIntoSharedBuffer(near, () => true)).to.equal(false);
  });

  const messages = ['a', 'é€', 'b'.repeat(1000), 'c'.repeat(300_000)];

  it('is used by connections of an HTTP server, and of connect()', async () => {
    const { port, server } = await servers.server();
    const accepted: Array<{ reads: number }> = [];
    server.on('connection', (socket) => accepted.push(countStreamReads(socket)));
    const connection = await connect(`ws://127.0.0.1:${port}/`);
    const own = countStreamReads(transportOf(connection));
    const peer = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(peer, 'open');
    for (const message of messages) {
      connection.send(message);
      expect((await connection.receive()) === message).to.equal(true);
      peer.send(message);
      expect(String((await once(peer, 'message'))[0]) === message).to.equal(true);
    }
    peer.terminate();
    connection.terminate();
    expect(own.reads).to.equal(0);
    expect(accepted).to.deep.equal([{ reads: 0 }, { reads: 0 }]);
  });

  it('is not used by TLS, which works as ever', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const { port, server } = await servers.server({}, https.createServer({ key, cert }) as unknown as Server);
    const accepted: TLSSocket[] = [];
    server.on('secureConnection', (socket) => accepted.push(socket));
    const peer = new WebSocket(`wss://127.0.0.1:${port}/`, { rejectUnauthorized: false });
    await once(peer, 'open');
    const stream = countStreamReads(accepted[0]!);
    for (const message of messages) {
      peer.send(message);
      expect(String((await once(peer, 'message'))[0]) === message).to.equal(true);
    }
    expect(stream.reads).to.be.at.least(messages.length);
    peer.terminate();
  });

  it('takes what comes right behind the handshake, first and once', async () => {
    const { port } = await servers.server();
    const client = await servers.client(port);
    const all = Array.from({ length: 5000 }, (_, i) => `message ${i}`);
    client.send(Buffer.concat([Buffer.from(handshake('/')), ...all.map(clientText)]));
    const wanted = Buffer.concat(all.map(serverText));
    const frames = (bytes: Buffer) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
    const received = await client.until((bytes) => frames(bytes).length >= wanted.length);
    expect(frames(received).equals(wanted)).to.equal(true);
  });

  describe('where the socket has read before', () => {
    const count = 200_000;
    const input = Buffer.concat(Array.from({ length: count }, (_, i) => clientText(String(i))));
    const acts: Array<[string, (connection: ReturnType<typeof connectionOver>, round: number) => void]> = [
      ['is paused at once', (connection, round) => round === 0 && connection.pause()],
      [
        'is paused, resumed and paused at once',
        (connection, round) => {
          if (round > 0) return;
          connection.pause();
          connection.resume();
          connection.pause();
        },
      ],
      [
        'is resumed and paused again and again',
        (connection) => {
          connection.pause();
          connection.resume();
          connection.pause();
        },
      ],
    ];
    for (const early of [0, 10, 20_000, 200_000]) {
      for (const [name, act] of acts) {
        it(`${early} bytes, and ${name}: it stops reading, and every message comes in order`, async () => {
          const { near, far } = await pairs.pair();
          far.write(input.subarray(0, early));
          while (near.readableLength < Math.min(early, near.readableHighWaterMark)) await iteration();
          const connection = connectionOver(near);
          let next = 0;
          let wrong = 0;
          connection.on('message', (data) => {
            if (data !== String(next++)) wrong++;
          });
          far.write(input.subarray(early));
          for (let round = 0; round < 100; round++) {
            act(connection, round);
            await iteration();
          }
          // As much as a stream holds, and one read more.
          expect(near.bytesRead).to.be.at.most(early + near.readableHighWaterMark + 64 * 1024);
          expect(next).to.equal(0);
          connection.resume();
          while (next < count && wrong === 0) await iteration();
          expect({ next, wrong }).to.deep.equal({ next: count, wrong: 0 });
        });
      }
    }
  });

  it('stops reading where it is paused in the midst of what the stream tells', async () => {
    const frames = Buffer.concat(Array.from({ length: 10_000 }, () => clientText('x'.repeat(100))));
    const taken = await pairs.pair();
    taken.near.once('data', () => connectionOver(taken.near).pause());
    const resumed = await pairs.pair();
    resumed.near.pause();
    const connection = connectionOver(resumed.near);
    connection.on('message', () => connection.pause());
    resumed.near.resume();
    for (const { near, far } of [taken, resumed]) {
      far.write(clientText('first'));
      while (near.bytesRead === 0) await iteration();
      const before = near.bytesRead;
      far.write(frames);
      for (let i = 0; i < 50; i++) await iteration();
      expect(near.bytesRead).to.equal(before);
    }
  });

  it('receive() that is slow slows the peer, and gets every message', async () => {
    const { connection, near, far } = await pairs.connection();
    const count = 40_000;
    far.write(Buffer.concat(Array.from({ length: count }, (_, i) => clientText(`${i} ${'x'.repeat(100)}`))));
    for (let i = 0; i < count; i++) {
      const message = (await connection.receive()) as string;
      if (!message.startsWith(`${i} `)) expect.fail(`${message} in place of ${i}`);
      if (i % 10_000 !== 0) continue;
      for (let turns = 0; turns < 50; turns++) await iteration();
      // What the inbox holds, what the decoder does, and what comes with one read more.
      expect(near.bytesRead).to.be.below((i + 1) * 113 + 1024 * 1024);
    }
  });

  it('what a handler keeps stays as it was, thousands of reads later', async () => {
    const { connection, far } = await pairs.connection({ maxMessageSize: 1024 * 1024 });
    const kept: Array<string | Buffer> = [];
    let later = 0;
    connection.on('message', (data) => {
      if (kept.length < 300) kept.push(data);
      else later++;
    });
    const pings: Buffer[] = [];
    connection.on('ping', (payload: Buffer) => pings.push(payload));
    const mask = { masked: true };
    const sent: Array<string | Buffer> = [];
    const frames: Buffer[] = [];
    for (let i = 0; i < 100; i++) {
      sent.push(`short ${i}`, Buffer.from(`binary ${i}`), `é ${i} ${'x'.repeat(i * 20)}`);
      frames.push(frameBytes(Opcode.Text, sent.at(-3) as string, mask));
      frames.push(frameBytes(Opcode.Binary, sent.at(-2) as Buffer, mask));
      frames.push(frameBytes(Opcode.Ping, `ping ${i}`, mask));
      frames.push(frameBytes(Opcode.Text, sent.at(-1) as string, mask));
    }
    far.write(Buffer.concat(frames));
    far.resume();
    const noise = frameBytes(Opcode.Binary, Buffer.alloc(3000, 0xff), mask);
    for (let i = 1; i <= 2000; i++) {
      far.write(noise);
      if (i % 4 === 0) while (later < i) await iteration();
    }
    expect(kept).to.deep.equal(sent);
    expect(pings.map(String)).to.deep.equal(Array.from({ length: 100 }, (_, i) => `ping ${i}`));
  });

  it('no connection ever sees a byte of another, whatever comes at once', async () => {
    const random = seededRandom(271_828);
    const ends = await Promise.all(
      Array.from({ length: 30 }, (_, who) => pairs.connection({}, socketKinds[who % 2 ? 1 : 0]!)),
    );
    const work = ends.map(async ({ connection, far }, who) => {
      const sent: Array<string | Buffer> = [];
      const frames = Array.from({ length: 120 }, (_, i) => {
        const size = random(6) === 0 ? random(40_000) : random(200);
        const text = `${who}/${i} `.padEnd(size, random(3) === 0 ? `${who}é` : `${who}.`);
        const isText = random(3) !== 0;
        sent.push(isText ? text : Buffer.from(text));
        return frameBytes(isText ? Opcode.Text : Opcode.Binary, text, { masked: true });
      });
      const input = Buffer.concat(frames);
      const peer = new RawPeer(far);
      for (let at = 0; at < input.length; ) {
        const next = at + 1 + random(30_000);
        peer.write(input.subarray(at, next));
        at = next;
        if (random(3) === 0) await iteration();
      }
      for (const wanted of sent) {
        const message = (await connection.receive())!;
        if (typeof message !== typeof wanted || !Buffer.from(message as string).equals(Buffer.from(wanted as string))) {
          expect.fail(`connection ${who}: ${message.length} bytes in place of ${wanted.length}`);
        }
        connection.send(message);
      }
      await peer.until(() => peer.frames.length === sent.length);
      peer.frames.forEach(({ payload }, i) => {
        if (!payload.equals(Buffer.from(sent[i] as string))) expect.fail(`echo ${i} of connection ${who}`);
      });
    });
    await Promise.all(work);
  });

  it('a handler that closes or cuts in the middle of a read harms nobody else', async () => {
    const texts = Buffer.concat(['a', 'b', 'c'].map(clientText));
    const quiet = await pairs.connection();
    const echoes: unknown[] = [];
    quiet.connection.on('message', (data) => echoes.push(data));
    const reported: unknown[] = [];
    const acts: Array<(connection: typeof quiet.connection) => void> = [
      (connection) => connection.close(1000),
      (connection) => connection.terminate(),
      (connection) => transportOf(connection).destroy(),
      (connection) => transportOf(connection).destroy(new Error('mine')),
    ];
    for (const act of acts) {
      const { connection, far } = await pairs.connection();
      const peer = new RawPeer(far);
      const messages: unknown[] = [];
      connection.on('error', (error) => reported.push((error as Error).message));
      connection.on('message', (data) => {
        messages.push(data);
        connection.send('before');
        if (data === 'b') act(connection);
        connection.send('behind');
      });
      peer.write(texts);
      await peer.until(() => peer.closed || peer.frames.some((frame) => frame.opcode === Opcode.Close));
      peer.close(1000);
      await connection.closed;
      expect(messages.slice(0, 2)).to.deep.equal(['a', 'b']);
      quiet.far.write(texts);
    }
    while (echoes.length < acts.length * 3) await iteration();
    expect(echoes.join('')).to.equal('abc'.repeat(acts.length));
    expect(reported).to.deep.equal(['mine']);
  });

  it('a handler that throws in the middle of a read fails its connection, and hears no more', async () => {
    const { near, far } = await pairs.pair();
    const thrown: unknown[] = [];
    const connection = connectionOver(near, {}, (error) => thrown.push((error as Error).message));
    const messages: unknown[] = [];
    connection.on('message', (data) => {
      messages.push(data);
      connection.send(`re: ${data}`);
      if (data === 'b') throw new Error('mine');
    });
    const peer = new RawPeer(far);
    peer.text('a', 'b', 'c');
    expect(await peer.closeFrame()).to.deep.equal({ code: 1011, reason: '' });
    peer.close(1011);
    await connection.closed;
    expect(messages).to.deep.equal(['a', 'b']);
    expect(thrown).to.deep.equal(['mine']);
    expect(peer.frames.slice(0, -1).map(({ payload }) => String(payload))).to.deep.equal(['re: a', 're: b']);
  });

  it('a handler that pauses in the middle of a read, each time for a while, gets everything in order', async () => {
    const { connection, far } = await pairs.connection();
    const count = 3000;
    const received: string[] = [];
    const sizes = Array.from({ length: count }, (_, i) => (i * 37) % (i % 50 === 0 ? 20_000 : 130));
    const sent = sizes.map((size, i) => `${i} `.padEnd(size, i % 9 === 0 ? 'é' : 'x'));
    connection.on('message', (data) => {
      received.push(data as string);
      expect(connection.isPaused).to.equal(false);
      if (received.length % 7 !== 0) return;
      connection.pause();
      setImmediate(() => connection.resume());
    });
    const peer = new RawPeer(far);
    peer.text(...sent);
    while (received.length < count) await iteration();
    expect(received).to.deep.equal(sent);
  });
});
