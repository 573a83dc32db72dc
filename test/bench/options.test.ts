import { expect } from 'chai';
import { type BenchOptions, readOptions, takingPart } from '../../bench/options';
import { scenarios } from '../../bench/scenarios';

const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

describe('bench options', () => {
  const takingPartIn = (options: BenchOptions, name: string) =>
    names(takingPart(options, scenarios.find((scenario) => scenario.name === name)!));

  it('measures the quick scenarios by default, with those whom their goals name, ours and the limit', () => {
    const options = readOptions([]);
    expect(names(options.scenarios)).to.include('echo-32x32').and.not.include('idle-10000-used');
    expect(options).to.include({ rounds: 2, slowRounds: 1, command: 'npm run bench' });
    expect(takingPartIn(options, 'echo-32x1')).to.deep.equal(['switchboard', 'net']);
    expect(takingPartIn(options, 'chat-200x16')).to.deep.equal(['switchboard', 'hub']);
    expect(takingPartIn(options, 'http2-echo-32x8')).to.deep.equal(['switchboard', 'http1', 'http2']);
    const stalled = 'http2-echo-100on1-32x8-stalled';
    expect(takingPartIn(options, stalled)).to.deep.equal(['switchboard', 'unstalled', 'http2']);
  });

  it('measures everything, longer, with --full', () => {
    const options = readOptions(['--full']);
    expect(options.scenarios).to.deep.equal(scenarios);
    expect(options.duration).to.be.above(readOptions([]).duration);
    expect(takingPartIn(options, 'echo-32x1')).to.deep.equal([
      ...['switchboard', 'ws', 'ws-native', 'bun', 'deno', 'net'],
    ]);
  });

  it('measures what is named with all peers, or with those that are named', () => {
    expect(takingPartIn(readOptions(['--only', 'idle']), 'idle-deflate')).to.include.members(['ws', 'bun']);
    const options = readOptions(['--peers', 'deno,ws']);
    expect(takingPartIn(options, 'echo-32x1')).to.deep.equal(['ws', 'deno']);
    expect(takingPartIn(options, 'deflate-echo')).to.deep.equal(['ws']);
    expect(options.peersAreNamed).to.equal(true);
  });

  it('measures growth and allocation instead of the scenarios, unless those are asked for', () => {
    expect(readOptions(['--growth'])).to.deep.include({ growth: true, allocation: false, scenarios: [] });
    expect(readOptions(['--allocation'])).to.deep.include({ growth: false, allocation: true, scenarios: [] });
    expect(names(readOptions(['--growth', '--only', 'echo-32x1']).scenarios)).to.deep.equal(['echo-32x1']);
    expect(readOptions(['--allocation', '--full']).scenarios).to.deep.equal(scenarios);
  });

  it('keeps the command line as it was typed', () => {
    expect(readOptions(['--rounds', '7', '--json', 'a.json']).command).to.equal(
      'npm run bench -- --rounds 7 --json a.json',
    );
  });

  it('chooses scenarios by name, or by how their names begin', () => {
    expect(names(readOptions(['--only', 'idle-10000']).scenarios)).to.deep.equal(['idle-10000']);
    expect(names(readOptions(['--only', 'wss', '--only', 'echo-32x1']).scenarios)).to.deep.equal([
      'echo-32x1',
      'wss-echo-32x8',
      'wss-echo-64KiBx1',
    ]);
  });

  it('measures everything as often as --rounds says', () => {
    expect(readOptions(['--rounds', '7'])).to.include({ rounds: 7, slowRounds: 7 });
  });

  it('needs one round for a profile', () => {
    expect(readOptions(['--profile', 'somewhere'])).to.include({ rounds: 1, profile: 'somewhere' });
  });

  for (const [args, complaint] of [
    [['--only', 'ecco'], "No scenario begins with 'ecco'. There are: echo-32x1,"],
    [['--peers', 'ws,wss'], "No peer is called 'wss'. There are: switchboard, ws, ws-native, socket.io, bun,"],
    [['--rounds', '0'], "--rounds needs a positive integer, not '0'"],
    [['--duration', '1s'], "--duration needs a positive integer, not '1s'"],
    [['--draw', 'figures.json'], '--draw needs --charts FOLDER'],
    [['--fast'], "Unknown option '--fast'"],
  ] as const) {
    it(`says what is wrong with ${args.join(' ')}`, () => {
      expect(() => readOptions(args)).to.throw(complaint);
    });
  }
});
