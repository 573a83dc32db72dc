import { expect } from 'chai';
import { errorAnswer } from '../../src/chat/answers';
import { parseRequest, Refusal } from '../../src/chat/requests';

const limits = { maxTextLength: 20, maxNameLength: 8 };

function parse(value: unknown) {
  return parseRequest(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value), limits);
}

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
      expect(request).to.deep.equal({ type: 'message', room: undefined, text: 'hi', id: undefined });
      expect(parse({ type: 'join', room: 'a', name: null, since: null })).to.include({
        name: undefined,
        since: undefined,
      });
    });

    it('a leave with and without a room', () => {
      expect(parse({ type: 'leave', room: 'a' })).to.deep.equal({ type: 'leave', room: 'a', id: undefined });
      expect(parse({ type: 'leave' })).to.deep.equal({ type: 'leave', room: undefined, id: undefined });
    });

    it('a history request', () => {
      const since = { epoch: 'x', offset: 0 };
      expect(parse({ type: 'history', room: 'a', since })).to.deep.equal({
        type: 'history',
        room: 'a',
        since,
        id: undefined,
      });
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
        /"jion"; known are join, leave, message and history/,
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
      ['a history without a room', { type: 'history' }, 'invalid-room', /needs a room/],
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
