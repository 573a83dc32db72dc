import { Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { Outbox } from '../../src/connection/outbox';
import { uncounted } from '../../src/diagnostics/counters';
import { Opcode } from '../../src/protocol/opcode';
import { frameBytes } from '../support/raw-peer';
import { iteration } from '../support/recording-transport';

describe('Outbox: several that share the slab', () => {
  it('keeps every byte, whatever the transports do, while all encode into one slab', async () => {
    const step = fc.record({
      who: fc.nat(2),
      size: fc.oneof(fc.nat(200), fc.nat(2000), fc.constantFrom(16_000, 33_000, 70_000)),
      kind: fc.constantFrom('text', 'binary', 'shared', 'ping'),
      corked: fc.boolean(),
      slow: fc.constantFrom('fast', 'slow', 'turn'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const ends = [0, 1, 2].map(() => new UnsteadySocket());
        const outboxes = ends.map((end) => {
          const transportDrain = () => outbox.flush();
          const ignore = () => {};
          const owner = {
            counters: uncounted,
            transportDrain,
            transportFull: ignore,
            outboxDrained: ignore,
            failWith: ignore,
          };
          const outbox = new Outbox(end, { highWaterMark: 64 * 1024, lowWaterMark: 16 * 1024 }, owner);
          end.on('drain', transportDrain);
          return outbox;
        });
        const expected: Buffer[][] = [[], [], []];
        let fill = 0;
        for (const { who, size, kind, corked, slow } of steps) {
          const outbox = outboxes[who]!;
          fill = (fill + 1) % 26;
          const payload = Buffer.alloc(kind === 'ping' ? Math.min(size, 125) : size, 97 + fill);
          ends[who]!.slow = slow === 'slow';
          if (corked) outbox.cork();
          if (kind === 'text') outbox.appendData(Opcode.Text, true, payload.toString());
          else if (kind === 'binary') outbox.appendData(Opcode.Binary, true, payload);
          else if (kind === 'ping') outbox.appendControl(Opcode.Ping, payload);
          const opcode = kind === 'binary' ? Opcode.Binary : kind === 'ping' ? Opcode.Ping : Opcode.Text;
          const frame = frameBytes(opcode, payload);
          if (kind === 'shared') outbox.addShared(frame, 0, frame.length);
          expected[who]!.push(frame);
          if (corked) outbox.uncork();
          if (slow === 'turn') await iteration();
        }
        await iteration();
        for (const end of ends) end.catchUp();
        for (let turns = 0; outboxes.some((outbox) => outbox.amount > 0) && turns < 100; turns++) await iteration();
        ends.forEach((end, who) => {
          expect(Buffer.concat(end.received).equals(Buffer.concat(expected[who]!))).to.equal(true);
        });
      }),
      { numRuns: 150 },
    );
  });
});

/** A socket as the outbox knows them, whose writes are done at once, or some time later. */
class UnsteadySocket extends Socket {
  slow = false;
  readonly received: Buffer[] = [];
  private readonly late: Array<() => void> = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.accept([chunk], callback);
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, callback: () => void): void {
    this.accept(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  catchUp(): void {
    this.slow = false;
    for (const done of this.late.splice(0)) done();
  }

  private accept(chunks: Buffer[], callback: () => void): void {
    const done = () => {
      this.received.push(...chunks.map((chunk) => Buffer.from(chunk)));
      callback();
    };
    if (this.slow) this.late.push(done);
    else done();
  }
}
