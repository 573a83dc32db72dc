import { expect } from 'chai';
import {
  errorAnswer,
  joinedAnswer,
  leftAnswer,
  messageAnswer,
  messageHead,
  presenceAnswer,
  sentAnswer,
} from '../../src/chat/answers';
import { Refusal } from '../../src/chat/requests';

/** Everything that JSON has to escape. */
const nasty = '"\\\u0000\n\u2028\ud800\u{1f642}é</script>';
const member = { id: 'm1', name: nasty };

describe('chat answers', () => {
  const cases: [type: string, answer: string, fields: object][] = [
    ['left', leftAnswer(undefined, nasty), { room: nasty }],
    ['left', leftAnswer(nasty, nasty), { id: nasty, room: nasty }],
    [
      'message',
      messageAnswer(messageHead(nasty, member), nasty, 7, 1234),
      { room: nasty, from: member, text: nasty, offset: 7, at: 1234 },
    ],
    ['sent', sentAnswer(nasty, nasty, 7, 1234), { id: nasty, room: nasty, offset: 7, at: 1234 }],
    ['sent', sentAnswer(12, 'a', 7, 1234), { id: 12, room: 'a', offset: 7, at: 1234 }],
    ['sent', sentAnswer(undefined, 'a', 7, 1234), { room: 'a', offset: 7, at: 1234 }],
    ['presence', presenceAnswer(nasty, [member], []), { room: nasty, joins: [member], leaves: [] }],
    [
      'error',
      errorAnswer(new Refusal('forbidden', nasty, { type: 'join', room: nasty })),
      { code: 'forbidden', message: nasty, request: { type: 'join', room: nasty } },
    ],
    ['error', errorAnswer(new Refusal('invalid-json', 'words', undefined)), { code: 'invalid-json', message: 'words' }],
  ];
  for (const [type, answer, fields] of cases) {
    it(`${type}: ${Object.keys(fields).join(', ')}`, () => {
      expect(JSON.parse(answer)).to.deep.equal({ type, ...fields });
    });
  }

  it('joined: everything that is known', () => {
    const joined = {
      room: nasty,
      member,
      members: [member],
      count: 1,
      position: { epoch: 'e', offset: 3 },
      missed: [],
      gap: true,
    };
    expect(JSON.parse(joinedAnswer(undefined, joined))).to.deep.equal({ type: 'joined', ...joined });
    expect(JSON.parse(joinedAnswer('j1', joined))).to.deep.equal({ type: 'joined', id: 'j1', ...joined });
  });
});
