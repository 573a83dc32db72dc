import { binary, close, continuation, frame, hex, ping, text } from '../support/frames';
import { said } from '../support/recorder';
import type { Chapter, ProtocolCase } from './protocol-case';

const invalidCode = said.protocolError('INVALID_CLOSE_CODE');

const legal: ProtocolCase[] = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
].map((code) => ({
  says: `the close code ${code} may be sent`,
  receives: [close(code, 'goodbye')],
  hands: [said.close(code, 'goodbye')],
}));

const illegal: ProtocolCase[] = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65_535].flatMap(
  (code) => [
    { says: `the close code ${code} must not be sent`, receives: [close(code)], hands: [invalidCode] },
    {
      says: `the close code ${code} must not be sent with a reason either`,
      receives: [close(code, 'goodbye'), text('after')],
      hands: [invalidCode],
    },
  ],
);

const notUtf8: ProtocolCase[] = [
  ['a byte that is in no character', 'ff'],
  ['a stray tail', '80'],
  ['a character cut short', 'e282'],
  ['an overlong slash', 'c0af'],
  ['a surrogate', 'eda080'],
  ['a code above U+10FFFF', 'f4908080'],
].map(([what, bytes]) => ({
  says: `8.1: a reason with ${what} is refused`,
  receives: [close(1000, Buffer.concat([Buffer.from('Grüße '), hex(bytes!)]))],
  hands: [said.invalidUtf8],
}));

export const closing: Chapter = {
  title: '5.5.1 and 7 Closing',
  cases: [
    { says: 'a close frame without payload has the code 1005', receives: [close()], hands: [said.close(1005)] },
    {
      says: 'a close frame of one byte is refused',
      receives: [close(hex('03'))],
      hands: [said.protocolError('INVALID_CLOSE_PAYLOAD')],
    },
    { says: 'a close frame may have a code alone', receives: [close(1000)], hands: [said.close(1000)] },
    ...legal,
    ...illegal,
    { says: 'a reason may be of one character', receives: [close(1000, '.')], hands: [said.close(1000, '.')] },
    {
      says: 'a reason may have 123 bytes',
      receives: [close(1000, 'r'.repeat(123))],
      hands: [said.close(1000, 'r'.repeat(123))],
    },
    {
      says: 'a reason of 124 bytes is refused',
      receives: [close(1000, 'r'.repeat(124))],
      hands: [said.protocolError('CONTROL_FRAME_TOO_LONG')],
    },
    {
      says: 'a reason is UTF-8',
      receives: [close(4001, 'Grüße, κόσμε 👋')],
      hands: [said.close(4001, 'Grüße, κόσμε 👋')],
    },
    ...notUtf8,
    {
      says: 'an illegal code goes before a reason that is not UTF-8',
      receives: [close(1005, hex('ff'))],
      hands: [invalidCode],
    },
    {
      says: 'frames after a close frame are ignored',
      receives: [close(1000), text('after'), ping('after'), close(1001)],
      hands: [said.close(1000)],
    },
    {
      says: 'violations after a close frame are ignored',
      receives: [close(1000), frame(3, 'x', { rsv: 7 }), text(hex('ff'))],
      hands: [said.close(1000)],
    },
    {
      says: 'a message before a close frame is handed over',
      receives: [text('last words'), binary('and bytes'), close(1000, 'done')],
      hands: [said.text('last words'), said.binary(Buffer.from('and bytes')), said.close(1000, 'done')],
    },
    {
      says: 'a close frame cut short hands over nothing',
      receives: [close(1000, 'goodbye', { cutTo: 8 })],
      hands: [],
    },
    {
      says: 'a close frame with the rest of a message behind it drops the message',
      receives: [binary('begun', { fin: false }), close(), continuation('ended')],
      hands: [said.close(1005)],
    },
  ],
};
