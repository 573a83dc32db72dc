import { expect } from 'chai';
import { RedisKeys } from '../../src/redis/keys';

describe('RedisKeys', () => {
  const keys = new RedisKeys('switchboard', 'support');

  it('has all that belongs to a room under one hash tag', () => {
    expect(keys.channel('general')).to.equal('switchboard:support:{general}');
    expect(keys.presence('general')).to.equal('switchboard:support:{general}:presence');
    expect(keys.log('general')).to.deep.equal([
      'switchboard:support:{general}:meta',
      'switchboard:support:{general}:log',
      'switchboard:support:{general}:ids0',
      'switchboard:support:{general}:ids1',
    ]);
    expect(keys.meta('general')).to.equal(keys.log('general')[0]);
    expect(keys.nodes).to.equal('switchboard:support:nodes');
  });

  it('has one tag, whatever the room is called', () => {
    for (const room of ['', '{', '}', '{}', '}{', 'a{b}c', '%', '%7b', '🙂']) {
      const tag = /^switchboard:support:\{([^{}]+)\}$/.exec(keys.channel(room));
      expect(tag, room).to.not.equal(null);
    }
  });

  it('has other keys for other names, also for halves of surrogate pairs', () => {
    const rooms = [
      '',
      '%',
      '{',
      '%7b',
      '{}',
      '\ud800',
      '\ud801',
      '\udc00',
      '\ufffd',
      '%d800',
      ':',
      '%3a',
      'a:b',
      '__proto__',
    ];
    const channels = rooms.map((room) => Buffer.from(keys.channel(room)).toString('hex'));
    expect(new Set(channels).size).to.equal(rooms.length);
    const names = ['', 'a', 'a:{b}', 'a:', '{a}', 'a:nodes'].map((name) => new RedisKeys('p', name));
    const all = names.flatMap((each) => [each.nodes, each.channel('b'), each.channel('nodes')]);
    expect(new Set(all).size).to.equal(all.length);
  });
});
