import type { Target } from '../../../fuzz/target';

/** A target with a fault of every kind, each behind a first byte of its own. */
export const target: Target = {
  name: 'planted',
  title: 'faults that a fuzzer has to find',
  share: 1,

  generate(random) {
    return Buffer.concat([Buffer.from('abc'), random.bytes(20)]);
  },

  run(input) {
    switch (input.toString('latin1', 0, 1)) {
      case 'L':
        for (;;) input[0] = 0x4c;
      case 'T':
        if (input.includes('bad')) throw new RangeError('a planted exception');
        return;
      case 'R':
        return new Promise((resolve) => {
          void Promise.reject(new Error('a planted rejection'));
          setImmediate(resolve);
        });
      case 'M': {
        const kept: number[][] = [];
        for (;;) kept.push(new Array(100_000).fill(input.length));
      }
      default:
        return;
    }
  },
};
