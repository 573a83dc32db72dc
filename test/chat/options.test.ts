import { expect } from 'chai';
import { type ChatOptions, splitChatOptions } from '../../src/chat/options';
import { InvalidOptionError } from '../../src/protocol/errors';

function split(options: object) {
  return splitChatOptions<unknown, object>('rooms()', options as ChatOptions<unknown>);
}

describe('chat options', () => {
  it('have finite defaults, and no hooks', () => {
    expect(split({})).to.deep.equal({
      chat: { maxRoomsPerMember: 50, maxTextLength: 4096, maxNameLength: 64, maxMembersListed: 500 },
      rest: {},
    });
  });

  it('are taken from those of the connections', () => {
    const authorizeJoin = () => true;
    const { chat, rest } = split({ authorizeJoin, maxTextLength: 10, maxMessageSize: 1000, allowedOrigins: [] });
    expect(chat).to.deep.include({ authorizeJoin, maxTextLength: 10, maxNameLength: 64 });
    expect(rest).to.deep.equal({ maxMessageSize: 1000, allowedOrigins: [] });
  });

  it('that are undefined are not given', () => {
    expect(split({ maxTextLength: undefined, authorizeJoin: undefined }).chat).to.deep.equal(split({}).chat);
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
    [null as never, /The options of rooms\(\) must be an object, not null/],
  ];
  for (const [options, words] of refused) {
    it(`${words.source.slice(0, 60)}`, () => {
      expect(() => split(options)).to.throw(InvalidOptionError, words);
    });
  }
});
