import { expect } from 'chai';
import { Outbox } from '../../src/connection/outbox';
import { slabSize } from '../../src/connection/slab';
import { uncounted } from '../../src/diagnostics/counters';
import { Opcode } from '../../src/protocol/opcode';
import { frameBytes, framesOf } from '../support/raw-peer';
import { iteration, RecordingTransport } from '../support/recording-transport';

class Owner {
  drained = 0;
  readonly thrown: unknown[] = [];
  readonly counters = uncounted;
  outboxDrained(): void {
    this.drained++;
  }
  transportDrain(): void {}
  transportFull(): void {}
  failWith(error: unknown): void {
    this.thrown.push(error);
  }
}

function setUp(
  marks: { highWaterMark?: number; lowWaterMark?: number } = {},
  transport = new RecordingTransport(),
): { outbox: Outbox; transport: RecordingTransport; owner: Owner } {
  const owner = new Owner();
  const outbox = new Outbox(transport, { highWaterMark: 64 * 1024, lowWaterMark: 16 * 1024, ...marks }, owner);
  return { outbox, transport, owner };
}

const text = (outbox: Outbox, message: string, fin = true) => outbox.appendData(Opcode.Text, fin, message);
const payloads = (bytes: Buffer) => framesOf(bytes).map((frame) => frame.payload.toString());

describe('Outbox', () => {
  describe('writes', () => {
    it('once for all that is added while it is corked', () => {
      const { outbox, transport } = setUp();
      outbox.cork();
      for (let i = 0; i < 100; i++) text(outbox, `message ${i}`);
      expect(transport.writes).to.have.length(0);
      outbox.uncork();
      expect(transport.writes).to.have.length(1);
      expect(payloads(transport.bytes)).to.deep.equal(Array.from({ length: 100 }, (_, i) => `message ${i}`));
    });

    it('once for all that is added in one iteration of the event loop', async () => {
      const { outbox, transport } = setUp();
      text(outbox, 'a');
      process.nextTick(() => text(outbox, 'b'));
      void Promise.resolve().then(() => text(outbox, 'c'));
      await iteration();
      expect(transport.writes).to.have.length(1);
      expect(payloads(transport.bytes).sort()).to.deep.equal(['a', 'b', 'c']);
    });

    it('nothing when there is nothing', async () => {
      const { outbox, transport } = setUp();
      outbox.cork();
      outbox.uncork();
      outbox.flush();
      await iteration();
      expect(transport.writes).to.have.length(0);
    });

    it('at once when 64 KiB are there', () => {
      const { outbox, transport } = setUp();
      for (let i = 0; i < 70; i++) text(outbox, 'x'.repeat(1000));
      expect(transport.writes).to.have.length(1);
    });

    it('one vector when it is large, without copying large payloads', async () => {
      const { outbox, transport } = setUp();
      const payload = Buffer.alloc(100_000, 1);
      outbox.cork();
      text(outbox, 'before');
      outbox.appendData(Opcode.Binary, true, payload);
      text(outbox, 'after');
      outbox.uncork();
      await iteration();
      expect(transport.writes).to.have.length(1);
      expect(transport.lastChunks.some((chunk) => chunk.buffer === payload.buffer)).to.equal(true);
      expect(framesOf(transport.bytes).map((frame) => frame.payload.length)).to.deep.equal([6, 100_000, 5]);
    });

    it('copies a large payload where it has to be masked, and leaves the original alone', () => {
      const { outbox, transport } = setUp();
      const payload = Buffer.alloc(100_000, 1);
      outbox.appendData(Opcode.Binary, true, payload, 0x12345678);
      const [frame] = framesOf(transport.bytes);
      expect(frame!.masked).to.equal(true);
      expect(frame!.payload.equals(payload)).to.equal(true);
      expect(payload.every((byte) => byte === 1)).to.equal(true);
    });

    for (const size of [0, 1, 125, 126, 127, 32 * 1024 - 20, 32 * 1024, 65_535, 65_536, 70_000]) {
      for (const character of ['x', 'é', '€', '😀']) {
        it(`a text of ${size} times ${character}`, async () => {
          const { outbox, transport } = setUp();
          text(outbox, character.repeat(size));
          await iteration();
          expect(payloads(transport.bytes)).to.deep.equal([character.repeat(size)]);
        });
      }
    }
  });

  describe('shared frames', () => {
    const shared = Buffer.concat(['one', 'two', 'three'].map((message) => frameBytes(Opcode.Text, message)));
    const ends = [0, 5, 10, 17];

    it('are written in the order of the calls, between the own ones', async () => {
      const { outbox, transport } = setUp();
      text(outbox, 'a');
      outbox.addShared(shared, ends[0]!, ends[1]!);
      text(outbox, 'b');
      outbox.addShared(shared, ends[1]!, ends[3]!);
      await iteration();
      expect(transport.writes).to.have.length(1);
      expect(payloads(transport.bytes)).to.deep.equal(['a', 'one', 'b', 'two', 'three']);
    });

    it('become one range, uncopied, where each goes on where the last one ended', async () => {
      const { outbox, transport } = setUp();
      outbox.addShared(shared, ends[0]!, ends[1]!);
      outbox.addShared(shared, ends[1]!, ends[2]!);
      outbox.addShared(shared, ends[2]!, ends[3]!);
      await iteration();
      expect(transport.lastChunks).to.have.length(1);
      expect(transport.lastChunks[0]!.buffer).to.equal(shared.buffer);
      expect(payloads(transport.bytes)).to.deep.equal(['one', 'two', 'three']);
    });

    it('are gathered into one chunk while they are small', async () => {
      const { outbox, transport } = setUp();
      for (let i = 0; i < 50; i++) {
        text(outbox, 'own');
        outbox.addShared(shared, ends[0]!, ends[1]!);
      }
      await iteration();
      expect(transport.lastChunks).to.have.length(1);
      expect(payloads(transport.bytes)).to.have.length(100);
    });

    it('wait for the end of a message in fragments, then come in order', async () => {
      const { outbox, transport } = setUp();
      text(outbox, 'be', false);
      outbox.addShared(shared, ends[0]!, ends[1]!);
      outbox.addShared(shared, ends[1]!, ends[2]!);
      outbox.appendControl(Opcode.Ping, Buffer.from('!'));
      text(outbox, 'gin', true);
      text(outbox, 'next');
      await iteration();
      const frames = framesOf(transport.bytes);
      expect(frames.map((frame) => frame.payload.toString())).to.deep.equal(['be', '!', 'gin', 'one', 'two', 'next']);
      expect(frames.map((frame) => frame.opcode)).to.deep.equal([1, 9, 0, 1, 1, 1]);
      expect(frames.map((frame) => frame.fin)).to.deep.equal([false, true, true, true, true, true]);
      expect(outbox.amount).to.equal(0);
    });

    it('that wait count as buffered', () => {
      const { outbox } = setUp();
      outbox.cork();
      text(outbox, 'x', false);
      const before = outbox.amount;
      outbox.addShared(shared, 0, shared.length);
      expect(outbox.amount).to.equal(before + shared.length);
    });

    it('that wait do not keep a sender of fragments from draining: only its last one lets them go', () => {
      const { outbox, owner } = setUp({ highWaterMark: 10, lowWaterMark: 5 });
      text(outbox, 'x'.repeat(100), false);
      outbox.addShared(shared, 0, shared.length);
      outbox.flush();
      return iteration().then(() => expect(owner.drained).to.equal(1));
    });
  });

  describe('with a transport that is full', () => {
    it('writes nothing more until it drains, then all at once', async () => {
      const { outbox, transport } = setUp({}, new RecordingTransport({ writableHighWaterMark: 100 }));
      transport.block();
      text(outbox, 'x'.repeat(200));
      await iteration();
      transport.on('drain', () => outbox.flush());
      for (let i = 0; i < 10; i++) {
        text(outbox, `later ${i}`);
        await iteration();
      }
      expect(transport.writableLength).to.be.lessThan(300);
      expect(outbox.length).to.be.greaterThan(50);
      transport.unblock();
      await iteration();
      expect(transport.writes).to.have.length(2);
      expect(payloads(transport.bytes)).to.have.length(11);
    });

    it('keeps a frame whole: its payload never waits behind a header that was written', async () => {
      const { outbox, transport } = setUp({}, new RecordingTransport({ writableHighWaterMark: 1000 }));
      transport.block();
      // The header of the large frame is what fills up the 64 KiB from which on it writes at once.
      text(outbox, 'x'.repeat(32_000));
      text(outbox, 'x'.repeat(32_000));
      text(outbox, 'x'.repeat(64 * 1024 - outbox.length - 4 - 2));
      expect(outbox.length).to.equal(64 * 1024 - 2);
      outbox.appendData(Opcode.Binary, true, Buffer.alloc(200_000));
      outbox.drop(() => new Error('too slow'));
      outbox.appendControl(Opcode.Close, Buffer.from([3, 240]));
      transport.on('drain', () => outbox.flush());
      transport.unblock();
      await iteration();
      await iteration();
      expect(framesOf(transport.bytes).at(-1)).to.have.property('opcode', Opcode.Close);
    });

    it('does not keep the buffers alive that it shares with busier connections', async () => {
      const { outbox, transport } = setUp();
      const busy = setUp();
      transport.block();
      const filler = 'x'.repeat(10_000);
      for (let i = 0; i < 60; i++) {
        text(outbox, `${i} ${'x'.repeat(1000)}`);
        outbox.addShared(Buffer.concat([frameBytes(Opcode.Text, 's'), Buffer.alloc(slabSize)]), 0, 3);
        // Others fill the shared buffer, so that each message of ours lies in another one.
        for (let j = 0; j < 27; j++) text(busy.outbox, filler);
        await iteration();
      }
      const waiting = (transport as unknown as { _writableState: object })._writableState;
      const buffers = new Set([...reachableBuffers(waiting, transport), ...reachableBuffers(outbox, transport)]);
      let pinned = 0;
      for (const buffer of buffers) pinned += buffer.byteLength;
      expect(pinned).to.be.lessThan(4 * slabSize);
      transport.on('drain', () => outbox.flush());
      transport.unblock();
      await iteration();
      const received = payloads(transport.bytes).map((message) => message.split(' ')[0]);
      expect(received).to.deep.equal(Array.from({ length: 120 }, (_, i) => (i % 2 ? 's' : String(i / 2))));
    });
  });

  describe('draining', () => {
    it('tells when it is down to the low watermark, after having been above the high one', async () => {
      const { outbox, transport, owner } = setUp({ highWaterMark: 1000, lowWaterMark: 100 });
      transport.block();
      text(outbox, 'x'.repeat(2000));
      outbox.flush();
      await iteration();
      expect(owner.drained).to.equal(0);
      transport.unblock();
      await iteration();
      expect(owner.drained).to.equal(1);
    });

    it('tells nothing when it never was above', async () => {
      const { outbox, owner } = setUp();
      text(outbox, 'x');
      await iteration();
      await iteration();
      expect(owner.drained).to.equal(0);
    });
  });

  describe('whenWritten()', () => {
    it('calls back in order, when the bytes are written', async () => {
      const { outbox, transport } = setUp();
      const log: string[] = [];
      transport.block();
      text(outbox, 'a');
      outbox.whenWritten(() => log.push('a'));
      text(outbox, 'b');
      outbox.whenWritten(() => log.push('b'));
      await iteration();
      expect(log).to.deep.equal([]);
      transport.unblock();
      await iteration();
      expect(log).to.deep.equal(['a', 'b']);
    });

    it('calls back soon, never at once, when nothing waits', async () => {
      const { outbox } = setUp();
      let called = 0;
      outbox.whenWritten(() => called++);
      expect(called).to.equal(0);
      await iteration();
      expect(called).to.equal(1);
    });

    it('waits for what the transport still holds', async () => {
      const { outbox, transport } = setUp();
      let called = 0;
      transport.block();
      text(outbox, 'a');
      outbox.flush();
      outbox.whenWritten(() => called++);
      await iteration();
      expect(called).to.equal(0);
      transport.unblock();
      await iteration();
      expect(called).to.equal(1);
      expect(payloads(transport.bytes)).to.deep.equal(['a']);
    });

    it('does not write behind the end of the transport, and tells the error when all is dropped', async () => {
      const { outbox, transport } = setUp();
      const errors: unknown[] = [];
      let broken: unknown;
      transport.on('error', (error) => {
        broken = error;
      });
      transport.block();
      text(outbox, 'a');
      outbox.finish();
      expect(transport.writableEnded).to.equal(true);
      outbox.whenWritten((error) => errors.push(error?.message));
      await iteration();
      expect(broken).to.equal(undefined);
      outbox.drop(() => new Error('closed'));
      expect(errors).to.deep.equal(['closed']);
    });

    it('hands what a callback throws to the connection, and goes on with the next', async () => {
      const { outbox, owner } = setUp();
      let called = 0;
      const broken = () => {
        throw new Error('mine');
      };
      outbox.whenWritten(broken);
      text(outbox, 'a');
      outbox.whenWritten(broken);
      outbox.whenWritten(() => called++);
      await iteration();
      await iteration();
      text(outbox, 'b');
      outbox.whenWritten(broken);
      outbox.whenWritten(() => called++);
      outbox.drop(() => new Error('closed'));
      expect(called).to.equal(2);
      expect(owner.thrown.map((error) => (error as Error).message)).to.deep.equal(['mine', 'mine', 'mine']);
    });
  });

  describe('drop()', () => {
    it('forgets what waits and tells the callbacks', async () => {
      const { outbox, transport } = setUp();
      const errors: unknown[] = [];
      text(outbox, 'a');
      outbox.whenWritten((error) => errors.push(error?.message));
      text(outbox, 'be', false);
      outbox.addShared(frameBytes(Opcode.Text, 'x'), 0, 3);
      outbox.drop(() => new Error('gone'));
      await iteration();
      expect(errors).to.deep.equal(['gone']);
      expect(outbox.amount).to.equal(0);
      expect(transport.writes).to.have.length(0);
    });
  });

  describe('finish()', () => {
    it('ends the transport at once when nothing waits', () => {
      const { outbox, transport } = setUp();
      outbox.finish();
      expect(transport.writableEnded).to.equal(true);
    });

    it('writes what waits before', async () => {
      const { outbox, transport } = setUp();
      text(outbox, 'last');
      outbox.finish();
      outbox.finish();
      await iteration();
      await iteration();
      expect(payloads(transport.bytes)).to.deep.equal(['last']);
      expect(transport.finished).to.equal(true);
    });

    it('waits until a full transport has drained', async () => {
      const { outbox, transport } = setUp({}, new RecordingTransport({ writableHighWaterMark: 10 }));
      transport.on('drain', () => outbox.flush());
      transport.block();
      text(outbox, 'first message');
      outbox.flush();
      text(outbox, 'last');
      outbox.finish();
      expect(transport.writableEnded).to.equal(false);
      transport.unblock();
      await iteration();
      expect(payloads(transport.bytes)).to.deep.equal(['first message', 'last']);
      expect(transport.writableEnded).to.equal(true);
    });

    it('survives a transport that somebody else has ended', async () => {
      const { outbox, transport } = setUp();
      const errors: unknown[] = [];
      transport.on('error', (error) => errors.push(error));
      text(outbox, 'late');
      transport.end();
      await iteration();
      outbox.finish();
      outbox.flush();
      await iteration();
      expect(errors).to.deep.equal([]);
    });
  });
});

/** The memory behind all Buffers that can be reached from an object. */
function reachableBuffers(from: unknown, except: unknown, seen = new Set<unknown>()): Set<ArrayBufferLike> {
  const found = new Set<ArrayBufferLike>();
  const visit = (value: unknown) => {
    if (value === null || typeof value !== 'object' || value === except || seen.has(value)) return;
    seen.add(value);
    if (Buffer.isBuffer(value)) found.add(value.buffer);
    else for (const key of Reflect.ownKeys(value)) visit((value as Record<PropertyKey, unknown>)[key]);
  };
  visit(from);
  return found;
}
