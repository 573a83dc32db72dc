import { expect } from 'chai';
import fc from 'fast-check';
import { AdapterError } from '../../src/protocol/errors';
import { encodePresence, encodePublished, receiveMessage } from '../../src/redis/messages';
import { encodeEnvelope } from '../../src/rooms/wire-format';
import { recordMistakes } from '../support/record-mistakes';

function receive(message: string): unknown[] {
  const heard: unknown[] = [];
  receiveMessage(message, {
    appended: (entry, previous) => heard.push({ entry, previous }),
    published: (envelope) => heard.push({ envelope }),
    presence: (from, change) => heard.push({ from, change }),
    refused: (error: AdapterError) => heard.push(error.message),
  });
  return heard;
}

const json = encodeEnvelope('n', { id: '1', at: 5, data: 'x' });
const envelope = { id: '1', node: 'n', at: 5, data: 'x' };

describe('messages of a channel of Redis', () => {
  const mistakes = recordMistakes();

  it('are entries with consecutive offsets', () => {
    expect(receive(`e life 7\n${json}\n${json}`)).to.deep.equal([
      { entry: { ...envelope, epoch: 'life', offset: 7 }, previous: 6 },
      { entry: { ...envelope, epoch: 'life', offset: 8 }, previous: 7 },
    ]);
  });

  it('leave out an entry that cannot be read, as if it were not there', () => {
    const [refused, next] = receive(`e life 7\n{}\n${json}`);
    expect(refused).to.match(/not in the wire format: 'v' must be 1/);
    expect(next).to.deep.equal({ entry: { ...envelope, epoch: 'life', offset: 8 }, previous: 6 });
  });

  it('are something published', () => {
    expect(receive(encodePublished(json))).to.deep.equal([{ envelope }]);
  });

  it('are changes of presence', () => {
    const change = { joins: [{ id: 'a', node: 'n', value: { name: 'Anna' } }], leaves: ['b'] };
    expect(receive(encodePresence('n', change))).to.deep.equal([{ from: 'n', change }]);
  });

  const wrong: [message: string, words: RegExp][] = [
    ['', /must begin with 'e ', 'p ' or 'c ', not ""/],
    ['x y', /not "x y"/],
    ['e life\n{}', /its first line must be 'e', an epoch and an offset/],
    ['e life 0\n{}', /an epoch and an offset/],
    ['e life 1.5\n{}', /an epoch and an offset/],
    ['c nonsense', /it is no JSON: "nonsense"/],
    ['c null', /must have 'node', 'joins' and 'leaves'/],
    ['c {"node":"n","joins":[],"leaves":[1]}', /'leaves' must be ids/],
    ['c {"node":"n","joins":[{"id":"a","node":"n","value":1}],"leaves":[]}', /each of 'joins' must have/],
  ];
  for (const [message, words] of wrong) {
    it(`are not ${JSON.stringify(message)}`, () => {
      const [refused] = receive(message);
      expect(refused).to.match(words);
    });
  }

  it('print a mistake of whoever hears them', () => {
    const mistake = new AdapterError('mistake', { code: 'BROKER_FAILED' });
    const fail = (): never => {
      throw mistake;
    };
    const refused: unknown[] = [];
    const to = { appended: fail, published: fail, presence: fail, refused: (error: unknown) => refused.push(error) };
    for (const message of [`e life 7\n${json}`, `p ${json}`, encodePresence('n', { joins: [], leaves: [] })]) {
      receiveMessage(message, to);
    }
    expect(mistakes).to.deep.equal([mistake, mistake, mistake]);
    expect(refused).to.deep.equal([]);
  });

  it('never throw, whatever is published', () => {
    const begin = fc.constantFrom('e ', 'e x 1\n', 'p ', 'c ', '');
    const rest = fc.oneof(fc.string(), fc.json());
    fc.assert(fc.property(begin, rest, (first, second) => void receive(first + second)));
  });
});
