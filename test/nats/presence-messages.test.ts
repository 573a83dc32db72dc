import { expect } from 'chai';
import { changeOf, decodeLife, decodeShard, encodeLife, encodeShard } from '../../src/nats/presence-messages';

describe('messages of presence at NATS', () => {
  it('come back as they were', () => {
    const anna = { id: 'anna', value: { name: 'Änna' } };
    const shard = { node: 'n', joins: [anna], leaves: ['bert'], present: [anna], shards: 2 };
    expect(decodeShard(encodeShard(shard))).to.deep.equal(shard);
    expect(changeOf(shard)).to.deep.equal({ joins: [{ ...anna, node: 'n' }], leaves: ['bert'] });
    expect(decodeLife(encodeLife(3000))).to.equal(3000);
  });

  for (const json of [
    '',
    '{',
    'null',
    '[]',
    '{"v":2,"node":"n"}',
    '{"v":1}',
    '{"v":1,"node":"n","joins":{}}',
    '{"v":1,"node":"n","shards":"2"}',
  ]) {
    it(`are not ${JSON.stringify(json)}`, () => {
      expect(decodeShard(json)).to.equal(undefined);
      expect(decodeLife(json)).to.equal(0);
    });
  }

  it('lose what is no connection', () => {
    const json = '{"v":1,"node":"n","joins":[null,{"id":"a"},{"id":"b","value":{}}],"leaves":[1,"c",""]}';
    expect(decodeShard(json)).to.deep.equal({
      node: 'n',
      joins: [{ id: 'b', value: {} }],
      leaves: ['c'],
      present: [],
      shards: 1,
    });
  });
});
