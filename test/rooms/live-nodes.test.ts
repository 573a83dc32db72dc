import { expect } from 'chai';
import { LiveNodes } from '../../src/rooms/live-nodes';
import { FakeClock } from '../support/fake-clock';

describe('live-nodes', () => {
  let clock: FakeClock;

  beforeEach(() => {
    clock = new FakeClock();
  });

  afterEach(() => clock.giveBack());

  it('knows those that the broker says live', () => {
    const nodes = new LiveNodes(1000);
    expect(nodes.lives('one')).to.equal(false);
    nodes.alive(['one', 'other']);
    expect(nodes.lives('one')).to.equal(true);
    nodes.alive(['other']);
    expect(nodes.lives('one')).to.equal(false);
  });

  it('lets a node live for a while that it has heard of, also where a list that is older does not have it', () => {
    const nodes = new LiveNodes(1000);
    nodes.alive(['one']);
    nodes.heard('one');
    nodes.alive([]);
    expect(nodes.lives('one')).to.equal(true);
    clock.pass(399);
    expect(nodes.lives('one')).to.equal(true);
    clock.pass(1);
    expect(nodes.lives('one')).to.equal(false);
  });

  it('lets a node live for less long that the broker knew somebody of', () => {
    const nodes = new LiveNodes(1000);
    nodes.found('one');
    clock.pass(99);
    expect(nodes.lives('one')).to.equal(true);
    clock.pass(1);
    expect(nodes.lives('one')).to.equal(false);
    nodes.heard('other');
    nodes.found('other');
    clock.pass(300);
    expect(nodes.lives('other')).to.equal(true);
  });
});
