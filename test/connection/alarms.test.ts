import { expect } from 'chai';
import { alarms, type Sleeper } from '../../src/connection/alarms';
import { FakeClock } from '../support/fake-clock';

describe('alarms', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(() => {
    expect(clock.timers, 'timers that still run').to.equal(0);
    clock.giveBack();
  });

  /** When it was woken, by the wall clock. */
  class TestSleeper implements Sleeper {
    readonly woken: number[] = [];
    onWake = () => {};
    wake(): void {
      this.woken.push(Date.now());
      this.onWake();
    }
  }

  it('wake never early, and within a second', () => {
    for (const delay of [0, 1, 499, 500, 501, 60_000]) {
      const sleeper = new TestSleeper();
      const due = Date.now() + delay;
      alarms.add(sleeper, due);
      clock.pass(delay + 1_000);
      expect(sleeper.woken).to.have.length(1);
      expect(sleeper.woken[0]! - due).to.be.within(0, 1_000);
    }
  });

  it('are one timer for ten thousand, which ends with the last', () => {
    const sleepers = Array.from({ length: 10_000 }, () => new TestSleeper());
    const dues = sleepers.map((sleeper, index) => alarms.add(sleeper, Date.now() + index));
    expect(clock.timers).to.equal(1);
    for (const [index, sleeper] of sleepers.entries()) alarms.remove(sleeper, dues[index]!);
    expect(clock.timers).to.equal(0);
    clock.pass(20_000);
    expect(sleepers.every(({ woken }) => woken.length === 0)).to.equal(true);
  });

  it('wait for a time that is farther away than timers can wait', () => {
    const sleeper = new TestSleeper();
    const year = 365 * 24 * 3_600_000;
    const due = alarms.add(sleeper, Date.now() + year);
    clock.pass(2_000);
    expect(sleeper.woken).to.deep.equal([]);
    alarms.remove(sleeper, due);
  });

  it('follow the wall clock when it is set', () => {
    const sleeper = new TestSleeper();
    alarms.add(sleeper, Date.now() + 3_600_000);
    clock.wallClock += 3_600_000;
    clock.pass(1_000);
    expect(sleeper.woken).to.have.length(1);
  });

  it('do not wake one in the same round in which it goes to sleep again', () => {
    const sleeper = new TestSleeper();
    sleeper.onWake = () => {
      if (sleeper.woken.length < 3) alarms.add(sleeper, Date.now() - 1);
    };
    alarms.add(sleeper, Date.now());
    clock.pass(500);
    expect(sleeper.woken).to.have.length(1);
    clock.pass(1_000);
    expect(sleeper.woken).to.have.length(3);
  });

  it('wake the others when one is removed by another that is woken', () => {
    const [first, second, third] = [new TestSleeper(), new TestSleeper(), new TestSleeper()];
    const dues = [first, second, third].map((sleeper) => alarms.add(sleeper, Date.now()));
    first.onWake = () => alarms.remove(second, dues[1]!);
    clock.pass(1_000);
    expect([first, second, third].map(({ woken }) => woken.length)).to.deep.equal([1, 0, 1]);
  });
});
