import { expect } from 'chai';
import { type Clock, dueBy, follow } from '../../../src/cli/bench/timetable';

/** Time passes when somebody waits, and as much longer as the process is said to be busy. */
class FakeTime implements Clock {
  time = 1000;
  busy = 0;

  now(): number {
    return this.time;
  }

  soon(delay: number, callback: () => void): void {
    this.time += Math.max(0, delay) + this.busy;
    setImmediate(callback);
  }
}

const never = new AbortController().signal;

describe('a timetable', () => {
  it('begins at once, and goes on at intervals', () => {
    const timetable = { interval: 10, count: 4 };
    const due = [-1, 0, 9.9, 10, 25, 30, 1000].map((elapsed) => dueBy(timetable, elapsed));
    expect(due).to.deep.equal([0, 1, 1, 2, 3, 4, 4]);
  });

  it('without intervals has all due at once', () => {
    expect(dueBy({ interval: 0, count: 4 }, 0)).to.equal(4);
  });

  it('is followed on time', async () => {
    const clock = new FakeTime();
    const acts: [number, number, number][] = [];
    await follow({ interval: 20, count: 4 }, (index, due) => acts.push([index, due, clock.time]), never, clock);
    expect(acts).to.deep.equal([
      [0, 1000, 1000],
      [1, 1020, 1020],
      [2, 1040, 1040],
      [3, 1060, 1060],
    ]);
  });

  it('has each thing done when the process was busy, and says when it was due', async () => {
    const clock = new FakeTime();
    clock.busy = 35;
    const acts: [number, number, number][] = [];
    await follow({ interval: 20, count: 4 }, (index, due) => acts.push([index, due, clock.time]), never, clock);
    expect(acts).to.deep.equal([
      [0, 1000, 1000],
      [1, 1020, 1055],
      [2, 1040, 1055],
      [3, 1060, 1095],
    ]);
  });

  it('has no end but the signal', async () => {
    const end = new AbortController();
    let acts = 0;
    const act = () => {
      if (++acts === 50) end.abort();
    };
    await follow({ interval: 5, count: Number.POSITIVE_INFINITY }, act, end.signal, new FakeTime());
    expect(acts).to.equal(50);
  });

  it('sees the signal long before something is due', async () => {
    const end = new AbortController();
    const clock = new FakeTime();
    const following = follow({ interval: 3_600_000, count: 2 }, () => {}, end.signal, clock);
    end.abort();
    await following;
    expect(clock.time).to.be.below(2000);
  });

  it('is followed by the real clock, and nothing is done before it is due', async () => {
    const dues: number[] = [];
    await follow({ interval: 3, count: 5 }, (_, due) => dues.push(performance.now() - due), never);
    expect(dues).to.have.length(5);
    for (const late of dues) expect(late).to.be.at.least(0);
  });
});
