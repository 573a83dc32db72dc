import { expect } from 'chai';
import { parseCoreList, pinned } from '../../bench/cores';

describe('bench cores', () => {
  it('reads the lists of the kernel', () => {
    expect(parseCoreList('0-1\n')).to.deep.equal([0, 1]);
    expect(parseCoreList('0-2,5,7-8')).to.deep.equal([0, 1, 2, 5, 7, 8]);
    expect(parseCoreList('')).to.deep.equal([]);
  });

  it('pins a command to a core, or leaves it alone', () => {
    expect(pinned(3, ['node', 'x.js'])).to.deep.equal(['taskset', '--cpu-list', '3', 'node', 'x.js']);
    expect(pinned(undefined, ['node', 'x.js'])).to.deep.equal(['node', 'x.js']);
  });
});
