import { expect } from 'chai';
import { Turns } from '../../src/rooms/turns';

describe('turns', () => {
  it('runs so many at a time, and the others in their order', () => {
    const turns = new Turns(2);
    const began: number[] = [];
    const dones: Array<() => void> = [];
    for (let task = 0; task < 5; task++) {
      turns.take((done) => {
        began.push(task);
        dones.push(done);
      });
    }
    expect(began).to.deep.equal([0, 1]);
    dones[1]!();
    expect(began).to.deep.equal([0, 1, 2]);
    dones[0]!();
    dones[2]!();
    expect(began).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('counts a task that says twice that it is done once', () => {
    const turns = new Turns(1);
    const dones: Array<() => void> = [];
    const take = () => turns.take((done) => dones.push(done));
    for (let task = 0; task < 3; task++) take();
    dones[0]!();
    dones[0]!();
    expect(dones).to.have.length(2);
  });

  it('runs a task of a task within the call, where there is room', () => {
    const turns = new Turns(2);
    const order: string[] = [];
    turns.take((done) => {
      turns.take((innerDone) => {
        order.push('inner');
        innerDone();
      });
      order.push('outer');
      done();
    });
    expect(order).to.deep.equal(['inner', 'outer']);
  });

  it('lets a hundred thousand have their turn that are done at once, without a stack for each, in linear time', () => {
    const turns = new Turns(1);
    let first: () => void = () => {};
    turns.take((done) => {
      first = done;
    });
    let last = -1;
    let isInOrder = true;
    for (let task = 0; task < 100_000; task++) {
      turns.take((done) => {
        isInOrder &&= task === last + 1;
        last = task;
        done();
      });
    }
    const began = performance.now();
    first();
    expect([last, isInOrder]).to.deep.equal([99_999, true]);
    // With the cost of shifting an array it was many seconds.
    expect(performance.now() - began).to.be.below(2000);
  });
});
