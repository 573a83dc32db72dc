import { expect } from 'chai';
import type { WebSocketConnection } from '../../../src/connection/websocket-connection';
import { ConnectionClosedError, MessageTooBigError } from '../../../src/protocol/errors';
import { seededRandom } from '../../protocol/support/chunks';
import { createConnectionPair } from '../../support/connection-pair';
import { createDeflatePair, deflateSettings } from '../../support/deflate-pair';
import { iteration } from '../../support/recording-transport';

const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error) => error);

async function joined(pieces: AsyncIterable<string | Buffer>): Promise<string | Buffer> {
  const taken: Array<string | Buffer> = [];
  for await (const piece of pieces) taken.push(piece);
  return typeof taken[0] === 'string' ? taken.join('') : Buffer.concat(taken as Buffer[]);
}

/** Sends the messages one after the other: whole, in fragments, in pieces, with pings between them. */
async function sendAll(sender: WebSocketConnection, messages: string[], random: (below: number) => number) {
  let pieces = Promise.resolve();
  for (const message of messages) {
    const parts = message.match(/.{1,700}/gsu) ?? [''];
    const way = random(4);
    if (way === 3) await pieces;
    if (way === 0) sender.send(message);
    else if (way === 1) pieces = sender.sendPieces(parts);
    else if (way === 2)
      await sender.sendPieces(
        parts.map((part) => Buffer.from(part)),
        { binary: false },
      );
    else for (const [i, part] of parts.entries()) sender.send(part, { fin: i === parts.length - 1 });
    if (random(3) === 0) void sender.ping();
    if (random(3) === 0) await iteration();
    await sender.drained();
  }
}

describe('WebSocketConnection: pieces() among other ways to receive', () => {
  for (let seed = 1; seed <= 12; seed++) {
    it(`every message comes once and in order, however it is read (seed ${seed})`, async () => {
      const random = seededRandom(seed * 977);
      const sizes = [0, 1, 10, 500, 3000, 20_000];
      const messages = Array.from({ length: 120 }, (_, i) => `${i}:${'é😀x'.repeat(random(sizes[random(6)]! + 1))}`);
      const { server, client } = createConnectionPair({
        maxMessageSize: 1024 * 1024,
        maxBufferedAmount: 8 * 1024 * 1024,
      });
      if (seed % 3 === 0) server.openGate();
      const [reader, sender] = seed % 2 === 0 ? [server, client] : [client, server];
      const sending = sendAll(sender, messages, seededRandom(seed));
      const received: string[] = [];
      let left = 0;
      // What is asked for first makes that nothing is dropped behind an open gate.
      let ahead: AsyncIterableIterator<string | Buffer> | null = reader.pieces();
      while (received.length < messages.length) {
        if (random(5) === 0) await iteration();
        if (random(6) === 0) {
          reader.pause();
          setImmediate(() => reader.resume());
        }
        if (ahead === null && random(2) === 0) {
          received.push((await reader.receive()) as string);
          continue;
        }
        const pieces: AsyncIterableIterator<string | Buffer> = ahead ?? reader.pieces();
        ahead = null;
        if (random(4) > 0) {
          received.push((await joined(pieces)) as string);
          continue;
        }
        const { value } = await pieces.next();
        await pieces.return!();
        left++;
        // Its first piece shows which one it was.
        expect(messages[received.length]!.startsWith(value as string)).to.equal(true);
        received.push(messages[received.length]!);
      }
      expect(received).to.deep.equal(messages);
      expect(left).to.be.above(0);
      await sending;
      client.close(1000);
      expect(await server.closed).to.include({ code: 1000, cause: null });
    });
  }
});

describe('WebSocketConnection: pieces() of compressed messages', () => {
  it('gives each as one piece, and goes on', async () => {
    const { server, client } = createDeflatePair(deflateSettings());
    const text = 'compress me '.repeat(1000);
    for (let i = 0; i < 3; i++) {
      const pieces = server.pieces();
      client.send(text);
      const first = await pieces.next();
      expect(first.value === text).to.equal(true);
      expect((await pieces.next()).done).to.equal(true);
      void client.sendPieces(['not ', 'compressed']);
      expect(await joined(server.pieces())).to.equal('not compressed');
    }
  });

  it('goes by both limits, that of the connection for what has to be inflated whole', async () => {
    for (const [limit, name] of [
      [1_000_000, 'maxMessageSize'],
      [500, 'maxMessageSize'],
    ] as const) {
      const { server, client } = createDeflatePair(deflateSettings(), {}, { maxMessageSize: 1000 });
      const reading = failure(joined(server.pieces({ maxMessageSize: limit })));
      client.send('x'.repeat(5000));
      const error = await reading;
      expect(error).to.be.instanceOf(ConnectionClosedError);
      expect(error.cause).to.be.instanceOf(MessageTooBigError).with.property('message').that.contains(name);
    }
  });

  it('keeps the order of what is compressed while sendPieces() is under way', async () => {
    const { server, client } = createDeflatePair(deflateSettings());
    let end: () => void = () => {};
    const waiting = new Promise<void>((resolve) => {
      end = resolve;
    });
    const sending = client.sendPieces(
      (async function* () {
        yield 'slow ';
        await waiting;
        yield 'message';
      })(),
    );
    const texts = Array.from({ length: 20 }, (_, i) => `the same words, number ${i}, again and again and again`);
    for (const text of texts) client.send(text);
    end();
    await sending;
    expect(await server.receive()).to.equal('slow message');
    for (const text of texts) expect(await server.receive()).to.equal(text);
  });
});
