import { expect } from 'chai';
import { RoomRecord, type Said } from './support/room-record';
import { type Answered, judge, type RoomLog } from './support/verdict';

const entry = (offset: number, name = 'ann'): Said => ({
  epoch: 'e',
  offset,
  text: `${name}#${offset}`,
  key: `k${offset}`,
});

function logOf(...entries: Said[]): RoomLog {
  return { room: 'room', epoch: 'e', entries };
}

/** A client that has come at `start`, and has got these. */
function clientWith(start: number, ...entries: Said[]): Answered & { record: RoomRecord } {
  const record = new RoomRecord('room');
  record.joined({ epoch: 'e', offset: start }, [], false);
  for (const { key, ...said } of entries) record.message({ ...said, key: key! });
  return {
    ...{ name: 'bob', record, records: new Map([['room', record]]) },
    ...{ acknowledged: new Map(), unanswered: [], mistakes: [] },
  };
}

const faultsOf = (client: Answered, log: RoomLog) => judge([client], [log]).faults.join('\n');

describe('verdict', () => {
  it('finds nothing wrong in who has the log from where it came', () => {
    const log = logOf(entry(1), entry(2), entry(3), entry(5));
    const { faults, logged, compared } = judge([clientWith(1, entry(2), entry(3), entry(5)), clientWith(5)], [log]);
    expect({ faults, logged, compared }).to.deep.equal({ faults: [], logged: 4, compared: 3 });
  });

  it('finds what is missing in the middle, and at the end', () => {
    const log = logOf(entry(1), entry(2), entry(3));
    expect(faultsOf(clientWith(0, entry(1), entry(3)), log)).to.equal(
      "bob: room: it has 'ann#3' (k3) at 3 where the log has 'ann#2' (k2) at 2",
    );
    expect(faultsOf(clientWith(0, entry(1)), log)).to.equal(
      "bob: room: it ends before 'ann#2' (k2) at 2, and 2 are missing",
    );
  });

  it('finds what the log does not have', () => {
    expect(faultsOf(clientWith(0, entry(1)), logOf())).to.contain("it has 'ann#1' (k1) at 1 where the log has nothing");
    expect(faultsOf(clientWith(0, { ...entry(1), text: 'ann#7' }), logOf(entry(1)))).to.contain("it has 'ann#7'");
  });

  it('allows what is missing where a gap was told, and nowhere else', () => {
    const log = logOf(entry(1), entry(2), entry(3), entry(4), entry(5));
    const client = clientWith(0, entry(1));
    client.record.joined({ epoch: 'e', offset: 3 }, [{ text: 'ann#3', key: 'k3', offset: 3 }], true);
    client.record.message({ text: 'ann#4', key: 'k4', offset: 4 });
    client.record.message({ text: 'ann#5', key: 'k5', offset: 5 });
    expect(judge([client], [log])).to.deep.include({ faults: [], gaps: 1 });
    const other = clientWith(0, entry(1));
    other.record.joined({ epoch: 'e', offset: 3 }, [{ text: 'ann#3', key: 'k3', offset: 3 }], true);
    other.record.message({ text: 'ann#5', key: 'k5', offset: 5 });
    expect(faultsOf(other, log)).to.contain("it has 'ann#5' (k5) at 5 where the log has 'ann#4' (k4) at 4");
  });

  it('finds what is in the log twice, or in another order than it was said in', () => {
    const twice = logOf(entry(1), { ...entry(2), key: 'k1' });
    expect(faultsOf(clientWith(2), twice)).to.contain("the log of room has 'ann#2' twice: 1 and 2");
    const reordered = logOf({ ...entry(1), text: 'ann#2' }, { ...entry(2), text: 'ann#1' });
    expect(faultsOf(clientWith(2), reordered)).to.contain('the log of room has ann#1 behind ann#2');
  });

  it('finds what was acknowledged and is not there, and what was never answered', () => {
    const acknowledged = new Map([['k9', { room: 'room', offset: 9 }]]);
    const client = { ...clientWith(1), acknowledged, unanswered: ['k8'], mistakes: ['it got the error unknown-type'] };
    expect(judge([client], [logOf(entry(1))]).faults).to.deep.equal([
      'bob: it got the error unknown-type',
      'bob: room: k9 was acknowledged at 9, and the log has it at undefined',
      'bob: k8 was never answered',
    ]);
  });
});
