import { expect } from 'chai';
import { windowFor } from '../../bench/load';
import { type BenchOptions, readOptions } from '../../bench/options';
import { type Peer, peers } from '../../bench/peers';
import { describePlans, makePlans } from '../../bench/plans';
import { type Scenario, scenarios } from '../../bench/scenarios';

const scenario = (name: string): Scenario => scenarios.find((one) => one.name === name)!;
const peer = (name: string): Peer => peers.find((one) => one.name === name)!;
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

describe('bench plans', () => {
  let notes: string[];
  beforeEach(() => {
    notes = [];
  });
  const note = (text: string) => notes.push(text);

  /** What needs nothing that may not be installed. */
  function read(...args: string[]): BenchOptions {
    return readOptions(['--peers', 'ws,hub,express,net', ...args]);
  }

  it('have a scenario for those who can do it, as often as is asked for', () => {
    const options = read('--only', 'echo-32x1', '--only', 'handshake-express', '--rounds', '4');
    const plans = makePlans(options, note);
    expect(plans.map(({ scenario, peers }) => [scenario.name, ...names(peers)])).to.deep.equal([
      ['echo-32x1', 'ws', 'net'],
      ['handshake-express', 'ws', 'express'],
    ]);
    expect(plans.map(({ rounds }) => rounds)).to.deep.equal([4, 4]);
  });

  it('are refused when nothing is left', () => {
    expect(() => makePlans(read('--only', 'echo', '--peers', 'express'), note)).to.throw(
      'There is nothing to measure: none of these peers has a part in these scenarios.',
    );
  });

  it('go without a peer that cannot run here, and say so', () => {
    const broken = { ...peer('net'), whyNotHere: () => 'There is no net.' };
    const options = { ...read('--only', 'echo-32x1'), peers: [peer('ws'), broken], peersAreNamed: false };
    expect(makePlans(options, note).map((plan) => names(plan.peers))).to.deep.equal([['ws']]);
    expect(notes).to.deep.equal(['Without net: There is no net.']);
  });

  it('are refused when the peer that cannot run was named', () => {
    const broken = { ...peer('net'), whyNotHere: () => 'There is no net.' };
    const options = { ...read('--only', 'echo-32x1'), peers: [broken] };
    expect(() => makePlans(options, note)).to.throw('There is no net.');
  });

  it('have the series of growth where they are asked for', () => {
    const plans = makePlans(read('--growth'), note);
    expect(plans.every(({ scenario }) => scenario.name.startsWith('growth-'))).to.equal(true);
    expect(new Set(plans.flatMap((plan) => names(plan.peers)))).to.deep.equal(new Set(['ws', 'net']));
  });

  it('tell how long they take', () => {
    const options = read('--only', 'echo-32x1', '--rounds', '3', '--warmup', '1000', '--duration', '9000');
    expect(describePlans(makePlans(options, note), options)).to.equal(
      'Measurements: 6, which take about 90 seconds on an idle machine.',
    );
    const longer = { ...options, rounds: 30 };
    expect(describePlans(makePlans(longer, note), longer)).to.contain('60, which take about 14 minutes');
  });
});

describe('bench window', () => {
  const asked = { warmup: 100, duration: 500 };

  it('is what was asked for', () => {
    expect(windowFor(scenario('echo-32x32'), asked)).to.deep.equal(asked);
    expect(windowFor(scenario('fanout-200x16'), asked)).to.deep.equal(asked);
  });

  it('is never shorter than all that is in flight takes', () => {
    // 64 × 32 × 1 MiB at 512 MiB/s.
    expect(windowFor(scenario('echo-1MiBx32'), asked)).to.deep.equal({ warmup: 4_000, duration: 4_000 });
  });

  it('has a longer warm-up for handshakes and for the chat', () => {
    expect(windowFor(scenario('handshake-bare'), asked)).to.deep.equal({ warmup: 1_200, duration: 500 });
    expect(windowFor(scenario('chat-200x16'), asked)).to.deep.equal({ warmup: 1_200, duration: 500 });
  });
});
