import { expect } from 'chai';
import { peers, serviceFor } from '../../bench/peers';
import { scenarios } from '../../bench/scenarios';

const byName = new Map(scenarios.map((scenario) => [scenario.name, scenario]));

describe('bench scenarios', () => {
  it('have names of their own, without what a command line would take apart', () => {
    expect(byName.size).to.equal(scenarios.length);
    for (const name of byName.keys()) expect(name).to.match(/^[a-zA-Z0-9-]+$/);
  });

  it('have titles of their own', () => {
    expect(new Set(scenarios.map(({ title }) => title)).size).to.equal(scenarios.length);
  });

  for (const scenario of scenarios) {
    it(`${scenario.name} has ours among its peers, and all that its goals name`, () => {
      const taking = peers.filter((peer) => serviceFor(peer, scenario)).map(({ name }) => name);
      expect(taking).to.include('switchboard');
      for (const { peer, scenario: where } of scenario.goals ?? []) {
        if (where === undefined) expect(taking).to.include(peer);
        else expect(serviceFor(peers.find(({ name }) => name === peer)!, byName.get(where)!)).to.be.an('object');
      }
    });
  }

  it('come before those whose goals refer to them', () => {
    const names = [...byName.keys()];
    for (const { name, goals = [] } of scenarios) {
      for (const { scenario = name } of goals) expect(names.indexOf(scenario)).to.be.at.most(names.indexOf(name));
    }
  });

  it('are all those of the kinds that have one shape', () => {
    const names = [...byName.keys()];
    expect(names.filter((name) => /^echo-\w+x\d+$/.test(name))).to.have.length(12);
    expect(names.filter((name) => name.startsWith('fanout-'))).to.have.length(8);
    expect(names.filter((name) => name.startsWith('chat-'))).to.have.length(8);
    expect(names.filter((name) => name.startsWith('http2-'))).to.have.length(7);
  });
});
