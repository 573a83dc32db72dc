import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { startChild } from '../../bench/children';
import { openWorkshop, type Workshop } from '../../bench/workshop';
import { WebSocketHandshake } from '../../src/protocol/handshake';
import { needGenerator } from '../support/bench-generator';

const page = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

describe('bench generator, handshakes', function () {
  this.timeout(60_000);
  let workshop: Workshop | undefined;
  let server: Server;
  /** A test may have several, one behind the other. */
  const servers: Server[] = [];
  let sockets: Set<Socket>;
  let accepted: number;
  /** Connections whose client has not said goodbye, now and at most. */
  let open: number;
  let most: number;
  let errors: Error[];

  before(function () {
    this.timeout(600_000);
    needGenerator(this);
    workshop = openWorkshop();
  });
  after(() => workshop?.remove());
  beforeEach(() => {
    sockets = new Set();
    errors = [];
    accepted = 0;
    open = 0;
    most = 0;
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const each of servers.splice(0)) each.close();
  });

  /** A server that does `answer` with the request of each connection, and `leave` when its client has left. */
  async function listen(
    answer: (socket: Socket, request: Buffer) => void,
    leave: (socket: Socket) => unknown = (socket) => socket.end(),
  ): Promise<number> {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      accepted++;
      most = Math.max(most, ++open);
      sockets.add(socket);
      socket.on('error', (error) => errors.push(error));
      socket.on('close', () => sockets.delete(socket));
      socket.on('end', () => {
        open--;
        leave(socket);
      });
      socket.once('data', (request) => answer(socket, request));
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  function acceptAnybody(socket: Socket): void {
    socket.write(WebSocketHandshake.buildAcceptResponse('AAAAAAAAAAAAAAAAAAAAAA=='));
  }

  function accept(socket: Socket, request: Buffer): void {
    const { key } = WebSocketHandshake.parseUpgradeRequest(request);
    socket.write(WebSocketHandshake.buildAcceptResponse(key));
  }

  async function visit(port: number, ...more: string[]): Promise<Record<string, number>> {
    const generator = startChild('The generator', [
      ...[workshop!.generator, 'handshake', '--port', String(port), '--path', '/', '--server-pid', String(process.pid)],
      ...['--connections', '4', '--warmup', '10', '--duration', '100', ...more],
    ]);
    try {
      return (await generator.nextLine(20_000)) as Record<string, number>;
    } finally {
      await generator.stop();
    }
  }

  async function complaintAbout(answer: (socket: Socket, request: Buffer) => void, ...more: string[]): Promise<string> {
    return visit(await listen(answer), ...more).then(
      () => 'none',
      (error: Error) => error.message,
    );
  }

  it('opens a connection for each answer, as many at a time as asked for, and closes all of them in order', async () => {
    const report = await visit(await listen(accept));
    expect(report.messages).to.be.above(10);
    expect(report.perSecond).to.be.closeTo(report.messages! / report.seconds!, 0.1);
    // Those of the warm-up, and the last ones under way, are not counted.
    expect(accepted).to.be.above(report.messages!);
    expect(most).to.be.within(1, 4);
    while (sockets.size > 0) await delay(1);
    expect(errors).to.deep.equal([]);
  });

  it('lets a server say goodbye before it closes, as those do that send a close frame', async () => {
    const goodbye = (socket: Socket) => setImmediate(() => socket.end(Buffer.from([0x88, 0x00])));
    const report = await visit(await listen(accept, goodbye));
    expect(report.messages).to.be.above(10);
    while (sockets.size > 0) await delay(1);
    // A client that is gone answers with a reset.
    expect(errors).to.deep.equal([]);
  });

  it('reads answers however they are cut, and pages with their bodies', async () => {
    const requests = new Set<string>();
    const port = await listen(async (socket, request) => {
      requests.add(request.toString());
      for (const piece of [page.slice(0, 20), page.slice(20, -2), page.slice(-2)]) {
        socket.write(piece);
        await delay(1);
      }
    });
    const report = await visit(port, '--plain');
    expect(report.messages).to.be.above(10);
    expect([...requests]).to.deep.equal([`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`]);
    while (sockets.size > 0) await delay(1);
    expect(errors).to.deep.equal([]);
  });

  it('gives no figure for a server whose answers are wrong', async () => {
    expect(await complaintAbout(acceptAnybody)).to.contain('The server did not accept the handshake on /');
    expect(await complaintAbout((socket) => socket.write(page))).to.contain('did not accept the handshake');
    const greets = (socket: Socket, request: Buffer) => {
      socket.cork();
      accept(socket, request);
      socket.write('hello');
      socket.uncork();
    };
    expect(await complaintAbout(greets)).to.contain('The server sent bytes after its answer that nobody asked for');
  });

  it('gives no figure for pages that are none', async () => {
    const answering = (text: string) => complaintAbout((socket) => socket.write(text), '--plain');
    expect(await answering(page.replace('200', '404'))).to.contain('The server did not answer with a page');
    expect(await complaintAbout(acceptAnybody, '--plain')).to.contain('The server did not answer with a page');
    expect(await answering('HTTP/1.1 200 OK\r\n\r\n')).to.contain("The server's answer has no Content-Length");
    expect(await answering(`${page}!`)).to.contain('The server sent bytes after its answer that nobody asked for');
  });

  it('says so when the server closes instead of answering, or is not there', async () => {
    const closes = (socket: Socket) => socket.end();
    expect(await complaintAbout(closes)).to.contain('The server closed the connection before it had answered');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const nobody = await visit(port).then(
      () => 'none',
      (error: Error) => error.message,
    );
    expect(nobody).to.contain(`Cannot connect to 127.0.0.1:${port}`);
  });
});
