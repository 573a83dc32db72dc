import { expect } from 'chai';
import { OwnPresence } from '../../src/redis/own-presence';

const connection = (id: string) => ({ id, node: 'n', value: {} });

describe('OwnPresence', () => {
  it('knows who is in which room, once each', () => {
    const own = new OwnPresence();
    own.add('a', [connection('1')]);
    own.add('a', [connection('1')]);
    own.add('b', [connection('1'), connection('2'), connection('3')]);
    own.add('b', [connection('2')]);
    expect(own.rooms()).to.deep.equal([
      ['a', ['1']],
      ['b', ['1', '2', '3']],
    ]);
    own.add('b', [connection('1'), connection('2')]);
    own.remove('a', ['2']);
    own.remove('b', ['1', '3']);
    own.remove('c', ['1']);
    expect(own.rooms()).to.deep.equal([
      ['a', ['1']],
      ['b', ['2']],
    ]);
    own.remove('a', ['1', '1']);
    own.remove('b', ['2']);
    expect(own.rooms()).to.deep.equal([]);
  });
});
