import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { expect } from 'chai';
import { resolveConnectionOptions } from '../../../src/connection/options';
import { WebSocketConnection } from '../../../src/connection/websocket-connection';
import {
  ConnectionClosedError,
  InvalidOptionError,
  InvalidStateError,
  MessageTooBigError,
} from '../../../src/protocol/errors';
import { Opcode } from '../../../src/protocol/opcode';
import { heldBytes } from '../../support/collect-garbage';
import { createConnectionPair } from '../../support/connection-pair';
import { connectionWithRawPeer, type Given } from '../../support/connection-with-raw-peer';
import type { RawPeer } from '../../support/raw-peer';
import { iteration } from '../../support/recording-transport';

const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error) => error);
const small: Given = { options: { maxMessageSize: 1000 } };

async function all(pieces: AsyncIterable<string | Buffer>): Promise<Array<string | Buffer>> {
  const taken: Array<string | Buffer> = [];
  for await (const piece of pieces) taken.push(piece);
  return taken;
}

/** A message in fragments of this size each, and a last one that is empty. */
function sendFragments(peer: RawPeer, opcode: Opcode, fragments: string[]): void {
  for (const [index, fragment] of fragments.entries()) {
    peer.send(index === 0 ? opcode : Opcode.Continuation, fragment, { fin: index === fragments.length - 1 });
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await iteration();
}

describe('WebSocketConnection: pieces()', () => {
  it('gives text as strings and bytes as Buffers, cut as they come', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const text = connection.pieces();
    sendFragments(peer, Opcode.Text, ['a', '', 'b€', '']);
    expect(await all(text)).to.deep.equal(['a', 'b€']);
    const bytes = connection.pieces();
    sendFragments(peer, Opcode.Binary, ['ab', 'c']);
    expect(await all(bytes)).to.deep.equal([Buffer.from('ab'), Buffer.from('c')]);
  });

  it('gives an empty message as one empty piece of its type', async () => {
    const { connection, peer } = connectionWithRawPeer();
    sendFragments(peer, Opcode.Text, ['']);
    sendFragments(peer, Opcode.Binary, ['', '', '']);
    sendFragments(peer, Opcode.Text, ['', '']);
    expect(await all(connection.pieces())).to.deep.equal(['']);
    expect(await all(connection.pieces())).to.deep.equal([Buffer.alloc(0)]);
    expect(await all(connection.pieces())).to.deep.equal(['']);
  });

  it('reads what is larger than maxMessageSize, in a frame and in fragments, one message after the other', async () => {
    const { connection, peer } = connectionWithRawPeer(small);
    peer.send(Opcode.Binary, 'x'.repeat(50_000));
    sendFragments(peer, Opcode.Binary, Array(100).fill('y'.repeat(500)));
    peer.text('meta').send(Opcode.Text, 'z'.repeat(50_000)).close(1000);
    expect(Buffer.concat((await all(connection.pieces())) as Buffer[]).equals(Buffer.alloc(50_000, 'x'))).to.equal(
      true,
    );
    expect(Buffer.concat((await all(connection.pieces())) as Buffer[]).equals(Buffer.alloc(50_000, 'y'))).to.equal(
      true,
    );
    expect(await connection.receive()).to.equal('meta');
    expect((await all(connection.pieces())).join('')).to.equal('z'.repeat(50_000));
    expect(await failure(connection.pieces().next())).to.be.instanceOf(ConnectionClosedError);
  });

  it('lets a large message wait until it is known how it is read, while the handler awaits something else', async () => {
    const { connection, peer } = connectionWithRawPeer(small);
    peer.send(Opcode.Text, 'x'.repeat(5000));
    sendFragments(peer, Opcode.Text, Array(10).fill('y'.repeat(500)));
    await settle();
    expect((await all(connection.pieces())).join('')).to.equal('x'.repeat(5000));
    await settle();
    expect((await all(connection.pieces())).join('')).to.equal('y'.repeat(5000));
  });

  for (const [name, decide] of [
    ["a 'message' listener", (connection: WebSocketConnection) => void connection.on('message', () => {})],
    ['receive()', (connection: WebSocketConnection) => void connection.receive()],
    ['messages()', (connection: WebSocketConnection) => void failure(connection.messages().next())],
    ['the end of the handler', (connection: WebSocketConnection) => connection.openGate()],
  ] as const) {
    it(`refuses the large message that waited when ${name} says that it is not read in pieces`, async () => {
      const { connection, peer } = connectionWithRawPeer(small);
      peer.send(Opcode.Text, 'x'.repeat(5000));
      await settle();
      expect(connection.readyState).to.equal(connection.OPEN);
      decide(connection);
      expect((await peer.closeFrame()).code).to.equal(1009);
      expect((await connection.closed).cause).to.be.instanceOf(MessageTooBigError);
    });
  }

  it('answers pings between the fragments', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const pieces = connection.pieces();
    peer.send(Opcode.Text, 'a', { fin: false }).send(Opcode.Ping, '1').send(Opcode.Continuation, 'b');
    expect(await all(pieces)).to.deep.equal(['a', 'b']);
    expect((await peer.frame(0)).opcode).to.equal(Opcode.Pong);
  });

  it('gives messages that have come whole before as one piece each', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b');
    sendFragments(peer, Opcode.Text, ['c', 'd']);
    await settle();
    expect(await all(connection.pieces())).to.deep.equal(['a']);
    expect(await connection.receive()).to.equal('b');
    expect(await all(connection.pieces())).to.deep.equal(['cd']);
  });

  it('goes on with a message that was being collected', async () => {
    const { connection, peer } = connectionWithRawPeer(small);
    peer.send(Opcode.Text, 'a'.repeat(900), { fin: false });
    await settle();
    const pieces = connection.pieces();
    peer.send(Opcode.Continuation, 'b'.repeat(900));
    expect(await all(pieces)).to.deep.equal(['a'.repeat(900), 'b'.repeat(900)]);
  });

  it('discards the rest of a message that the loop left, and the next one is read as ever', async () => {
    const { connection, peer } = connectionWithRawPeer(small);
    for (let round = 0; round < 3; round++) {
      const pieces = connection.pieces();
      sendFragments(peer, Opcode.Binary, ['first', ...Array(1000).fill('x'.repeat(1000))]);
      for await (const piece of pieces) {
        expect(String(piece)).to.equal('first');
        break;
      }
      expect(await pieces.next()).to.deep.equal({ done: true, value: undefined });
      peer.text(`next ${round}`);
      expect(await (round === 1 ? connection.receive() : all(connection.pieces()).then(String))).to.equal(
        `next ${round}`,
      );
    }
  });

  it('leaves a message that has not begun to others', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const pieces = connection.pieces();
    const waiting = pieces.next();
    await pieces.return!();
    expect(await waiting).to.deep.equal({ done: true, value: undefined });
    sendFragments(peer, Opcode.Text, ['who', 'le']);
    expect(await connection.receive()).to.equal('whole');
  });

  it('discards a message that was left when it had begun, though nothing of it could be handed over', async () => {
    for (const begins of ['0109', '010ac3', '0100']) {
      const { connection, peer } = connectionWithRawPeer();
      const bytes = Buffer.from(begins, 'hex');
      peer.write(
        Buffer.concat([bytes.subarray(0, 1), Buffer.of(bytes[1]! | 0x80), Buffer.alloc(4), bytes.subarray(2)]),
      );
      await settle();
      const left = connection.pieces();
      await left.return?.();
      const rest = bytes[1]! - (bytes.length - 2);
      const isCut = bytes.length > 2;
      peer.write(isCut ? Buffer.concat([Buffer.of(0xa9), Buffer.alloc(rest - 1, 'x')]) : Buffer.alloc(rest, 'x'));
      peer.send(Opcode.Continuation, 'end').text('next');
      expect(await all(connection.pieces())).to.deep.equal(['next']);
      connection.terminate();
    }
  });

  it('rejects at once when the connection was lost in the middle of the message before', async () => {
    for (const leaves of [true, false]) {
      const { connection, peer } = connectionWithRawPeer();
      const before = connection.pieces();
      peer.send(Opcode.Text, 'begun', { fin: false });
      await before.next();
      if (leaves) await before.return?.();
      peer.transport.destroy();
      await connection.closed;
      if (!leaves) expect(await failure(before.next())).to.be.instanceOf(ConnectionClosedError);
      expect(await failure(connection.pieces().next())).to.be.instanceOf(ConnectionClosedError);
      expect(await failure(connection.receive())).to.be.instanceOf(ConnectionClosedError);
    }
  });

  it('lets other listeners come while a large message waits', async () => {
    const { connection, peer } = connectionWithRawPeer(small);
    peer.text('x'.repeat(1001));
    await settle();
    connection.on('error', () => {});
    connection.on('close', () => {});
    await settle();
    connection.openGate();
    expect(await peer.closeFrame()).to.include({ code: 1009 });
  });

  it('gives several next() at once their pieces in order, and then the end', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const pieces = connection.pieces();
    const taken = Promise.all([pieces.next(), pieces.next(), pieces.next(), pieces.next()]);
    sendFragments(peer, Opcode.Text, ['a', 'b']);
    expect((await taken).map(({ value }) => value)).to.deep.equal(['a', 'b', undefined, undefined]);
  });

  it('goes by its own limit, from the header on', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const pieces = connection.pieces({ maxMessageSize: 100 });
    peer.send(Opcode.Binary, 'x'.repeat(60), { fin: false }).send(Opcode.Continuation, 'x'.repeat(41));
    expect((await pieces.next()).value).to.have.length(60);
    const error = await failure(pieces.next());
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect(error.cause).to.be.instanceOf(MessageTooBigError);
    expect(error.message).to.contain('larger than the maxMessageSize of pieces() (100 bytes)');
    expect((await peer.closeFrame()).code).to.equal(1009);
  });

  it('goes by its limit also for what has come whole', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('x'.repeat(200));
    await settle();
    const pieces = connection.pieces({ maxMessageSize: 100 });
    expect((await peer.closeFrame()).code).to.equal(1009);
    expect(await failure(pieces.next())).to.be.instanceOf(ConnectionClosedError);
  });

  it('fails with 1007 at the first byte that is not UTF-8', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const pieces = connection.pieces();
    peer.send(Opcode.Text, 'good', { fin: false }).send(Opcode.Continuation, Buffer.of(0xff), { fin: false });
    expect((await pieces.next()).value).to.equal('good');
    expect((await failure(pieces.next())).cause).to.have.property('code', 'INVALID_UTF8');
    expect((await peer.closeFrame()).code).to.equal(1007);
  });

  it('rejects when the connection closes in the middle, once, behind what has come', async () => {
    for (const end of [(peer: RawPeer) => peer.close(1000), (peer: RawPeer) => peer.transport.destroy()]) {
      const { connection, peer } = connectionWithRawPeer();
      const pieces = connection.pieces();
      peer.send(Opcode.Text, 'a', { fin: false });
      await settle();
      end(peer);
      await connection.closed;
      expect((await pieces.next()).value).to.equal('a');
      expect(await failure(pieces.next())).to.be.instanceOf(ConnectionClosedError);
      expect(await pieces.next()).to.deep.equal({ done: true, value: undefined });
    }
  });

  it('that nobody awaits any more does not end the process', async () => {
    const { connection } = connectionWithRawPeer();
    void connection.pieces().next();
    connection.terminate();
    await connection.closed;
    void connection.pieces().next();
    await settle();
  });

  it('refuses to compete, and says with whom', async () => {
    const reading = connectionWithRawPeer();
    reading.connection.pieces();
    expect(() => reading.connection.pieces()).to.throw(InvalidStateError, 'one is being read by pieces()');
    expect(await failure(reading.connection.receive())).to.be.instanceOf(InvalidStateError);
    const listened = connectionWithRawPeer();
    listened.connection.on('message', () => {});
    expect(() => listened.connection.pieces()).to.throw(InvalidStateError, "'message' listeners");
    const awaited = connectionWithRawPeer();
    void awaited.connection.receive();
    expect(() => awaited.connection.pieces()).to.throw(InvalidStateError, 'a receive() is waiting');
  });

  it('refuses options that cannot be', () => {
    const { connection } = connectionWithRawPeer();
    for (const options of [{ maxMessageSize: 0 }, { maxMessageSize: 1.5 }, { maxMesageSize: 5 }, null]) {
      expect(() => connection.pieces(options as never)).to.throw(InvalidOptionError);
    }
    expect(connection.pieces({ maxMessageSize: 1 })).to.be.an('object');
  });

  it('gives the messages behind it to a listener that comes meanwhile', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const pieces = connection.pieces();
    const heard: unknown[] = [];
    connection.on('message', (data) => heard.push(data));
    await settle();
    sendFragments(peer, Opcode.Text, ['a', 'b']);
    peer.text('c');
    expect(await all(pieces)).to.deep.equal(['a', 'b']);
    await settle();
    expect(heard).to.deep.equal(['c']);
  });

  it('serves one who reads after the handler is done: large messages wait between two calls', async () => {
    const { connection, peer } = connectionWithRawPeer(small);
    const first = connection.pieces();
    connection.openGate();
    peer.send(Opcode.Text, 'x'.repeat(5000)).send(Opcode.Text, 'y'.repeat(5000));
    expect((await all(first)).join('')).to.equal('x'.repeat(5000));
    await settle();
    expect((await all(connection.pieces())).join('')).to.equal('y'.repeat(5000));
  });

  it('that was read in a handler does not keep the end from being seen when that is done', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a');
    expect(await all(connection.pieces())).to.deep.equal(['a']);
    connection.openGate();
    for (let i = 0; i < 40; i++) peer.text('x'.repeat(8 * 1024));
    peer.close(1000);
    expect(await connection.closed).to.include({ code: 1000, initiator: 'remote' });
  });

  describe('with a slow reader', () => {
    it('stops the peer, holds little, and loses nothing', async () => {
      const { server, client } = createConnectionPair({ maxBufferedAmount: 8 * 1024 * 1024 });
      const pieces = server.pieces();
      let made = 0;
      const sending = client.sendPieces(
        (function* () {
          for (; made < 4096; made++) yield Buffer.alloc(1024, made);
        })(),
      );
      await pieces.next();
      await settle();
      const madeAtFirst = made;
      await settle();
      // What the transports buffer, the watermarks of the sender, and 64 KiB here.
      expect(made).to.equal(madeAtFirst);
      expect(made).to.be.below(400);
      let bytes = 1024;
      for await (const piece of pieces) {
        bytes += piece.length;
        if (bytes % 65_536 === 0) await iteration();
      }
      await sending;
      expect(bytes).to.equal(4096 * 1024);
    });

    it('and a close() of ours, keeps no more, and tells that the rest is missing', async () => {
      const { connection, peer } = connectionWithRawPeer();
      const pieces = connection.pieces();
      sendFragments(peer, Opcode.Binary, Array(400).fill('x'.repeat(1000)));
      await settle();
      connection.close(1000);
      peer.close(1000);
      expect(await connection.closed).to.include({ code: 1000, initiator: 'local' });
      const error = await failure(all(pieces));
      expect(error).to.be.instanceOf(ConnectionClosedError);
      expect(error.message).to.contain('there was no room for the rest of the message');
    });
  });

  describe('over TCP', () => {
    const open: Array<{ destroy(): void }> = [];
    let listener: net.Server;

    afterEach(() => {
      for (const each of open.splice(0)) each.destroy();
      listener.close();
    });

    async function pair(): Promise<[WebSocketConnection, WebSocketConnection]> {
      listener = net.createServer();
      listener.listen(0, '127.0.0.1');
      await once(listener, 'listening');
      const near = net.connect((listener.address() as AddressInfo).port, '127.0.0.1');
      const [far] = (await once(listener, 'connection')) as [Socket];
      open.push(near, far);
      const options = resolveConnectionOptions('test()', { pingInterval: false });
      return [
        new WebSocketConnection(far, { role: 'server', options }),
        new WebSocketConnection(near, { role: 'client', options }),
      ];
    }

    it('64 MiB pass through little memory, both ways', async function () {
      this.timeout(30_000);
      for (const [reader, sender] of [await pair().then(([a, b]) => [a, b] as const)].flatMap(([a, b]) => [
        [a, b] as const,
        [b, a] as const,
      ])) {
        const before = heldBytes();
        let most = 0;
        let bytes = 0;
        let pieces = 0;
        const sending = sender.sendPieces(
          (async function* () {
            for (let i = 0; i < 1024; i++) yield Buffer.alloc(64 * 1024, i);
          })(),
        );
        for await (const piece of reader.pieces()) {
          bytes += piece.length;
          if (pieces++ % 100 === 0) most = Math.max(most, heldBytes() - before);
        }
        await sending;
        expect(bytes).to.equal(64 * 1024 * 1024);
        expect(most).to.be.below(24 * 1024 * 1024);
      }
    });

    it('a reader that stalls stops the sender', async () => {
      const [reader, sender] = await pair();
      const pieces = reader.pieces();
      let made = 0;
      const sending = failure(
        sender.sendPieces(
          (async function* () {
            for (;;) {
              made++;
              yield Buffer.alloc(64 * 1024);
            }
          })(),
        ),
      );
      await pieces.next();
      let before = -1;
      // The kernel buffers some; then it ends.
      while (before !== made) {
        before = made;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(sender.bufferedAmount).to.be.below(1024 * 1024);
      reader.terminate();
      expect(await sending).to.be.instanceOf(ConnectionClosedError);
    });
  });
});
