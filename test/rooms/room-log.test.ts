import { expect } from 'chai';
import type { HistoryLimits } from '../../src/rooms/adapter';
import { RoomLog } from '../../src/rooms/room-log';

const ample: HistoryLimits = { count: 1_000_000, bytes: 1e9, age: 1e9 };

function envelope(data: string | Buffer | object) {
  return { id: 'i', node: 'n', at: 0, data };
}

function filled(count: number, limits = ample): RoomLog {
  const log = new RoomLog('life');
  for (let index = 1; index <= count; index++) log.append(envelope(`${index}`), limits, 0);
  return log;
}

function offsets(log: RoomLog): number[] {
  return log.read({ limit: 1e9 }).entries.map(({ offset }) => offset);
}

describe('RoomLog', () => {
  it('gives offsets from 1, without holes', () => {
    const log = filled(3);
    expect(offsets(log)).to.deep.equal([1, 2, 3]);
    expect(log.position).to.deep.equal({ epoch: 'life', offset: 3 });
  });

  it('keeps to a count for as long as one likes', () => {
    const log = filled(10_000, { ...ample, count: 7 });
    expect(offsets(log)).to.deep.equal([9994, 9995, 9996, 9997, 9998, 9999, 10_000]);
    log.trim({ ...ample, count: 0 }, 0);
    expect(offsets(log)).to.deep.equal([]);
    expect(log.bytes).to.equal(0);
    expect(log.position.offset).to.equal(10_000);
  });

  it('counts the bytes of UTF-8, of bytes and, roughly, of JSON', () => {
    for (const [data, bytes] of [
      ['äöü', 6],
      [Buffer.alloc(100), 100],
      [{ text: 'x'.repeat(1000) }, 1010],
      [{ list: ['x'.repeat(500), { deep: 'x'.repeat(500) }], none: null }, 1060],
    ] as const) {
      const log = new RoomLog('life');
      log.append(envelope(data), { ...ample, bytes: bytes + 1 }, 0);
      expect(offsets(log), `${bytes} bytes fit`).to.deep.equal([1]);
      log.append(envelope(data), { ...ample, bytes: bytes + 1 }, 0);
      expect(offsets(log), 'two do not').to.deep.equal([2]);
    }
  });

  it('keeps to an age', () => {
    const log = new RoomLog('life');
    for (const time of [0, 10, 20]) log.append(envelope('x'), ample, time);
    log.trim({ ...ample, age: 10 }, 20);
    expect(offsets(log)).to.deep.equal([2, 3]);
  });

  it('says what is missing since any offset', () => {
    const log = filled(10, { ...ample, count: 4 });
    for (let offset = 0; offset <= 12; offset++) {
      const page = log.read({ since: { epoch: 'life', offset } });
      const missed = offset > 10 ? [7, 8, 9, 10] : [7, 8, 9, 10].filter((each) => each > offset);
      expect(page.entries.map((entry) => entry.offset)).to.deep.equal(missed);
      expect(page.gap, `since ${offset}`).to.equal(offset < 6 || offset > 10);
    }
  });

  it('is read backwards from any offset', () => {
    const log = filled(10, { ...ample, count: 4 });
    for (let offset = 0; offset <= 12; offset++) {
      const page = log.read({ before: { epoch: 'life', offset }, limit: 2 });
      const older = [7, 8, 9, 10].filter((each) => each < offset);
      expect(page.entries.map((entry) => entry.offset)).to.deep.equal(older.slice(-2));
      expect(page.more).to.equal(older.length > 2);
    }
  });
});
