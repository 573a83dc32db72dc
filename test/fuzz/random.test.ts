import { expect } from 'chai';
import { Random } from '../../fuzz/random';

describe('fuzz random', () => {
  it('gives the same numbers for the same seed and input, and others for others', () => {
    const first = (seed: number, input: number) => {
      const random = new Random(seed, input);
      return Array.from({ length: 4 }, () => random.next()).join();
    };
    expect(first(1, 2)).to.equal(first(1, 2));
    const all = Array.from({ length: 2000 }, (_, i) => first(i % 20, Math.floor(i / 20)));
    expect(new Set(all).size).to.equal(all.length);
  });

  it('spreads what it gives evenly', () => {
    const counts = new Array<number>(10).fill(0);
    for (let input = 0; input < 20_000; input++) counts[new Random(3, input).below(10)]!++;
    for (const count of counts) expect(count).to.be.within(1800, 2200);
  });

  it('stays within its limits', () => {
    const random = new Random(9);
    for (let i = 0; i < 1000; i++) {
      expect(random.between(3, 5)).to.be.within(3, 5);
      expect(random.below(1)).to.equal(0);
    }
    expect(random.bytes(7)).to.have.length(7);
  });
});
