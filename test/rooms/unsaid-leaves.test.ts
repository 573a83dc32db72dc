import { expect } from 'chai';
import { UnsaidLeaves } from '../../src/rooms/unsaid-leaves';

describe('unsaid-leaves', () => {
  it('gives once who has left which room', () => {
    const unsaid = new UnsaidLeaves();
    unsaid.left('one', ['ann', 'ben']);
    unsaid.left('one', ['ann']);
    unsaid.left('other', ['ann']);
    expect(unsaid.take()).to.deep.equal([
      ['one', ['ann', 'ben']],
      ['other', ['ann']],
    ]);
    expect(unsaid.take()).to.deep.equal([]);
  });

  it('forgets who has come back', () => {
    const unsaid = new UnsaidLeaves();
    unsaid.left('one', ['ann']);
    unsaid.entered('one', 'ann', true);
    expect(unsaid.take()).to.deep.equal([]);
  });

  it('knows that the broker still has who came back and left again', () => {
    const unsaid = new UnsaidLeaves();
    unsaid.left('one', ['ann']);
    unsaid.entered('one', 'ann', true);
    unsaid.left('one', ['ann']);
    expect(unsaid.take()).to.deep.equal([['one', ['ann']]]);
  });

  it('keeps nothing of who came and left while the broker was away', () => {
    const unsaid = new UnsaidLeaves();
    for (let id = 0; id < 1000; id++) {
      unsaid.entered('one', `${id}`, true);
      unsaid.left('one', [`${id}`]);
    }
    expect(unsaid.take()).to.deep.equal([]);
  });

  it('counts who came while the broker was away as known, once it is back', () => {
    const unsaid = new UnsaidLeaves();
    unsaid.entered('one', 'ann', true);
    unsaid.take();
    unsaid.left('one', ['ann']);
    expect(unsaid.take()).to.deep.equal([['one', ['ann']]]);
  });
});
