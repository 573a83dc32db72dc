import { expect } from 'chai';
import fc from 'fast-check';
import { Outbox } from '../../src/connection/outbox';
import { commit, reserve, slabSize } from '../../src/connection/slab';
import { longestShortText, textBatch } from '../../src/connection/text-batch';
import { Counters } from '../../src/diagnostics/counters';
import { Opcode } from '../../src/protocol/opcode';
import { heldBytes } from '../support/collect-garbage';
import { connectionOverRecording } from '../support/connection-with-raw-peer';
import { frameBytes, framesOf } from '../support/raw-peer';
import { iteration, RecordingTransport } from '../support/recording-transport';

const counters = new Counters();
const ignore = () => {};
const owner = { counters, outboxDrained: ignore, transportDrain: ignore, transportFull: ignore, failWith: ignore };

function setUp(): { outbox: Outbox; transport: RecordingTransport } {
  const transport = new RecordingTransport();
  return { outbox: new Outbox(transport, { highWaterMark: 64 * 1024, lowWaterMark: 16 * 1024 }, owner), transport };
}

const text = (outbox: Outbox, message: string, fin = true) => outbox.appendData(Opcode.Text, fin, message);
const payloads = (bytes: Buffer) => framesOf(bytes).map((frame) => frame.payload.toString());
/** What a text becomes: half of a character cannot be sent. */
const received = (message: string) => Buffer.from(message).toString();
const bytesOf = (messages: string[]) => Buffer.concat(messages.map((message) => frameBytes(Opcode.Text, message)));

describe('TextBatch', () => {
  const samples: Record<string, string> = {
    ASCII: 'plain text',
    nothing: '',
    '125 units': 'x'.repeat(125),
    '126 units': 'x'.repeat(126),
    '62 characters of two bytes': 'é'.repeat(62),
    '63 characters of two bytes': 'é'.repeat(63),
    '125 characters of two bytes': 'é'.repeat(125),
    '42 characters of three bytes': '€'.repeat(42),
    '125 characters of three bytes': '€'.repeat(125),
    'characters of four bytes': '😀'.repeat(62),
    'bytes that look like headers': '\u0081\u0082\u0001',
    'control characters': '\0\x7f\n',
    'the first half of a character': 'a\ud83d',
    'the second half of a character': '\ude00b',
  };
  for (const [name, sample] of Object.entries(samples)) {
    for (const count of [1, 3, 4, 5, 31, 32, 33, 65]) {
      it(`encodes ${count} texts: ${name}, among ASCII and alone`, async () => {
        for (const all of [
          Array.from({ length: count }, () => sample),
          Array.from({ length: count }, (_, i) => (i === count - 1 ? sample : `text ${i}`)),
          Array.from({ length: count }, (_, i) => (i === 0 ? sample : `text ${i}`)),
        ]) {
          const { outbox, transport } = setUp();
          for (const message of all) text(outbox, message);
          await iteration();
          expect(transport.bytes.equals(bytesOf(all))).to.equal(true);
          expect(outbox.amount).to.equal(0);
        }
      });
    }
  }

  it('keeps every byte where the shared buffer is nearly full', () => {
    for (const character of ['x', 'é', '€', '😀']) {
      for (const count of [1, 3, 4, 32]) {
        const message = character.repeat(longestShortText / character.length);
        const size = bytesOf([message]).length * count;
        for (let left = size - 4 * count; left <= size + 16; left++) {
          const { outbox, transport } = setUp();
          reserve(slabSize);
          commit(slabSize - left);
          outbox.cork();
          for (let i = 0; i < count; i++) text(outbox, message);
          outbox.uncork();
          const wanted = Array.from({ length: count }, () => received(message));
          if (payloads(transport.bytes).join() !== wanted.join())
            expect.fail(`${count} times ${message}, ${left} left`);
        }
      }
    }
  });

  it('keeps the texts of several connections apart, in turn', async () => {
    const both = [setUp(), setUp()];
    const wanted: string[][] = [[], []];
    for (let i = 0; i < 200; i++) {
      const who = i % 7 === 0 ? 0 : i % 2;
      const message = `${i} ${i % 11 === 0 ? '€' : ''}`;
      text(both[who]!.outbox, message);
      wanted[who]!.push(message);
    }
    await iteration();
    expect(payloads(both[0]!.transport.bytes)).to.deep.equal(wanted[0]);
    expect(payloads(both[1]!.transport.bytes)).to.deep.equal(wanted[1]);
  });

  it('keeps the order with everything else that is sent', async () => {
    const { outbox, transport } = setUp();
    const shared = Buffer.concat([frameBytes(Opcode.Text, 'shared'), frameBytes(Opcode.Text, 'extended')]);
    const end = frameBytes(Opcode.Text, 'shared').length;
    text(outbox, '1');
    text(outbox, '2');
    outbox.appendData(Opcode.Binary, true, Buffer.from('binary'));
    text(outbox, '3');
    outbox.appendControl(Opcode.Ping, Buffer.from('ping'));
    text(outbox, '4');
    outbox.addShared(shared, 0, end);
    expect(outbox.extendShared(shared, end, shared.length)).to.equal(true);
    text(outbox, '5');
    // Behind a text that is not encoded it must not be taken for the next of what is.
    expect(outbox.extendShared(shared, 0, end)).to.equal(false);
    outbox.addShared(shared, 0, end);
    text(outbox, '6');
    text(outbox, 'be', false);
    text(outbox, 'x'.repeat(40_000), false);
    outbox.addShared(shared, 0, end);
    text(outbox, 'gin');
    text(outbox, '7');
    text(outbox, 'x'.repeat(126));
    text(outbox, '8');
    outbox.appendControl(Opcode.Close, Buffer.from([3, 232]));
    outbox.finish();
    await iteration();
    const said = framesOf(transport.bytes).map(({ payload }) =>
      payload.length > 20 ? '…' : payload.toString('latin1'),
    );
    expect(said.join(' ')).to.equal('1 2 binary 3 ping 4 shared extended 5 shared 6 be … gin shared 7 … 8 \x03\xe8');
    expect(transport.finished).to.equal(true);
  });

  it('keeps every byte and the exact amount, whatever several connections send', async () => {
    const step = fc.record({
      who: fc.nat(2),
      kind: fc.constantFrom('text', 'text', 'text', 'text', 'binary', 'ping', 'shared', 'look', 'turn', 'uncork'),
      payload: fc.oneof(
        fc.string({ unit: 'grapheme-ascii', maxLength: 130 }),
        fc.string({ unit: 'binary', maxLength: 130 }),
        fc.constantFrom('€'.repeat(125), 'é'.repeat(63), '\ud800', ''),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const all = [setUp(), setUp(), setUp()].map((each) => ({ ...each, wanted: [] as Buffer[] }));
        for (const { who, kind, payload } of steps) {
          const { outbox, wanted, transport } = all[who]!;
          const bytes = Buffer.from(payload.slice(0, 40));
          const frame = frameBytes(Opcode.Text, payload);
          if (kind === 'text') text(outbox, payload);
          else if (kind === 'binary') outbox.appendData(Opcode.Binary, true, bytes);
          else if (kind === 'ping') outbox.appendControl(Opcode.Ping, bytes);
          else if (kind === 'shared') outbox.addShared(frame, 0, frame.length);
          else if (kind === 'turn') await iteration();
          else if (kind === 'uncork') outbox.uncork();
          else {
            outbox.encodeTexts();
            const total = wanted.reduce((sum, each) => sum + each.length, 0);
            expect(outbox.amount).to.equal(total - transport.bytes.length);
          }
          if (kind === 'text' || kind === 'shared') wanted.push(frame);
          if (kind === 'binary') wanted.push(frameBytes(Opcode.Binary, bytes));
          if (kind === 'ping') wanted.push(frameBytes(Opcode.Ping, bytes));
        }
        await iteration();
        for (const { outbox, transport, wanted } of all) {
          expect(transport.bytes.equals(Buffer.concat(wanted))).to.equal(true);
          expect(outbox.amount).to.equal(0);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('shows its bytes in bufferedAmount, exactly', () => {
    const { connection } = connectionOverRecording();
    for (const message of ['a', '€', 'é'.repeat(63), '😀']) {
      const before = connection.bufferedAmount;
      connection.send(message);
      expect(connection.bufferedAmount - before).to.equal(bytesOf([message]).length);
    }
    connection.terminate();
  });

  it('forgets what is dropped, and nobody else gets it', async () => {
    const one = setUp();
    const other = setUp();
    text(one.outbox, 'dropped');
    one.outbox.drop(() => new Error('gone'));
    expect(one.outbox.amount).to.equal(0);
    text(other.outbox, 'kept');
    text(one.outbox, 'later');
    one.outbox.drop(() => new Error('gone'));
    await iteration();
    expect(one.transport.writes).to.have.length(0);
    expect(payloads(other.transport.bytes)).to.deep.equal(['kept']);
    expect(textBatch.owner).to.equal(null);
  });

  it('holds nobody back when its connection is gone, and does not keep that', async () => {
    const { connection } = connectionOverRecording();
    connection.send('never read');
    connection.terminate();
    await iteration();
    expect(textBatch.owner).to.equal(null);
    const { outbox, transport } = setUp();
    text(outbox, 'next');
    await iteration();
    expect(payloads(transport.bytes)).to.deep.equal(['next']);
  });

  it('does not keep a long string that a short text was a part of', async () => {
    const { outbox } = setUp();
    const long = () => Buffer.alloc(8 * 1024 * 1024, 'long').toString('latin1');
    const before = heldStrings();
    for (let i = 0; i < 4; i++) text(outbox, long().substring(100, 200));
    await iteration();
    expect(heldStrings() - before).to.be.below(8 * 1024 * 1024);
  });
});

/** Bytes of strings, and of what else is in the heap. */
function heldStrings(): number {
  heldBytes();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
