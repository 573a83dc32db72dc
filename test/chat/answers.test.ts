import { expect } from 'chai';
import {
  errorAnswer,
  historyAnswer,
  joinedAnswer,
  leftAnswer,
  messageAnswer,
  messageHead,
  placedAnswer,
  positionAnswer,
  presenceAnswer,
  sentAnswer,
} from '../../src/chat/answers';
import { Refusal } from '../../src/chat/requests';

/** Everything that JSON has to escape. */
const nasty = '"\\\u0000\n\u2028\ud800\u{1f642}é</script>';
const member = { id: 'm1', name: nasty };
const key = 'A-Za-z0_9';
const position = { epoch: nasty, offset: 3 };

describe('chat answers', () => {
  const cases: [type: string, answer: string, fields: object][] = [
    ['left', leftAnswer(undefined, nasty), { room: nasty }],
    ['left', leftAnswer(nasty, nasty), { id: nasty, room: nasty }],
    [
      'message',
      messageAnswer(messageHead(nasty, member), { text: nasty }, 7, 1234, undefined),
      { room: nasty, from: member, text: nasty, offset: 7, at: 1234 },
    ],
    [
      'message',
      messageAnswer(messageHead('a', member), { data: [nasty, null] }, null, 1234, key),
      { room: 'a', from: member, data: [nasty, null], offset: null, at: 1234, key },
    ],
    [
      'message',
      messageAnswer(messageHead('a', member), { data: null }, 1, 1234, undefined),
      { room: 'a', from: member, data: null, offset: 1, at: 1234 },
    ],
    ['sent', sentAnswer(nasty, nasty, 7, 1234, key), { id: nasty, room: nasty, offset: 7, at: 1234, key }],
    ['sent', sentAnswer(12, 'a', 7, 1234, undefined), { id: 12, room: 'a', offset: 7, at: 1234 }],
    ['sent', sentAnswer(undefined, 'a', 7, 1234, undefined), { room: 'a', offset: 7, at: 1234 }],
    ['placed', placedAnswer(nasty, key, 7, 1234), { room: nasty, key, offset: 7, at: 1234 }],
    ['position', positionAnswer(nasty, position, true), { room: nasty, position, gap: true }],
    [
      'history',
      historyAnswer(undefined, nasty, { messages: [], position, more: true, gap: false }),
      { room: nasty, messages: [], position, more: true, gap: false },
    ],
    [
      'presence',
      presenceAnswer(nasty, { joins: [member], leaves: [] }, 2),
      { room: nasty, joins: [member], leaves: [], count: 2 },
    ],
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
