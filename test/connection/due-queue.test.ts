import { expect } from 'chai';
import { DueQueue } from '../../src/connection/due-queue';
import { type FakeClock, useFakeClock } from '../../src/testing/fake-clock';

describe('DueQueue', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = useFakeClock();
  });
  afterEach(() => clock.restore());

  it('serves those whose time has come, in the order of arrival, each once', async () => {
    const served: string[] = [];
    const queue = new DueQueue<string>(2_000, (each) => served.push(each));
    for (const each of ['one', 'gone', 'two']) queue.add(each);
    queue.remove('gone');
    expect(queue.has('gone')).to.equal(false);
    await clock.pass(1_000);
    queue.add('later');
    await clock.pass(999);
    expect(served).to.deep.equal([]);
    await clock.pass(2);
    expect(served).to.deep.equal(['one', 'two']);
    expect(queue.has('one')).to.equal(false);
    await clock.pass(60_000);
    expect(served).to.deep.equal(['one', 'two', 'later']);
    expect(clock.pending).to.equal(0);
  });

  it('takes back in who is added while it is served, for another time', async () => {
    let served = 0;
    const queue: DueQueue<string> = new DueQueue<string>(2_000, (each) => {
      served++;
      if (served < 2) queue.add(each);
    });
    queue.add('x');
    await clock.pass(2_001);
    expect(served).to.equal(1);
    await clock.pass(1_900);
    expect(served).to.equal(1);
    await clock.pass(200);
    expect(served).to.equal(2);
  });

  it('begins anew for who is added again', () => {
    const queue = new DueQueue<string>(1000, () => {});
    queue.add('x');
    queue.add('x');
    queue.remove('x');
    expect(queue.has('x')).to.equal(false);
  });
});
