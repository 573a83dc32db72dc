import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { startChild } from '../../bench/children';
import { createRing, encodeRing, type MessageShape } from '../../bench/frames';
import { openWorkshop, type Workshop } from '../../bench/workshop';
import { WebSocketHandshake } from '../../src/protocol/handshake';
import { needGenerator } from '../support/bench-generator';

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

  async function echo(port: number, shape: MessageShape = text32): Promise<Record<string, number>> {
    const generator = startChild('The generator', [
      ...[workshop!.generator, 'echo', '--port', String(port), '--path', '/echo', '--server-pid', String(process.pid)],
      ...['--frames', workshop!.write('frames', encodeRing(shape, createRing(shape, 4)))],
      ...['--connections', '2', '--warmup', '10', '--duration', '100'],
    ]);
    try {
      return (await generator.nextLine(20_000)) as Record<string, number>;
    } finally {
      await generator.stop();
    }
  }

  async function complaintOf(attempt: Promise<unknown>): Promise<string> {
    return attempt.then(
      () => 'none',
      (error: Error) => error.message,
    );
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

  it('says so when the server closes or refuses', async () => {
    const port = await listen((socket) => socket.end());
    expect(await complaintOf(echo(port))).to.contain('The server closed the connection before it had answered');
    server.close();
    for (const socket of sockets) socket.destroy();
    expect(await complaintOf(echo(port))).to.contain(`Cannot connect to 127.0.0.1:${port}`);
  });
});
