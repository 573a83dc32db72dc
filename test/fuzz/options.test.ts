import { expect } from 'chai';
import { readOptions } from '../../fuzz/options';
import { targets } from '../../fuzz/targets';

describe('fuzz options', () => {
  it('tries every target with ten million inputs, and a seed of its own, by default', () => {
    const options = readOptions([]);
    expect(options.targets).to.deep.equal(targets);
    expect(options).to.include({ inputs: 10_000_000, seconds: Number.POSITIVE_INFINITY, list: false, help: false });
    expect(options.seed).to.not.equal(readOptions([]).seed);
  });

  it('takes what it is told', () => {
    const options = readOptions([
      '--target',
      'utf8',
      '--target',
      'decoder',
      '--inputs',
      '1_000',
      '--seconds',
      '5',
      '--seed',
      '7',
    ]);
    expect(options.targets.map(({ name }) => name)).to.deep.equal(['utf8', 'decoder']);
    expect(options).to.include({ inputs: 1000, seconds: 5, seed: 7 });
    expect(readOptions(['--replay', 'x.bin']).replay).to.equal('x.bin');
  });

  for (const [args, complaint] of [
    [['--target', 'utf16'], "No target is called 'utf16'. There are: utf8, close-payload,"],
    [['--inputs', 'many'], "--inputs needs a whole number from 1 to 2147483647, not 'many'"],
    [['--seed', '0'], "--seed needs a whole number from 1 to 2147483647, not '0'"],
    [['--fast'], "Unknown option '--fast'"],
  ] as const) {
    it(`says what is wrong with ${args.join(' ')}`, () => {
      expect(() => readOptions(args)).to.throw(complaint);
    });
  }
});
