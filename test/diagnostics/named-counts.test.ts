import { expect } from 'chai';
import { NamedCounts } from '../../src/diagnostics/named-counts';

describe('NamedCounts', () => {
  it('counts by name, and all together', () => {
    const counts = new NamedCounts();
    for (const name of ['A', 'B', 'A']) counts.add(name);
    expect(counts.snapshot()).to.deep.equal({ A: 2, B: 1 });
    expect(counts.total).to.equal(3);
  });

  it('counts names that peers choose together after the first hundred, and others never', () => {
    const counts = new NamedCounts();
    for (let code = 4000; code < 4999; code++) counts.add(String(code), true);
    counts.add('4000', true);
    counts.add('4401');
    counts.add('4401', true);
    expect(Object.keys(counts.snapshot())).to.have.length(102);
    expect(counts.snapshot()).to.include({ 4000: 2, 4099: 1, 4401: 2, other: 899 });
    expect(counts.total).to.equal(1002);
  });

  it('has no names that mean something to objects', () => {
    const counts = new NamedCounts();
    counts.add('__proto__');
    expect(Object.keys(counts.snapshot())).to.deep.equal(['__proto__']);
  });
});
