import { expect } from 'chai';
import { InFlight } from '../../../src/cli/bench/in-flight';

/** Messages `first`, `first + 1`, …, sent at the times 0, 1, … */
function sent(count: number, first = 0): InFlight {
  const inFlight = new InFlight(first);
  for (let time = 0; time < count; time++) inFlight.push(time);
  return inFlight;
}

describe('the ring of messages in flight', () => {
  it('says when the oldest was sent', () => {
    const inFlight = sent(3);
    expect([inFlight.take(0), inFlight.take(1), inFlight.take(2)]).to.deep.equal([0, 1, 2]);
    expect(inFlight.size).to.equal(0);
  });

  it('knows an answered message no more', () => {
    const inFlight = sent(2);
    inFlight.take(0);
    expect(inFlight.take(0)).to.equal(undefined);
    expect(inFlight.size).to.equal(1);
  });

  it('does not know a message that was not sent', () => {
    expect(sent(2).take(2)).to.equal(undefined);
    expect(sent(2, 10).take(9)).to.equal(undefined);
  });

  it('takes answers in another order, and then goes on behind them', () => {
    const inFlight = sent(4);
    expect([inFlight.take(2), inFlight.take(1)]).to.deep.equal([2, 1]);
    expect(inFlight.take(2)).to.equal(undefined);
    expect([inFlight.oldest, inFlight.size]).to.deep.equal([0, 2]);
    inFlight.take(0);
    expect([inFlight.oldest, inFlight.size]).to.deep.equal([3, 1]);
  });

  it('stays as small as what is in flight, and grows when that is more', () => {
    const inFlight = sent(10);
    for (let sequence = 0; sequence < 10; sequence++) inFlight.take(sequence);
    for (let time = 10; time < 110; time++) inFlight.push(time);
    const times = Array.from({ length: 100 }, (_, index) => inFlight.take(10 + index));
    expect(times).to.deep.equal(Array.from({ length: 100 }, (_, index) => 10 + index));
  });

  it('keeps what was answered when it grows', () => {
    const inFlight = sent(16);
    inFlight.take(5);
    inFlight.push(16);
    expect(inFlight.take(5)).to.equal(undefined);
    expect(inFlight.size).to.equal(16);
  });

  it('finds the oldest with a number of which there are several', () => {
    const inFlight = sent(10, 7);
    expect(inFlight.find(1, 4)).to.equal(9);
    inFlight.take(9);
    expect(inFlight.find(1, 4)).to.equal(13);
    inFlight.take(13);
    expect(inFlight.find(1, 4)).to.equal(undefined);
  });
});
