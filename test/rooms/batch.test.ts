import { expect } from 'chai';
import { Opcode } from '../../src/protocol/opcode';
import { Batch, BatchArena, slabSize } from '../../src/rooms/batch';

const text = 0x80 | Opcode.Text;
const binary = 0x80 | Opcode.Binary;

/** The payload of the one unmasked frame that the batch encoded last. */
function lastPayload(batch: Batch): Buffer {
  const frame = batch.buffer.subarray(batch.start, batch.end);
  const short = frame[1]!;
  if (short < 126) {
    expect(frame.length).to.equal(2 + short);
    return frame.subarray(2);
  }
  const header = short === 126 ? 4 : 10;
  const length = short === 126 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
  expect(frame.length).to.equal(header + length);
  return frame.subarray(header);
}

describe('batch', () => {
  it('encodes one unmasked frame', () => {
    const batch = new Batch();
    new BatchArena().encode(batch, text, 'Hello');
    expect(batch.buffer.subarray(batch.start, batch.end).toString('hex')).to.equal('810548656c6c6f');
  });

  for (const length of [0, 1, 124, 125, 126, 127, 5000, 16_370, 65_535, 65_536, 1_000_000]) {
    it(`encodes ${length} bytes, ASCII, three-byte characters and binary`, () => {
      const arena = new BatchArena();
      const batch = new Batch();
      for (const payload of ['x'.repeat(length), '€'.repeat(length)]) {
        arena.encode(batch, text, payload);
        expect(batch.buffer[batch.start]).to.equal(0x81);
        expect(lastPayload(batch).toString() === payload).to.equal(true);
      }
      const bytes = Buffer.alloc(length, 7);
      arena.encode(batch, binary, bytes);
      expect(batch.buffer[batch.start]).to.equal(0x82);
      expect(lastPayload(batch).equals(bytes)).to.equal(true);
    });
  }

  it('puts the frames of one room one behind the other', () => {
    const arena = new BatchArena();
    const batch = new Batch();
    arena.encode(batch, text, 'first');
    const { buffer, start } = batch;
    for (let i = 0; i < 100; i++) {
      const before = batch.end;
      arena.encode(batch, text, 'näxt'.repeat(i));
      expect(batch.buffer).to.equal(buffer);
      expect(batch.start).to.equal(before);
    }
    expect(buffer.subarray(start, start + 7).toString('latin1')).to.equal('\x81\x05first');
  });

  it('leaves few ranges where two rooms publish in turn', () => {
    const arena = new BatchArena();
    const rooms = [new Batch(), new Batch()];
    const ranges = [0, 0];
    for (let i = 0; i < 200; i++) {
      rooms.forEach((batch, room) => {
        const { buffer, end } = batch;
        arena.encode(batch, text, `message ${i}`);
        if (batch.buffer !== buffer || batch.start !== end) ranges[room]!++;
      });
    }
    expect(Math.max(...ranges)).to.be.at.most(9);
  });

  it('takes no more than their frames for rooms that publish once', () => {
    const arena = new BatchArena();
    const slabs = new Set<Buffer>();
    for (let i = 0; i < 6000; i++) {
      const batch = new Batch();
      arena.encode(batch, text, 'x'.repeat(98));
      slabs.add(batch.buffer);
    }
    expect(slabs.size).to.be.at.most(Math.ceil((6000 * 100) / slabSize) + 1);
  });

  it('never writes where a frame lies already', () => {
    const arena = new BatchArena();
    const rooms = Array.from({ length: 7 }, () => new Batch());
    const sent: { bytes: Buffer; copy: Buffer }[] = [];
    let seed = 1;
    for (let i = 0; i < 5000; i++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const batch = rooms[seed % rooms.length]!;
      const length = i % 500 === 0 ? 20_000 : seed % 300;
      arena.encode(batch, text, (i % 3 === 0 ? 'ü' : 'u').repeat(length));
      const bytes = batch.buffer.subarray(batch.start, batch.end);
      sent.push({ bytes, copy: Buffer.from(bytes) });
    }
    expect(sent.every(({ bytes, copy }) => bytes.equals(copy))).to.equal(true);
  });
});
