import { expect } from 'chai';
import { idMemory, RecentIds } from '../../src/rooms/recent-ids';

describe('RecentIds', () => {
  it('remembers an id for two minutes at least, and for four at most', () => {
    for (const phase of [0, 1, idMemory / 2, idMemory - 1]) {
      const ids = new RecentIds();
      ids.set('first', 1, 0);
      ids.set('x', 7, phase);
      expect(ids.get('x', phase + idMemory)).to.equal(7);
      ids.set('y', 8, phase + idMemory);
      expect(ids.get('x', phase + 2 * idMemory + idMemory / 2), `phase ${phase}`).to.equal(undefined);
    }
  });

  it('forgets everything after a long pause', () => {
    const ids = new RecentIds();
    ids.set('x', 7, 0);
    expect(ids.get('x', 10 * idMemory)).to.equal(undefined);
  });

  it('has a limit', () => {
    const ids = new RecentIds(10);
    for (let index = 0; index < 25; index++) ids.set(`${index}`, index, 0);
    expect(ids.get('9', 0)).to.equal(undefined);
    expect(ids.get('10', 0)).to.equal(10);
    expect(ids.get('24', 0)).to.equal(24);
  });
});
