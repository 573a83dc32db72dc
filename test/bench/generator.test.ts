import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { createRing, encodeRing, type MessageShape } from '../../bench/frames';
import { openWorkshop, type Workshop } from '../../bench/workshop';
import { WebSocketHandshake } from '../../src/protocol/handshake';
import { complaintOf, type Flags, needGenerator, type Report, runGenerator } from '../support/bench-generator';

const text32: MessageShape = { type: 'text', size: 32 };

describe('bench generator', function () {
  this.timeout(60_000);
  let workshop: Workshop | undefined;
  let server: Server;
  let sockets: Set<Socket>;

  before(function () {
    this.timeout(600_000);
    needGenerator(this);
    workshop = openWorkshop();
  });
  after(() => workshop?.remove());
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  /** A server that accepts everybody and does `answer` with what comes afterwards. */
  async function listen(answer: (socket: Socket, chunk: Buffer) => void): Promise<number> {
    sockets = new Set();
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('data', (head) => {
        const { key } = WebSocketHandshake.parseUpgradeRequest(head)!;
        socket.write(WebSocketHandshake.buildAcceptResponse(key));
        socket.on('data', (chunk) => answer(socket, chunk));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function echo(port: number, shape: MessageShape = text32, flags: Flags = {}): Promise<Report> {
    const frames = workshop!.write('frames', encodeRing(shape, createRing(shape, 4)));
    return runGenerator(workshop!, 'echo', { port, frames, path: '/echo', ...flags });
  }

  it('counts what comes back, however it is cut', async () => {
    const port = await listen((socket, chunk) => {
      for (let at = 0; at < chunk.length; at += 7) socket.write(chunk.subarray(at, at + 7));
    });
    const report = await echo(port);
    expect(report.messages).to.be.above(10);
    expect(report.perSecond).to.be.closeTo(report.messages! / report.seconds!, 0.1);
  });

  it('gives no figure for a server whose first answers are wrong', async () => {
    const port = await listen((socket, chunk) => {
      chunk[10]! ^= 1;
      socket.write(chunk);
    });
    expect(await complaintOf(echo(port))).to.contain('The server answered message 1 with other bytes');
  });

  it('gives no figure for a server that goes wrong later', async () => {
    let answered = 0;
    const port = await listen((socket, chunk) => {
      answered += chunk.length;
      if (answered > 10_000) chunk[chunk.length - 1]! ^= 1;
      socket.write(chunk);
    });
    expect(await complaintOf(echo(port))).to.contain('The server sent a message with other bytes');
  });

  it('gives no figure for a server that answers a message twice', async () => {
    let turns = 0;
    const frames = workshop!.write('single', encodeRing(text32, createRing(text32, 1)));
    const port = await listen((socket, chunk) => socket.write(++turns > 10 ? Buffer.concat([chunk, chunk]) : chunk));
    expect(await complaintOf(echo(port, text32, { frames }))).to.contain('The server answered a message twice');
  });

  it('carries messages that are larger than what it keeps twice in memory, and several of them', async () => {
    const port = await listen((socket, chunk) => socket.write(chunk));
    const report = await echo(port, { type: 'binary', size: 700_000 }, { 'in-flight': 3 });
    expect(report.messages).to.be.above(3);
    expect(report.meanPayload).to.equal(700_000);
  });

  it('compares the beginning of every large message', async () => {
    const size = 700_000;
    const frameSize = 14 + size;
    let received = 0;
    const port = await listen((socket, chunk) => {
      const before = received;
      received += chunk.length;
      // The first byte of the fifth and last message, on the connection that has it: the clock runs, or all is said.
      const spoiled = frameSize * 20 + 20;
      if (before <= spoiled && received > spoiled) chunk[spoiled - before]! ^= 1;
      socket.write(chunk);
    });
    const attempt = echo(port, { type: 'binary', size }, { connections: 1, 'in-flight': 1, duration: 2_000 });
    expect(await complaintOf(attempt)).to.contain('The server sent a message with other bytes');
  });

  describe('on a timetable', () => {
    it('goes on sending while nothing is answered, and counts from when a message was due', async () => {
      // Answered every 50 ms only: with 4 in flight on 2 connections, who waits for answers gets no more than 160 a second.
      const held = new Map<Socket, Buffer[]>();
      const timer = setInterval(() => {
        for (const [socket, chunks] of held) socket.write(Buffer.concat(chunks.splice(0)));
      }, 50);
      try {
        const port = await listen((socket, chunk) => {
          held.set(socket, [...(held.get(socket) ?? []), chunk]);
        });
        const report = await echo(port, text32, { rate: 2_000 });
        expect(report.perSecond).to.be.within(1_000, 3_000);
        expect(report.latency.p50, 'µs, about half of what they are held').to.be.above(10_000);
      } finally {
        clearInterval(timer);
      }
    });

    it('gives no figure for a server that answers a message twice', async () => {
      let turns = 0;
      const frames = workshop!.write('single', encodeRing(text32, createRing(text32, 1)));
      const port = await listen((socket, chunk) => socket.write(++turns > 10 ? Buffer.concat([chunk, chunk]) : chunk));
      const attempt = echo(port, text32, { frames, rate: 1_000 });
      expect(await complaintOf(attempt)).to.contain('The server answered a message twice');
    });

    it('refuses a rate of nothing', async () => {
      const port = await listen((socket, chunk) => socket.write(chunk));
      expect(await complaintOf(echo(port, text32, { rate: 0 }))).to.contain('0 messages a second');
    });
  });

  it('says so when the server closes or refuses', async () => {
    const port = await listen((socket) => socket.end());
    expect(await complaintOf(echo(port))).to.contain('The server closed the connection before it had answered');
    server.close();
    for (const socket of sockets) socket.destroy();
    expect(await complaintOf(echo(port))).to.contain(`Cannot connect to 127.0.0.1:${port}`);
  });
});
