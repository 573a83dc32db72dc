import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import WebSocket, { WebSocketServer } from 'ws';
import { type ConnectionOptions, resolveConnectionOptions } from '../../../src/connection/options';
import { WebSocketConnection } from '../../../src/connection/websocket-connection';
import { createKey, verifyUpgradeResponse } from '../../../src/protocol/client-handshake';
import { ProtocolError } from '../../../src/protocol/errors';
import { WebSocketHandshake } from '../../../src/protocol/handshake';
import { parseHead } from '../../../src/protocol/http-head';
import { Opcode } from '../../../src/protocol/opcode';
import { handshake } from '../../support/raw-client';
import { RawPeer } from '../../support/raw-peer';
import { iteration } from '../../support/recording-transport';

const resolve = (options: Partial<ConnectionOptions>) =>
  resolveConnectionOptions('test()', { pingInterval: false, ...options });

/** The bytes up to the blank line, and what is behind it. */
async function readHead(socket: Socket): Promise<{ head: Buffer; rest: Buffer }> {
  let bytes = Buffer.alloc(0);
  while (!bytes.includes('\r\n\r\n')) {
    await once(socket, 'readable');
    bytes = Buffer.concat([bytes, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
  }
  const end = bytes.indexOf('\r\n\r\n') + 4;
  return { head: bytes.subarray(0, end), rest: bytes.subarray(end) };
}

describe('WebSocketConnection over TCP', () => {
  const closers: Array<() => void> = [];

  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  /** Listens, and gives the address with the next socket that somebody opens. */
  async function listen(): Promise<{ port: number; socket: Promise<Socket> }> {
    // As the sockets of HTTP servers are.
    const server = net.createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = once(server, 'connection').then(([accepted]) => {
      closers.push(() => (accepted as Socket).destroy());
      return accepted as Socket;
    });
    closers.push(() => server.close());
    return { port: (server.address() as AddressInfo).port, socket };
  }

  /** Our server's end, and the client of `ws`. */
  async function withWsClient(options: Partial<ConnectionOptions> = {}) {
    const { port, socket } = await listen();
    const peer = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    closers.push(() => peer.terminate());
    peer.on('error', () => {});
    const transport = await socket;
    const { head, rest } = await readHead(transport);
    const request = WebSocketHandshake.parseUpgradeRequest(head)!;
    transport.write(WebSocketHandshake.buildAcceptResponse(request.key));
    const connection = new WebSocketConnection(transport, { role: 'server', options: resolve(options), head: rest });
    await once(peer, 'open');
    return { connection, peer, transport };
  }

  /** Our client's end, and the server of `ws`. */
  async function withWsServer(options: Partial<ConnectionOptions> = {}) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    closers.push(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    const connected = once(server, 'connection') as Promise<[WebSocket]>;
    const { port } = server.address() as AddressInfo;
    const transport = net.connect(port, '127.0.0.1');
    closers.push(() => transport.destroy());
    const key = createKey();
    transport.write(handshake('/', { 'Sec-WebSocket-Key': key }));
    const { head, rest } = await readHead(transport);
    const { startLine, headers } = parseHead(head) as never as { startLine: string; headers: Record<string, string> };
    verifyUpgradeResponse({ status: Number(startLine.split(' ')[1]), headers }, { key });
    const connection = new WebSocketConnection(transport, { role: 'client', options: resolve(options), head: rest });
    const [peer] = await connected;
    peer.on('error', () => {});
    return { connection, peer, transport };
  }

  for (const [name, connect] of [
    ["our server's end with the client of ws", withWsClient],
    ["our client's end with the server of ws", withWsServer],
  ] as const) {
    describe(name, () => {
      for (const size of [0, 1, 125, 126, 4096, 65_535, 65_536, 1_000_000]) {
        it(`echoes ${size} bytes both ways, text and binary`, async () => {
          const { connection, peer } = await connect();
          connection.on('message', (data) => connection.send(data));
          const text = 'é'.repeat(size / 2) + 'x'.repeat(size % 2);
          peer.send(text);
          const [echo, isBinary] = await once(peer, 'message');
          expect(String(echo) === text).to.equal(true);
          expect(isBinary).to.equal(false);
          const bytes = Buffer.alloc(size, 'switchboard');
          peer.send(bytes);
          const [binary, kind] = await once(peer, 'message');
          expect((binary as Buffer).equals(bytes)).to.equal(true);
          expect(kind).to.equal(true);
        });
      }

      it('keeps the order of thousands of messages of all sizes', async () => {
        const { connection, peer } = await connect();
        connection.on('message', (data) => connection.send(data));
        const sent = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat((i * 37) % 500)}`);
        const received: string[] = [];
        const done = new Promise<void>((all) => {
          peer.on('message', (data) => received.push(String(data)) === sent.length && all());
        });
        for (const message of sent) peer.send(message);
        await done;
        expect(received).to.deep.equal(sent);
      });

      it('takes fragments, and sends them', async () => {
        const { connection, peer } = await connect();
        peer.send('gr', { fin: false });
        peer.ping('in between');
        peer.send('ün');
        expect(await connection.receive()).to.equal('grün');
        const echo = once(peer, 'message');
        connection.send('be', { fin: false });
        connection.send('gin', { fin: true });
        expect(String((await echo)[0])).to.equal('begin');
      });

      it('pings and is pinged', async () => {
        const { connection, peer } = await connect();
        expect(await connection.ping()).to.be.within(0, 2000);
        peer.ping('hello');
        expect(String((await once(peer, 'pong'))[0])).to.equal('hello');
      });

      it('closes, begun here', async () => {
        const { connection, peer } = await connect();
        const closed = once(peer, 'close');
        connection.send('last');
        connection.close(4001, 'grüße');
        expect(await connection.closed).to.include({ code: 4001, initiator: 'local', cause: null });
        const [code, reason] = await closed;
        expect([code, String(reason)]).to.deep.equal([4001, 'grüße']);
      });

      it('closes, begun there', async () => {
        const { connection, peer } = await connect();
        const closed = once(peer, 'close');
        peer.send('last');
        peer.close(1001, 'bye');
        expect(await connection.closed).to.deep.equal({ code: 1001, reason: 'bye', initiator: 'remote', cause: null });
        expect((await closed)[0]).to.equal(1001);
        expect(await connection.receive()).to.equal('last');
      });

      it('closes at the same time', async () => {
        const { connection, peer } = await connect();
        peer.close(1000);
        connection.close(1001);
        expect(await connection.closed).to.include({ code: 1000, cause: null });
      });

      it('knows a peer that was terminated', async () => {
        const { connection, peer } = await connect();
        peer.terminate();
        expect(await connection.closed).to.include({ code: 1006, initiator: 'remote' });
      });

      it('terminates', async () => {
        const { connection, peer } = await connect();
        const closed = once(peer, 'close');
        connection.terminate();
        expect((await closed)[0]).to.equal(1006);
        expect(await connection.closed).to.include({ code: 1006, initiator: 'local', cause: null });
      });

      it('knows a reset', async () => {
        const { connection, peer } = await connect();
        const socket = (peer as unknown as { _socket: Socket })._socket;
        socket.resetAndDestroy();
        const closure = await connection.closed;
        expect(closure).to.include({ code: 1006, initiator: 'remote' });
        expect(closure.cause).to.have.property('code', 'ECONNRESET');
      });

      it('is told why by the one it breaks the rules of', async () => {
        const { connection, transport } = await connect();
        transport.write(Buffer.from([0x83, 0x00]));
        expect(await connection.closed).to.include({ code: 1002, initiator: 'remote', cause: null });
      });

      it('waits for a reader that is slow, and every byte arrives', async () => {
        const { connection, peer } = await connect({ maxBufferedAmount: 64 * 1024 * 1024 });
        peer.pause();
        const message = Buffer.alloc(200_000);
        let count = 0;
        let filled = false;
        while (!filled) {
          message.fill(++count);
          filled = !connection.send(Buffer.from(message)) && connection.bufferedAmount > 4_000_000;
          if (count % 4 === 0) await iteration();
        }
        const received: number[] = [];
        const all = new Promise<void>((done) => {
          peer.on('message', (data: Buffer) => {
            const value = data[0]!;
            expect(data.every((byte) => byte === value)).to.equal(true);
            if (received.push(value) === count) done();
          });
        });
        const drained = connection.drained();
        peer.resume();
        await Promise.all([all, drained]);
        expect(received).to.deep.equal(Array.from({ length: count }, (_, i) => (i + 1) & 0xff));
        expect(connection.bufferedAmount).to.equal(0);
      });
    });
  }

  it('one that never reads is closed as a slow consumer, and the others go on', async () => {
    const slow = await withWsClient({ closeTimeout: 50 });
    const quick = await withWsClient();
    slow.peer.pause();
    const message = Buffer.alloc(100_000);
    let received = 0;
    quick.peer.on('message', () => received++);
    let sent = 0;
    for (; slow.connection.readyState === slow.connection.OPEN; sent++) {
      slow.connection.send(message);
      quick.connection.send(message);
      await quick.connection.drained();
      expect(slow.connection.bufferedAmount).to.be.lessThan(1024 * 1024 + 200_000);
    }
    expect(await slow.connection.closed).to.include({ code: 1008, initiator: 'local' });
    await quick.connection.ping();
    expect(received).to.equal(sent);
  });

  it('garbage is answered with 1002 and the end, and the next one is served', async () => {
    const { port, socket } = await listen();
    const client = net.connect(port, '127.0.0.1');
    closers.push(() => client.destroy());
    const connection = new WebSocketConnection(await socket, { role: 'server', options: resolve({}) });
    const peer = new RawPeer(client);
    peer.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect((await peer.closeFrame()).code).to.equal(1002);
    expect((await connection.closed).cause).to.be.instanceOf(ProtocolError);
  });

  it('a flood of 10 MB before anybody listens waits at the peer, and nothing is lost', async () => {
    const { connection, peer, transport } = await withWsClient();
    const message = Buffer.alloc(10_000, 1);
    for (let i = 0; i < 1000; i++) peer.send(message);
    await peerStalls(peer);
    expect(transport.bytesRead).to.be.lessThan(1_000_000);
    let received = 0;
    await new Promise<void>((all) => {
      connection.on('message', (data) => {
        expect(data).to.have.length(10_000);
        if (++received === 1000) all();
      });
    });
    peer.close(1000);
    expect((await connection.closed).code).to.equal(1000);
  });

  it('any mix of messages and chunks comes through, in both roles', async () => {
    const { connection, peer } = await withWsClient({ maxMessageSize: 1024 * 1024 });
    connection.on('message', (data, isBinary) => connection.send(data, { binary: isBinary }));
    const message = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('x'.repeat(70_000), Buffer.alloc(40_000, 7)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 20 }), async (messages) => {
        const received: Array<string | Buffer> = [];
        const all = new Promise<void>((done) => {
          const listener = (data: Buffer, isBinary: boolean) => {
            if (received.push(isBinary ? data : String(data)) < messages.length) return;
            peer.off('message', listener);
            done();
          };
          peer.on('message', listener);
        });
        for (const one of messages) peer.send(one);
        await all;
        expect(received.length).to.equal(messages.length);
        messages.forEach((one, i) => {
          expect(Buffer.from(received[i] as string).equals(Buffer.from(one as string))).to.equal(true);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('answers a hundred pings in one packet', async () => {
    const { port, socket } = await listen();
    const client = net.connect(port, '127.0.0.1');
    closers.push(() => client.destroy());
    const connection = new WebSocketConnection(await socket, { role: 'server', options: resolve({}) });
    const peer = new RawPeer(client);
    for (let i = 0; i < 100; i++) peer.send(Opcode.Ping, `${i}`);
    await peer.until(() => String(peer.frames.at(-1)?.payload) === '99');
    expect(connection.readyState).to.equal(connection.OPEN);
    connection.terminate();
  });
});

/** Resolves when the peer cannot write any more: the other end does not read. */
async function peerStalls(peer: WebSocket): Promise<void> {
  for (let amount = -1; amount !== peer.bufferedAmount; ) {
    amount = peer.bufferedAmount;
    // Long enough that a reader which goes on would have made a difference.
    for (let i = 0; i < 200; i++) await iteration();
  }
}
