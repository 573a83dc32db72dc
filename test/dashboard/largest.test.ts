import { expect } from 'chai';
import { Largest } from '../../src/dashboard/largest';

describe('dashboard largest', () => {
  it('keeps the largest, the largest first, whatever the order in which they come', () => {
    const largest = new Largest<string>(3);
    for (const [item, size] of [
      ['a', 5],
      ['b', 1],
      ['c', 9],
      ['d', 7],
      ['e', 0],
      ['f', 7],
      ['g', 6],
    ] as const) {
      largest.add(item, size);
    }
    expect(largest.items.map(({ item }) => item)).to.deep.equal(['c', 'd', 'f']);
  });

  it('keeps fewer where there are fewer', () => {
    const largest = new Largest<string>(3);
    expect(largest.items).to.deep.equal([]);
    largest.add('a', 1);
    expect(largest.items).to.deep.equal([{ item: 'a', size: 1 }]);
  });
});
