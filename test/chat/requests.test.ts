import { expect } from 'chai';
import { errorAnswer } from '../../src/chat/answers';
import { parseRequest, Refusal } from '../../src/chat/requests';

const limits = { maxTextLength: 20, maxNameLength: 8 };

function parse(value: unknown) {
  return parseRequest(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value), limits);
}

/** A message that says nothing. */
const silent = { room: undefined, text: undefined, data: undefined, key: undefined, id: undefined };

function refusal(value: unknown): Refusal {
  const result = parse(value);
  expect(result).to.be.instanceOf(Refusal);
  return result as Refusal;
}

describe('chat requests', () => {
  describe('what is understood', () => {
    it('a join, with all that it can say', () => {
      expect(
        parse({ type: 'join', room: 'general', name: ' Ann ', since: { epoch: 'e1', offset: 4 }, id: 7 }),
      ).to.deep.equal({
        type: 'join',
        room: 'general',
        name: 'Ann',
        since: { epoch: 'e1', offset: 4 },
        id: 7,
      });
    });

    it('a join with the room only', () => {
      const request = parse({ type: 'join', room: 'general' });
      expect(request).to.deep.equal({
        type: 'join',
        room: 'general',
        name: undefined,
        since: undefined,
        id: undefined,
      });
    });

    it('a field that is null as one that is not there', () => {
      const request = parse({ type: 'message', room: null, text: 'hi', id: null });
      expect(request).to.deep.equal({ ...silent, type: 'message', text: 'hi' });
      expect(parse({ type: 'message', text: 'hi', key: null, data: null })).to.include({ text: 'hi', key: undefined });
      const history = parse({ type: 'history', room: null, since: null, before: null, limit: null });
      expect(history).to.include({ room: undefined, since: undefined, before: undefined, limit: undefined });
      expect(parse({ type: 'join', room: 'a', name: null, since: null })).to.include({
        name: undefined,
        since: undefined,
      });
    });

    it('a leave with and without a room', () => {
      expect(parse({ type: 'leave', room: 'a' })).to.deep.equal({ type: 'leave', room: 'a', id: undefined });
      expect(parse({ type: 'leave' })).to.deep.equal({ type: 'leave', room: undefined, id: undefined });
    });

    it('a history request, of what came behind a position or of what came before it', () => {
      const position = { epoch: 'x', offset: 0 };
      const nothing = { room: undefined, since: undefined, before: undefined, limit: undefined, id: undefined };
      expect(parse({ type: 'history' })).to.deep.equal({ ...nothing, type: 'history' });
      expect(parse({ type: 'history', room: 'a', since: position })).to.deep.equal({
        ...nothing,
        type: 'history',
        room: 'a',
        since: position,
      });
      expect(parse({ type: 'history', before: position, limit: 7, id: 'h' })).to.deep.equal({
        ...nothing,
        type: 'history',
        before: position,
        limit: 7,
        id: 'h',
      });
    });

    it('data instead of a text, whatever it is, and a key', () => {
      for (const data of [null, 0, false, '', [], { text: 1 }]) {
        expect(parse({ type: 'message', data })).to.deep.equal({ ...silent, type: 'message', data });
      }
      expect(parse({ type: 'message', text: 'hi', key: 'A-Za-z0_9' })).to.include({ key: 'A-Za-z0_9' });
      expect(parse({ type: 'message', text: 'hi', key: 'k'.repeat(64) })).to.not.be.instanceOf(Refusal);
    });

    it('of a position the epoch and the offset, and nothing else', () => {
      const since = { epoch: 'e', offset: 4, colour: 'red' };
      expect(parse({ type: 'join', room: 'a', since })).to.deep.include({ since: { epoch: 'e', offset: 4 } });
    });

    it('fields that it does not know, by passing them over', () => {
      expect(parse({ type: 'leave', colour: 'red' })).to.deep.equal({ type: 'leave', room: undefined, id: undefined });
    });

    it('__proto__ as the name of a room, and as nothing else', () => {
      expect(parse({ type: 'join', room: '__proto__' })).to.include({ room: '__proto__' });
      const polluted = refusal('{"type":"join","__proto__":{"room":"a"}}');
      expect(polluted.code).to.equal('invalid-room');
      expect(({} as { room?: string }).room).to.equal(undefined);
    });

    it('texts, names and rooms of exactly the greatest length', () => {
      expect(parse({ type: 'message', text: 'x'.repeat(20) })).to.not.be.instanceOf(Refusal);
      expect(parse({ type: 'join', room: 'r'.repeat(256), name: 'n'.repeat(8) })).to.not.be.instanceOf(Refusal);
    });

    it('a text with line breaks, which a message may have', () => {
      expect(parse({ type: 'message', text: 'a\nb' })).to.include({ text: 'a\nb' });
    });
  });

  describe('what is refused, with a code for programs and words for people', () => {
    const long = 'x'.repeat(10 * 1024 * 1024);
    const cases: [what: string, given: unknown, code: string, words: RegExp][] = [
      ['an empty message', '', 'invalid-json', /not JSON: ""/],
      ['half an object', '{"type":', 'invalid-json', /not JSON/],
      ['ten megabytes of no JSON', long, 'invalid-json', /not JSON/],
      ['a binary message', Buffer.from('{"type":"leave"}'), 'invalid-request', /text messages; this one was binary/],
      ['an array', [{ type: 'leave' }], 'invalid-request', /not an array/],
      ['null', 'null', 'invalid-request', /not null/],
      ['a number', '42', 'invalid-request', /not a number/],
      ['a string', '"join"', 'invalid-request', /not a string/],
      ['an object without a type', {}, 'invalid-request', /type that is a string; this one has none/],
      ['a type that is no string', { type: 7 }, 'invalid-request', /this one has a number/],
      [
        'an unknown type',
        { type: 'jion', room: 'a' },
        'unknown-type',
        /"jion"; known are join, leave, message, history and ping/,
      ],
      ['a type of ten megabytes', { type: long }, 'unknown-type', /Unknown type "x+…"/],
      ['a name of Object.prototype as the type', { type: 'constructor' }, 'unknown-type', /"constructor"/],
      ['a join without a room', { type: 'join' }, 'invalid-room', /needs a room/],
      ['a room that is no string', { type: 'join', room: ['a'] }, 'invalid-room', /not an array/],
      ['a room without a name', { type: 'join', room: '' }, 'invalid-room', /must not be empty/],
      [
        'a room name of ten megabytes',
        { type: 'join', room: long },
        'invalid-room',
        /at most 256 characters; this one has 10485760/,
      ],
      ['a room name with a control character', { type: 'join', room: 'a\u0000' }, 'invalid-room', /control characters/],
      [
        'a message to a room of ten megabytes',
        { type: 'message', room: long, text: 'a' },
        'invalid-room',
        /at most 256/,
      ],
      ['a leave from a room that is a number', { type: 'leave', room: 1 }, 'invalid-room', /not a number/],
      ['a history of a room without a name', { type: 'history', room: '' }, 'invalid-room', /must not be empty/],
      ['a name that is no string', { type: 'join', room: 'a', name: {} }, 'invalid-name', /not an object/],
      ['a name of blanks', { type: 'join', room: 'a', name: '  ' }, 'invalid-name', /must not be empty/],
      [
        'a name that is too long',
        { type: 'join', room: 'a', name: 'n'.repeat(9) },
        'invalid-name',
        /at most 8 characters; this one has 9/,
      ],
      ['a name with a line break', { type: 'join', room: 'a', name: 'a\nb' }, 'invalid-name', /control characters/],
      [
        'a name that turns the text around it',
        { type: 'join', room: 'a', name: 'a\u202eb' },
        'invalid-name',
        /control/,
      ],
      ['a message without a text', { type: 'message', room: 'a' }, 'invalid-text', /needs a text/],
      ['a text that is no string', { type: 'message', text: 1 }, 'invalid-text', /not a number/],
      ['an empty text', { type: 'message', text: '' }, 'invalid-text', /must not be empty/],
      [
        'a text that is too long',
        { type: 'message', text: 'x'.repeat(21) },
        'invalid-text',
        /at most 20 characters; this one has 21/,
      ],
      ['an id that is an object', { type: 'leave', id: {} }, 'invalid-id', /not an object/],
      [
        'an id that is too long',
        { type: 'leave', id: 'i'.repeat(65) },
        'invalid-id',
        /at most 64 characters; this one has 65/,
      ],
      ['a since that is no position', { type: 'join', room: 'a', since: 4 }, 'invalid-since', /position/],
      ['a since without an epoch', { type: 'join', room: 'a', since: { offset: 1 } }, 'invalid-since', /epoch/],
      [
        'a since before the beginning',
        { type: 'join', room: 'a', since: { epoch: 'e', offset: -1 } },
        'invalid-since',
        /offset/,
      ],
      [
        'a since with half a message',
        { type: 'join', room: 'a', since: { epoch: 'e', offset: 0.5 } },
        'invalid-since',
        /offset/,
      ],
      ['a history since nonsense', { type: 'history', room: 'a', since: [] }, 'invalid-since', /position/],
      ['a history before nonsense', { type: 'history', before: { epoch: 1, offset: 1 } }, 'invalid-before', /position/],
      ['a history of no messages', { type: 'history', limit: 0 }, 'invalid-limit', /at least 1/],
      ['a history of half a message', { type: 'history', limit: 1.5 }, 'invalid-limit', /whole number/],
      ['a history of "many"', { type: 'history', limit: 'many' }, 'invalid-limit', /whole number/],
      [
        'a history in both directions',
        { type: 'history', since: { epoch: 'e', offset: 1 }, limit: 1 },
        'invalid-since',
        /neither before nor limit/,
      ],
      [
        'a since of a very long epoch',
        { type: 'join', room: 'a', since: { epoch: 'e'.repeat(65), offset: 1 } },
        'invalid-since',
        /position/,
      ],
      [
        'a since beyond all whole numbers',
        { type: 'join', room: 'a', since: { epoch: 'e', offset: 2 ** 53 } },
        'invalid-since',
        /whole number/,
      ],
      ['a key that can be guessed', { type: 'message', text: 'x', key: '1234567' }, 'invalid-key', /8 to 64/],
      ['a key that is too long', { type: 'message', text: 'x', key: 'k'.repeat(65) }, 'invalid-key', /8 to 64/],
      ['a key with a dot', { type: 'message', text: 'x', key: 'abcdefgh.1' }, 'invalid-key', /A-Z, a-z, 0-9/],
      ['a key with a line break at its end', { type: 'message', text: 'x', key: 'abcdefgh\n' }, 'invalid-key', /A-Z/],
      ['a key that is a number', { type: 'message', text: 'x', key: 12345678 }, 'invalid-key', /string/],
    ];
    for (const [what, given, code, words] of cases) {
      it(`${what}: ${code}`, () => {
        const { code: found, message } = refusal(given);
        expect(found).to.equal(code);
        expect(message).to.match(words);
        expect(message.length).to.be.below(200);
      });
    }
  });

  describe('an error says which request it answers', () => {
    it('by its type, id and room', () => {
      expect(refusal({ type: 'message', room: 'a', id: 'm1' }).request).to.deep.equal({
        type: 'message',
        id: 'm1',
        room: 'a',
      });
    });

    it('without the parts that were unusable', () => {
      expect(refusal({ type: 'join', id: {}, room: 'a' }).request).to.deep.equal({ type: 'join', room: 'a' });
      expect(refusal({ type: 'join', room: 'r'.repeat(257) }).request).to.deep.equal({ type: 'join' });
      expect(refusal('[]').request).to.equal(undefined);
    });

    it('in few bytes, whatever the request was', () => {
      const answer = errorAnswer(refusal({ type: 't'.repeat(1e6), room: 'r'.repeat(1e6), id: 1e20 }));
      expect(answer.length).to.be.below(300);
      expect(JSON.parse(answer)).to.include({ type: 'error', code: 'unknown-type' });
    });
  });
});
