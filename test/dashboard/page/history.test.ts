import { expect } from 'chai';
import { columns, History, totals } from '../../../src/dashboard/page/history';
import type { Sample } from '../../../src/dashboard/wire';

function sample(second: number, given: Partial<Sample> = {}): Sample {
  return { at: 1_000 * second, received: second, closedBy: {}, ...given } as Sample;
}

const received = ({ received }: Sample) => received;

describe('dashboard history', () => {
  it('has nothing before there is something', () => {
    const history = new History();
    history.add([]);
    expect(history.last).to.equal(undefined);
    expect(history.window(60)).to.deep.equal([]);
  });

  it('gives the last so many seconds, and keeps ten minutes', () => {
    const history = new History();
    for (let second = 1; second <= 1_000; second++) history.add([sample(second)]);
    expect(history.window(60).map(received)).to.deep.equal(Array.from({ length: 61 }, (_, index) => 940 + index));
    expect(history.window(10_000)).to.have.lengthOf(601);
  });

  it('takes the history of a server that it is connected to again, and keeps what that does not know', () => {
    const history = new History();
    history.add([sample(1), sample(2), sample(3), sample(4)]);
    history.add([sample(3, { received: 30 }), sample(4), sample(5)]);
    expect(history.window(60).map(received)).to.deep.equal([1, 2, 30, 4, 5]);
    history.add([sample(9)]);
    expect(history.window(60)).to.have.lengthOf(6);
  });

  it('becomes columns, with nothing where samples are missing', () => {
    const samples = [sample(1), sample(2), sample(9)];
    expect(columns(samples, [received, () => null])).to.deep.equal([
      [1, 2, 3, 9],
      [1, 2, null, 9],
      [null, null, null, null],
    ]);
  });

  it('adds up how often each code came', () => {
    const samples = [sample(1, { closedBy: { 1000: 1, 1006: 2 } }), sample(2), sample(3, { closedBy: { 1006: 2 } })];
    expect(totals(samples, ({ closedBy }) => closedBy)).to.deep.equal([
      ['1006', 4],
      ['1000', 1],
    ]);
  });
});
