import { expect } from 'chai';
import { gap, RoomRecord } from './support/room-record';

const at = (offset: number, epoch = 'e') => ({ epoch, offset });
const message = (offset: number | null, key = `key-${offset}`) => ({ text: `text of ${key}`, offset, key });

describe('room record', () => {
  let record: RoomRecord;
  beforeEach(() => {
    record = new RoomRecord('room');
    record.joined(at(5), [], false);
  });

  const offsets = () => record.said.map((one) => (one === gap ? gap : one.offset));

  it('has live messages, placed ones, its own and missed ones in one order', () => {
    record.message(message(6));
    record.message(message(null, 'a'));
    record.placed('a', 7);
    record.sent('mine', 'mine', 8);
    record.joined(at(10), [message(9), message(10)], false);
    expect(offsets()).to.deep.equal([6, 7, 8, 9, 10]);
    expect(record).to.deep.include({ mistakes: [], position: at(10), start: at(5), unplaced: 0 });
  });

  it('begins where `position` says, when the broker was away', () => {
    record = new RoomRecord('room');
    record.joined(null, [], false);
    record.message(message(null, 'a'));
    record.positionTold(at(3), false);
    record.placed('a', 4);
    expect(offsets()).to.deep.equal([4]);
    expect(record).to.deep.include({ mistakes: [], start: at(3) });
  });

  it('takes what it had without a place from `missed`, on another connection', () => {
    record.message(message(null, 'a'));
    record.connectionLost();
    record.joined(at(6), [message(6, 'a')], false);
    expect(offsets()).to.deep.equal([6]);
    expect(record).to.deep.include({ mistakes: [], unplaced: 0 });
  });

  it('takes an acknowledgement of what has come among the missed', () => {
    record.joined(at(6), [message(6, 'mine')], false);
    record.sent('mine', 'mine', 6);
    expect(record.mistakes).to.deep.equal([]);
    record.sent('mine', 'mine', 7);
    expect(record.mistakes).to.deep.equal(["room: 'mine' is at 6 and was sent at 7"]);
  });

  it('knows where it may lack something', () => {
    record.message(message(6));
    record.joined(at(20), [message(19), message(20)], true);
    record.positionTold(at(2, 'f'), true);
    record.message(message(3));
    expect(offsets()).to.deep.equal([6, gap, 19, 20, gap, 3]);
    expect(record.mistakes).to.deep.equal([]);
  });

  for (const [what, happens, mistake] of [
    [
      'a message twice',
      () => {
        record.message(message(6));
        record.message(message(6));
      },
      'came twice: 6 and live 6',
    ],
    [
      'an older message behind a newer one',
      () => {
        record.message(message(8));
        record.message(message(7));
      },
      'at 7 came behind 8',
    ],
    [
      'a message behind its `placed`',
      () => {
        record.message(message(null, 'a'));
        record.placed('a', 6);
        record.message(message(null, 'a'));
      },
      'came without offset behind its place',
    ],
    [
      'a message in place of `placed`',
      () => {
        record.message(message(null, 'a'));
        record.message(message(6, 'a'));
      },
      'came again with its place',
    ],
    ['`placed` of what never came', () => record.placed('a', 6), 'placed a at 6, which had not come'],
    ['another epoch that nobody told of', () => record.joined(at(9, 'f'), [], false), 'the epoch became f'],
    ['a position that goes back', () => record.positionTold(at(4), false), 'went back from 5 to 4'],
  ] as const) {
    it(`notes ${what}`, () => {
      happens();
      expect(record.mistakes.join()).to.contain(mistake);
    });
  }
});
