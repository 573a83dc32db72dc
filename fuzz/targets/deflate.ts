import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import type { DeflateAgreement } from '../../src/protocol/deflate-negotiation';
import { resolveDeflate } from '../../src/protocol/deflate-options';
import { PerMessageDeflate } from '../../src/protocol/permessage-deflate';
import { repetitive } from '../grammar/deflated';
import { mutate } from '../mutation';
import { Random } from '../random';
import { Script } from '../script';
import { ensure, type Target } from '../target';

/*
 * An input is two bytes that choose what both ends agreed on and how they deflate, and a script of messages: who sends,
 * how, how long, and the seed of its text.
 */

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const largest = 2 ** 20;

/** One direction: who deflates, and the two who inflate: our other end, and a stream of zlib that lives as long. */
class Direction {
  private readonly stream: InflateRaw | null;
  private streamed: Buffer[] = [];
  private history: Buffer = Buffer.alloc(0);

  constructor(
    readonly sender: PerMessageDeflate,
    private readonly receiver: PerMessageDeflate,
    windowBits: number,
    private readonly takesOver: boolean,
    comparesWithStream: boolean,
  ) {
    // zlib's streams know no window of 2^8 bytes.
    this.stream = !comparesWithStream
      ? null
      : createInflateRaw({ windowBits: Math.max(9, windowBits), flush: constants.Z_SYNC_FLUSH });
    this.stream?.on('data', (chunk) => this.streamed.push(chunk));
  }

  /** A compressed message arrives, and says what was sent. */
  async arrive(payload: Buffer, sent: Buffer): Promise<void> {
    const received = this.receiver.decode(Buffer.from(payload), largest);
    ensure(received.equals(sent), () => `Our other end inflates ${received.length} bytes, ${sent.length} were sent`);
    if (this.stream !== null) {
      if (!this.takesOver) this.stream.reset();
      const streamed = await inflateByStream(this.stream, this.streamed, Buffer.concat([payload, tail]));
      ensure(streamed.equals(sent), () => `zlib inflates ${streamed.length} bytes, ${sent.length} were sent`);
    }
    this.history = Buffer.concat([this.history, sent]).subarray(-40_000);
  }

  /** Something to say: new, or what was said before. */
  text(random: Random, length: number): Buffer {
    if (this.history.length === 0 || random.oneIn(2)) return repetitive(random, length);
    const from = random.below(this.history.length);
    return Buffer.concat([this.history.subarray(from, from + (length >> 1)), repetitive(random, length >> 1)]);
  }

  close(): void {
    this.stream?.close();
  }
}

function inflateByStream(stream: InflateRaw, out: Buffer[], bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(bytes);
    stream.flush(() => {
      stream.off('error', reject);
      resolve(Buffer.concat(out.splice(0)));
    });
  });
}

function lengthOf(script: Script): number {
  const length = script.word();
  return length < 2000 ? length : length % (script.below(16) === 0 ? 40_000 : 300);
}

async function sendWhole(direction: Direction, script: Script, random: Random): Promise<void> {
  const data = direction.text(random, lengthOf(script));
  const asText = script.below(2) === 0;
  const text = asText ? data.toString('latin1') : data;
  const payload = direction.sender.encode(text, true, script.below(8) !== 0);
  if (payload !== null) await direction.arrive(payload, Buffer.from(text as string));
}

async function sendFragments(direction: Direction, script: Script, random: Random): Promise<void> {
  const wanted = script.below(8) !== 0;
  const count = 1 + script.below(4);
  const parts: Buffer[] = [];
  const deflated: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const part = direction.text(random, lengthOf(script));
    const payload = direction.sender.encode(part, i === count - 1, wanted);
    ensure(i === 0 || (payload === null) === (deflated.length === 0), 'Only a part of a message is compressed');
    parts.push(part);
    if (payload !== null) deflated.push(payload);
    if (i < count - 1) ensure(direction.sender.shared === null, 'A message for many could come between two fragments');
  }
  if (deflated.length > 0) await direction.arrive(Buffer.concat(deflated), Buffer.concat(parts));
}

async function sendShared(direction: Direction, script: Script, random: Random): Promise<void> {
  const { shared } = direction.sender;
  if (shared === null) return;
  const data = direction.text(random, lengthOf(script));
  const message = shared.encode(script.below(2) === 0 ? data : data.toString('latin1'));
  if (message === null) return;
  direction.sender.sentShared(message);
  const [sent] = [data, Buffer.from(data.toString('latin1'))].filter((each) =>
    each.subarray(-message.recent.length).equals(message.recent),
  );
  ensure(sent !== undefined, 'What is recent is not the end of the message');
  await direction.arrive(message.payload, sent);
}

export const target: Target = {
  name: 'deflate',
  title: 'what we deflate, both ways and for many, inflated by ourselves and by a stream of zlib',
  share: 0.1,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(6)) return mutate(random, random.pick(corpus), corpus);
    const parts = [random.bytes(7)];
    for (let count = 1 + random.below(12); count > 0; count--) {
      const length = random.below(random.oneIn(8) ? 65_536 : 400);
      parts.push(
        Buffer.of(
          random.next(),
          random.next(),
          random.next(),
          random.next(),
          length >> 8,
          length & 255,
          random.next(),
          random.next(),
        ),
      );
    }
    return Buffer.concat(parts);
  },

  async run(input) {
    const script = new Script(input);
    const bits = () => 8 + script.below(8);
    const agreement: DeflateAgreement = {
      serverMaxWindowBits: bits(),
      clientMaxWindowBits: bits(),
      serverNoContextTakeover: script.below(4) === 0,
      clientNoContextTakeover: script.below(4) === 0,
    };
    const options = { level: 1 + script.below(9), threshold: script.pick([0, 0, 10, 200]) };
    const ends = {
      server: new PerMessageDeflate('server', resolveDeflate('fuzz', 'server', options)!, agreement, ''),
      client: new PerMessageDeflate('client', resolveDeflate('fuzz', 'client', options)!, agreement, ''),
    };
    // It works on other threads, and takes most of the time.
    const streams = script.below(4) === 0;
    const fromServer = new Direction(
      ends.server,
      ends.client,
      agreement.serverMaxWindowBits,
      !agreement.serverNoContextTakeover,
      streams,
    );
    const fromClient = new Direction(
      ends.client,
      ends.server,
      agreement.clientMaxWindowBits,
      !agreement.clientNoContextTakeover,
      streams,
    );
    try {
      for (let count = 0; count < 16 && !script.isOver; count++) {
        const random = new Random(script.word(), count);
        const direction = script.below(2) === 0 ? fromServer : fromClient;
        await script.pick([sendWhole, sendWhole, sendFragments, sendShared])(direction, script, random);
      }
    } finally {
      fromServer.close();
      fromClient.close();
    }
  },
};
