import { expect } from 'chai';
import { shrink } from '../../fuzz/shrink';

describe('fuzz shrink', () => {
  it('leaves out what the failure does not need, and makes the rest zero', async () => {
    const input = Buffer.from('....A......................B.....!');
    const fails = async (candidate: Buffer) => {
      const at = candidate.indexOf('A');
      return at !== -1 && candidate.indexOf('B', at + 2) !== -1;
    };
    expect((await shrink(input, fails)).toString()).to.equal('A\0B');
  });

  it('tries no more than it may', async () => {
    let tried = 0;
    const fails = async () => ++tried > 0 && false;
    expect(await shrink(Buffer.alloc(500, 1), fails, 40)).to.have.length(500);
    expect(tried).to.equal(40);
  });

  it('does not give away what a try changes', async () => {
    const fails = async (candidate: Buffer) => {
      const found = candidate.includes('x');
      candidate.fill(0);
      return found;
    };
    expect((await shrink(Buffer.from('abcxdef'), fails)).toString()).to.equal('x');
  });
});
