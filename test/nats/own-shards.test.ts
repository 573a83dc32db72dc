import { expect } from 'chai';
import { OwnShards } from '../../src/nats/own-shards';
import type { Present } from '../../src/nats/presence-messages';

describe('own shards', () => {
  const many = (count: number, value: object = {}): Present[] =>
    Array.from({ length: count }, (_, index) => ({ id: `member ${index}`, value }));

  it('write the connections of one key together', () => {
    const shards = new OwnShards();
    const [one, two] = many(2);
    expect(shards.enter('a', [one!, two!])).to.have.length(1);
    const [change] = shards.leave('a', [one!.id]);
    expect(change).to.deep.equal({ index: 0, joins: [], leaves: [one!.id] });
    expect(shards.at('a', 0)).to.deep.equal([two]);
    expect(shards.in('a')).to.deep.equal([two]);
  });

  it('divide many, and write last what says how many keys there are', () => {
    const shards = new OwnShards();
    shards.enter('a', many(64));
    const changes = shards.enter('a', many(200));
    expect(changes.map(({ index }) => index)).to.deep.equal([3, 2, 1, 0]);
    expect(shards.count('a')).to.equal(4);
    expect(shards.in('a')).to.have.length(200);
  });

  it('divide what takes much', () => {
    const shards = new OwnShards();
    shards.enter('a', many(8, { text: 'x'.repeat(50_000) }));
    expect(shards.count('a')).to.equal(4);
    shards.enter('a', many(8, { text: '' }));
    expect(shards.in('a')).to.have.length(8);
  });

  it('change a connection where it is, and fill what became free', () => {
    const shards = new OwnShards();
    shards.enter('a', many(65));
    const [change] = shards.enter('a', [{ id: 'member 3', value: { away: true } }]);
    expect(change?.index).to.equal(0);
    expect(shards.in('a').filter(({ id }) => id === 'member 3')).to.deep.equal([
      { id: 'member 3', value: { away: true } },
    ]);
    shards.leave('a', ['member 7']);
    const [added] = shards.enter('a', [{ id: 'new', value: {} }]);
    expect(added?.index).to.equal(0);
  });

  it('divide tens of thousands without looking at all of them for each', () => {
    const shards = new OwnShards();
    const all = many(60_000);
    for (const each of all) shards.enter('a', [each]);
    expect(shards.count('a')).to.equal(Math.ceil(all.length / 64));
    for (const { id } of all) shards.leave('a', [id]);
    expect(shards.rooms()).to.deep.equal([]);
  }).timeout(2000);

  it('fill what became free by a change, before they begin another key', () => {
    const shards = new OwnShards();
    const big = { text: 'x'.repeat(100_000) };
    shards.enter('a', [
      { id: 'one', value: big },
      { id: 'two', value: big },
    ]);
    shards.enter('a', [{ id: 'one', value: {} }]);
    const [added] = shards.enter('a', [{ id: 'new', value: {} }]);
    expect(added?.index).to.equal(0);
    shards.leave('a', ['two']);
    shards.enter('a', [{ id: 'three', value: big }]);
    expect(shards.count('a')).to.equal(2);
  });

  it('know nothing of what is not of this node, nor of a room that all have left', () => {
    const shards = new OwnShards();
    shards.enter('a', many(2));
    expect(shards.leave('a', ['somebody else'])).to.deep.equal([]);
    shards.leave('a', ['member 0', 'member 1']);
    expect(shards.rooms()).to.deep.equal([]);
    expect(shards.count('a')).to.equal(1);
  });
});
