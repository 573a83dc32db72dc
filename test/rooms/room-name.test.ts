import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { checkRoomName, maxRoomNameLength } from '../../src/rooms/room-name';

describe('the name of a room', () => {
  it('may be any string: __proto__, blanks, line breaks, emoji, half a surrogate pair', () => {
    for (const name of ['a', '__proto__', ' ', 'a\nb', '🙂', '\ud800', 'x'.repeat(maxRoomNameLength)])
      checkRoomName(name);
  });

  const refused: [what: string, name: unknown, words: RegExp][] = [
    ['the empty string', '', /must not be empty/],
    ['one character too many', 'x'.repeat(maxRoomNameLength + 1), /at most 256 characters; this one has 257/],
    ['ten megabytes', 'x'.repeat(10 * 1024 * 1024), /at most 256 characters; this one has 10485760/],
    ['a number', 7, /must be a string, not 7/],
    ['undefined', undefined, /must be a string, not undefined/],
    ['an array of names', ['a', 'b'], /not an array; name several one by one/],
  ];
  for (const [what, name, words] of refused) {
    it(`must not be ${what}`, () => {
      expect(() => checkRoomName(name))
        .to.throw(InvalidOptionError, words)
        .with.property('message')
        .with.length.below(200);
    });
  }
});
