import { expect } from 'chai';
import { soak } from './support/soak';

describe('soak', function () {
  this.timeout(120_000);

  it('leaves nothing behind of a crowd that comes, talks, stalls, resets and goes', async function () {
    // Only Linux has all of 127.0.0.0/8 for those who come.
    if (process.platform !== 'linux') {
      console.log('      skipped: the soak needs Linux');
      this.skip();
    }
    const { faults, lives } = await soak({ connections: 1_000, seconds: 16, churn: 100 });
    expect(faults).to.deep.equal([]);
    expect(lives[1]!.after.opened).to.be.above(2_000);
  });
});
