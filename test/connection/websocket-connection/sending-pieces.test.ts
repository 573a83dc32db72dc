import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { expect } from 'chai';
import type { PieceSource } from '../../../src/connection/piece-sending';
import { ConnectionClosedError, InvalidOptionError, InvalidStateError } from '../../../src/protocol/errors';
import { Opcode } from '../../../src/protocol/opcode';
import { createConnectionPair } from '../../support/connection-pair';
import { connectionOverRecording, connectionWithRawPeer } from '../../support/connection-with-raw-peer';
import { frameBytes, framesOf, type RawPeer } from '../../support/raw-peer';
import { iteration } from '../../support/recording-transport';

const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error) => error);
const shown = (peer: RawPeer) => peer.frames.map(({ opcode, fin, payload }) => `${opcode}${fin ? '.' : ''} ${payload}`);

/** A source that gives its pieces when the test says so. */
class Given {
  left = false;
  private wake: (() => void) | undefined;
  private readonly pieces: Array<string | Buffer | Error | null> = [];

  /** A piece, an error to throw, or null for the end. */
  give(...pieces: Array<string | Buffer | Error | null>): void {
    this.pieces.push(...pieces);
    this.wake?.();
  }

  next = async (): Promise<IteratorResult<string | Buffer>> => {
    while (this.pieces.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const piece = this.pieces.shift()!;
    if (piece instanceof Error) throw piece;
    return piece === null ? { done: true, value: undefined } : { done: false, value: piece };
  };

  return = async (): Promise<IteratorResult<string | Buffer>> => {
    this.left = true;
    return { done: true, value: undefined };
  };

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await iteration();
}

describe('WebSocketConnection: sendPieces()', () => {
  const sources: Array<[string, () => PieceSource]> = [
    ['an array', () => ['ab', 'c']],
    [
      'a generator',
      function* () {
        yield 'ab';
        yield 'c';
      },
    ],
    [
      'an async generator',
      async function* () {
        yield 'ab';
        await iteration();
        yield 'c';
      },
    ],
    ['a Node stream', () => Readable.from(['ab', 'c'])],
    [
      'a web stream',
      () =>
        new ReadableStream<string>({
          start(controller) {
            controller.enqueue('ab');
            controller.enqueue('c');
            controller.close();
          },
        }),
    ],
  ];
  for (const [name, source] of sources) {
    it(`sends ${name} as one message, a fragment for each piece`, async () => {
      for (const role of ['server', 'client'] as const) {
        const { connection, peer } = connectionWithRawPeer({ role });
        await connection.sendPieces(source());
        connection.send('next');
        await peer.frame(3);
        expect(shown(peer)).to.deep.equal(['1 ab', '0 c', '0. ', '1. next']);
        expect(peer.frames.every(({ masked }) => masked === (role === 'client'))).to.equal(true);
      }
    });
  }

  it('sends bytes as binary, strings as text, and either as the other where it is told to', async () => {
    const { connection, peer } = connectionWithRawPeer();
    await connection.sendPieces([Buffer.from('a'), new Uint16Array([0x6262]), new Uint8Array([99]).buffer]);
    await connection.sendPieces(['d'], { binary: true });
    await connection.sendPieces([Buffer.from('e')], { binary: false });
    await peer.frame(7);
    expect(shown(peer)).to.deep.equal(['2 a', '0 bb', '0 c', '0. ', '2 d', '0. ', '1 e', '0. ']);
  });

  it('makes one empty message of no pieces, and no frames of empty ones', async () => {
    const { connection, peer } = connectionWithRawPeer();
    await connection.sendPieces([]);
    await connection.sendPieces(['', '']);
    await connection.sendPieces([Buffer.alloc(0)]);
    await connection.sendPieces([], { binary: true });
    await connection.sendPieces(['', 'a', '']);
    await peer.frame(5);
    expect(shown(peer)).to.deep.equal(['1. ', '1. ', '2. ', '2. ', '1 a', '0. ']);
  });

  it('sends a piece when it comes, without waiting for the one behind it', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const source = new Given();
    const sending = connection.sendPieces(source);
    source.give('a');
    await peer.frame(0);
    source.give('b');
    await peer.frame(1);
    source.give(null);
    await sending;
    await peer.frame(2);
    expect(shown(peer)).to.deep.equal(['1 a', '0 b', '0. ']);
    expect(source.left).to.equal(false);
  });

  it('brings a surrogate pair over that is split, also byte by byte of the string', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const text = 'a😀b\u{10ffff}€';
    await connection.sendPieces(text.split(''));
    await connection.sendPieces(['x\ud83d']);
    await connection.sendPieces(['\ud83d', 'y']);
    await settle();
    const messages: Buffer[] = [];
    for (const { opcode, payload } of peer.frames) {
      if (opcode === Opcode.Text) messages.push(payload);
      else messages.push(Buffer.concat([messages.pop()!, payload]));
    }
    // Half a character is what send() makes of it as well: the replacement character.
    expect(messages.map(String)).to.deep.equal([text, 'x\ufffd', '\ufffdy']);
  });

  describe('while it is under way', () => {
    it('other messages wait, in the order of the calls; control frames do not', async () => {
      const { connection, peer } = connectionWithRawPeer();
      const first = new Given();
      const second = new Given();
      const sendings = [connection.sendPieces(first)];
      connection.send('1');
      sendings.push(connection.sendPieces(second), connection.sendPieces(['c', 'd']));
      connection.sendShared(frameBytes(Opcode.Text, '2'), 0, 3);
      connection.send(Buffer.from('3'));
      void connection.ping('p');
      first.give('a');
      await settle();
      expect(shown(peer)).to.deep.equal(['9. p', '1 a']);
      second.give('b', null);
      first.give(null);
      await Promise.all(sendings);
      await settle();
      const rest = ['0. ', '1. 1', '1 b', '0. ', '1 c', '0 d', '0. ', '1. 2', '2. 3'];
      expect(shown(peer)).to.deep.equal(['9. p', '1 a', ...rest]);
    });

    it('waits for a message in fragments that send() began, and lets that be ended', async () => {
      const { connection, peer } = connectionWithRawPeer();
      connection.send('a', { fin: false });
      const sending = connection.sendPieces(['x']);
      await settle();
      connection.send('b', { fin: true });
      await sending;
      await settle();
      expect(shown(peer)).to.deep.equal(['1 a', '0. b', '1 x', '0. ']);
    });

    it('refuses a second message in fragments by send()', async () => {
      const { connection } = connectionWithRawPeer();
      const source = new Given();
      const sending = connection.sendPieces(source);
      expect(() => connection.send('a', { fin: false })).to.throw(InvalidStateError, 'while sendPieces() sends one');
      source.give(null);
      await sending;
      connection.send('a', { fin: false });
    });

    it('callbacks and drained() of others come when their messages are written', async () => {
      const { connection, peer } = connectionWithRawPeer({ options: { highWaterMark: 100, lowWaterMark: 50 } });
      const source = new Given();
      const sending = connection.sendPieces(source);
      const log: string[] = [];
      connection.on('drain', () => log.push('drain'));
      expect(connection.send('x'.repeat(101), () => log.push('sent'))).to.equal(false);
      const drained = connection.drained().then(() => log.push('drained'));
      source.give('a');
      await settle();
      expect(log).to.deep.equal([]);
      expect(connection.bufferedAmount).to.be.above(100);
      source.give(null);
      await sending;
      await drained;
      await settle();
      expect([...log].sort()).to.deep.equal(['drain', 'drained', 'sent']);
      expect(connection.bufferedAmount).to.equal(0);
      expect(peer.frames).to.have.length(3);
    });

    it('what waits is bounded by maxBufferedAmount, and the words say what it waited for', async () => {
      const { connection } = connectionWithRawPeer({
        options: { highWaterMark: 100, lowWaterMark: 50, maxBufferedAmount: 1000 },
      });
      const source = new Given();
      const sending = failure(connection.sendPieces(source));
      source.give('a');
      await settle();
      const told: unknown[] = [];
      for (let i = 0; i < 20; i++) connection.send('x'.repeat(100), (error) => told.push(error));
      const { cause, code } = await connection.closed;
      expect(code).to.equal(1008);
      expect(cause).to.have.property('code', 'UNENDED_MESSAGE');
      expect(cause!.message).to.equal(
        'More than maxBufferedAmount (1000 bytes) waited for the end of a message in fragments',
      );
      expect(await sending).to.be.instanceOf(ConnectionClosedError);
      await settle();
      expect(told).to.have.length(20);
      expect(told.every((error) => error instanceof Error)).to.equal(true);
      expect(source.left).to.equal(true);
    });
  });

  it('asks for no more pieces while the peer does not read', async () => {
    const { connection, transport } = connectionOverRecording({
      options: { highWaterMark: 10_000, lowWaterMark: 1000, maxBufferedAmount: 20_000 },
      writableHighWaterMark: 500,
    });
    transport.block();
    let made = 0;
    const sending = connection.sendPieces(
      (function* () {
        for (; made < 1000; made++) yield 'x'.repeat(1000);
      })(),
    );
    await settle();
    expect(made).to.be.within(9, 12);
    transport.unblock();
    await sending;
    await settle();
    const frames = framesOf(transport.bytes);
    expect(frames).to.have.length(1001);
    expect(frames.filter(({ fin }) => fin)).to.have.length(1);
  });

  describe('when the source throws', () => {
    it('fails the connection with 1011, as the message cannot be ended, and rejects with the error', async () => {
      const { connection, peer } = connectionWithRawPeer();
      const source = new Given();
      const sending = connection.sendPieces(source);
      const mistake = new Error('no such file');
      source.give('a');
      await peer.frame(0);
      source.give(mistake);
      expect(await failure(sending)).to.equal(mistake);
      expect(await peer.closeFrame()).to.deep.equal({ code: 1011, reason: '' });
      expect((await connection.closed).cause).to.equal(mistake);
      expect(source.left).to.equal(false);
    });

    it('leaves the connection as it is where nothing was sent', async () => {
      const { connection, peer } = connectionWithRawPeer();
      const source = new Given();
      const sending = connection.sendPieces(source);
      connection.send('behind');
      source.give(new Error('no such file'));
      expect(await failure(sending)).to.have.property('message', 'no such file');
      await peer.frame(0);
      expect(shown(peer)).to.deep.equal(['1. behind']);
      expect(connection.readyState).to.equal(connection.OPEN);
    });
  });

  it('refuses pieces of both kinds, and what is no piece, and leaves the source', async () => {
    for (const [pieces, words] of [
      [['a', Buffer.from('b')], 'got bytes behind strings'],
      [[Buffer.from('b'), 'a'], 'got a string behind bytes'],
      [['a', 5], 'takes a string, a Buffer'],
    ] as const) {
      const { connection, peer } = connectionWithRawPeer();
      const source = new Given();
      source.give(...(pieces as unknown as string[]));
      const error = await failure(connection.sendPieces(source));
      expect(error).to.be.instanceOf(InvalidOptionError).with.property('message').that.contains(words);
      expect((await peer.closeFrame()).code).to.equal(1011);
      expect(source.left).to.equal(true);
    }
    const { connection, peer } = connectionWithRawPeer();
    expect(await failure(connection.sendPieces([5 as never]))).to.be.instanceOf(InvalidOptionError);
    connection.send('still open');
    expect(String((await peer.frame(0)).payload)).to.equal('still open');
  });

  it('refuses what is no source at the call, so that nobody has to await it to learn that', () => {
    const { connection } = connectionWithRawPeer();
    for (const source of ['text', Buffer.from('bytes'), 5, null, undefined, {}, () => {}]) {
      expect(() => connection.sendPieces(source as never), String(source)).to.throw(
        InvalidOptionError,
        'takes an iterable or async iterable of pieces',
      );
    }
    expect(() => connection.sendPieces([], { binari: true } as never)).to.throw(InvalidOptionError);
    expect(() => connection.sendPieces([], { binary: 1 } as never)).to.throw(InvalidOptionError);
    expect(() => connection.sendPieces([], { compress: 1 } as never)).to.throw(InvalidOptionError);
    connection.terminate();
  });

  it('rejects, and leaves the source, when the connection closes meanwhile', async () => {
    const waiting = new Given();
    const begun = new Given();
    const stuck = new Given();
    const { connection, peer } = connectionWithRawPeer();
    const sendings = [connection.sendPieces(begun), connection.sendPieces(waiting)].map(failure);
    begun.give('a');
    await peer.frame(0);
    peer.close(1000);
    for (const error of await Promise.all(sendings)) expect(error).to.be.instanceOf(ConnectionClosedError);
    expect(await failure(connection.sendPieces(stuck))).to.be.instanceOf(ConnectionClosedError);
    expect([begun, waiting, stuck].map(({ left }) => left)).to.deep.equal([true, true, true]);
  });

  it('stops at our own close(), which comes between the fragments', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const source = new Given();
    const sending = failure(connection.sendPieces(source));
    source.give('a');
    await peer.frame(0);
    connection.close(1000);
    source.give('b');
    expect(await sending).to.be.instanceOf(ConnectionClosedError);
    peer.close(1000);
    expect(await connection.closed).to.include({ code: 1000, initiator: 'local' });
    expect(shown(peer).slice(0, 1)).to.deep.equal(['1 a']);
    expect(peer.frames.map(({ opcode }) => opcode)).to.deep.equal([Opcode.Text, Opcode.Close]);
  });

  it('that nobody awaits does not end the process', async () => {
    const { connection } = connectionWithRawPeer();
    void connection.sendPieces(new Given());
    void connection.sendPieces(['x', 5 as never]);
    connection.terminate();
    await connection.closed;
    await settle();
  });

  it('arrives as one message, read whole or in pieces', async () => {
    const { server, client } = createConnectionPair();
    const parts = Array.from({ length: 500 }, (_, i) => `${i}€😀 `);
    await client.sendPieces(parts);
    expect(await server.receive()).to.equal(parts.join(''));
    void server.sendPieces(parts.map((part) => Buffer.from(part)));
    const taken: Buffer[] = [];
    for await (const piece of client.pieces()) taken.push(piece as Buffer);
    expect(Buffer.concat(taken).toString()).to.equal(parts.join(''));
  });
});
