import { expect } from 'chai';
import { splitChatOptions } from '../../src/chat/options';
import { InvalidOptionError } from '../../src/protocol/errors';
import { memoryAdapter } from '../../src/rooms/memory-adapter';

function split(options: object) {
  return splitChatOptions<object>('rooms()', options, 'rooms');
}

describe('chat options', () => {
  it('have finite defaults, and no hooks', () => {
    const { chat, rest } = split({});
    const { shared, ...own } = chat;
    expect(own).to.deep.equal({
      maxRoomsPerMember: 50,
      maxTextLength: 4096,
      maxNameLength: 64,
      maxMembersListed: 500,
      maxRequestsPerSecond: { rate: 5, burst: 200 },
    });
    expect(shared).to.include({ name: 'rooms', isLocal: true, presenceTtl: 30_000, publishTimeout: 60_000 });
    expect(shared.history).to.include({ count: 0 });
    expect(rest).to.deep.equal({});
  });

  it('are taken from those of the connections', () => {
    const authorizeJoin = () => true;
    const { chat, rest } = split({ authorizeJoin, maxTextLength: 10, maxMessageSize: 1000, allowedOrigins: [] });
    expect(chat).to.deep.include({ authorizeJoin, maxTextLength: 10, maxNameLength: 64 });
    expect(rest).to.deep.equal({ maxMessageSize: 1000, allowedOrigins: [] });
  });

  it('that are undefined are not given', () => {
    const { shared, ...own } = split({ maxTextLength: undefined, authorizeJoin: undefined, schema: undefined }).chat;
    expect(own).to.have.all.keys(Object.keys(split({}).chat).filter((name) => name !== 'shared'));
    expect(shared).to.include({ name: 'rooms' });
  });

  it('take a rate as a number, as an object, or not at all', () => {
    const rateOf = (maxRequestsPerSecond: unknown) => split({ maxRequestsPerSecond }).chat.maxRequestsPerSecond;
    expect(rateOf(20)).to.deep.equal({ rate: 20, burst: 20 });
    expect(rateOf({ rate: 1, burst: 60 })).to.deep.equal({ rate: 1, burst: 60 });
    expect(rateOf(false)).to.equal(false);
    expect(() => rateOf(0)).to.throw(InvalidOptionError, "Option 'maxRequestsPerSecond' must be a number per second");
  });

  it('say how the rooms are shared', () => {
    const adapter = memoryAdapter();
    const { shared } = split({ adapter, name: 'support', history: 7, presenceTtl: 100 }).chat;
    expect(shared).to.include({ adapter, name: 'support', isLocal: false, presenceTtl: 100 });
    expect(shared.history).to.include({ count: 7 });
  });

  const refused: [options: object, words: RegExp][] = [
    [{ maxTextLenght: 10 }, /Unknown option 'maxTextLenght' in rooms\(\). Did you mean 'maxTextLength'\?/],
    [{ maxMesageSize: 10 }, /Did you mean 'maxMessageSize'\?/],
    [{ authoriseJoin: () => true }, /Did you mean 'authorizeJoin'\?/],
    [{ authorizeJoin: true }, /Option 'authorizeJoin' must be a function, not true/],
    [{ authorizePublish: 'no' }, /Option 'authorizePublish' must be a function, not "no"/],
    [{ maxTextLength: 0 }, /Option 'maxTextLength' must be a whole number of at least 1, not 0/],
    [{ maxNameLength: '64' }, /Option 'maxNameLength' must be a whole number/],
    [{ maxRoomsPerMember: Number.POSITIVE_INFINITY }, /Option 'maxRoomsPerMember' must be a whole number/],
    [{ maxMembersListed: -1 }, /Option 'maxMembersListed' must be a whole number/],
    [{ identify: 'Ann' }, /Option 'identify' must be a function, not "Ann"/],
    [{ schema: {} }, /Option 'schema' must be a Standard Schema .*, not an object/],
    [{ schema: { '~standard': { version: 2, validate: () => {} } } }, /Standard Schema/],
    [{ adapter: 'redis' }, /Option 'adapter' must be an adapter, as redisAdapter\(client\)/],
    [{ history: -1 }, /Option 'history'/],
    [{ history: { counts: 1 } }, /Unknown option 'counts' in the option 'history'. Did you mean 'count'\?/],
    [{ publishTimeout: 100_000 }, /Option 'publishTimeout' must be at most 90000 ms, not 100000/],
    [null as never, /The options of rooms\(\) must be an object, not null/],
  ];
  for (const [options, words] of refused) {
    it(`${words.source.slice(0, 60)}`, () => {
      expect(() => split(options)).to.throw(InvalidOptionError, words);
    });
  }
});
