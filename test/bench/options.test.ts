import { expect } from 'chai';
import { readOptions } from '../../bench/options';

const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

describe('bench options', () => {
  it('measures every peer in the quick scenarios by default', () => {
    const options = readOptions([]);
    expect(names(options.peers)).to.deep.equal(['switchboard', 'ws', 'net']);
    expect(names(options.scenarios)).to.include('echo-32x32').and.not.include('idle-10000-used');
    expect(options).to.include({ rounds: 3, idleRounds: 1 });
  });

  it('measures everything, longer, with --full', () => {
    const options = readOptions(['--full']);
    expect(names(options.scenarios)).to.include('idle-10000-used');
    expect(options.duration).to.be.above(readOptions([]).duration);
  });

  it('chooses scenarios by name, or by how their names begin', () => {
    expect(names(readOptions(['--only', 'idle-10000']).scenarios)).to.deep.equal(['idle-10000']);
    expect(names(readOptions(['--only', 'fanout', '--only', 'echo-32x1']).scenarios)).to.deep.equal([
      'echo-32x1',
      'fanout-200x1',
      'fanout-200x16',
    ]);
  });

  it('measures everything as often as --rounds says', () => {
    expect(readOptions(['--rounds', '7'])).to.include({ rounds: 7, idleRounds: 7 });
  });

  it('needs one round for a profile', () => {
    expect(readOptions(['--profile', 'somewhere'])).to.include({ rounds: 1, profile: 'somewhere' });
  });

  for (const [args, complaint] of [
    [['--only', 'ecco'], "No scenario begins with 'ecco'. There are: echo-32x1,"],
    [['--peers', 'ws,wss'], "No peer is called 'wss'. There are: switchboard, ws, net"],
    [['--rounds', '0'], "--rounds needs a positive integer, not '0'"],
    [['--duration', '1s'], "--duration needs a positive integer, not '1s'"],
    [['--fast'], "Unknown option '--fast'"],
  ] as const) {
    it(`says what is wrong with ${args.join(' ')}`, () => {
      expect(() => readOptions(args)).to.throw(complaint);
    });
  }
});
