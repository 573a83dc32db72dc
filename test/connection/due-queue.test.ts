import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import { DueQueue } from '../../src/connection/due-queue';

describe('DueQueue', () => {
  it('serves those whose time has come, in the order of arrival, each once', async () => {
    const served: string[] = [];
    const done = new EventEmitter();
    const queue = new DueQueue<string>(20, (each) => {
      served.push(each);
      if (each === 'last') done.emit('last');
    });
    for (const each of ['one', 'gone', 'two', 'last']) queue.add(each);
    queue.remove('gone');
    expect(queue.has('gone')).to.equal(false);
    await once(done, 'last');
    expect(served).to.deep.equal(['one', 'two', 'last']);
    expect(queue.has('one')).to.equal(false);
  });

  it('takes back in who is added while it is served, for another time', async () => {
    const at: number[] = [];
    const done = new EventEmitter();
    const queue: DueQueue<string> = new DueQueue<string>(20, (each) => {
      at.push(performance.now());
      if (at.length < 2) queue.add(each);
      else done.emit('twice');
    });
    queue.add('x');
    await once(done, 'twice');
    expect(at[1]! - at[0]!).to.be.at.least(19);
  });

  it('begins anew for who is added again', () => {
    const queue = new DueQueue<string>(1000, () => {});
    queue.add('x');
    queue.add('x');
    queue.remove('x');
    expect(queue.has('x')).to.equal(false);
  });
});
