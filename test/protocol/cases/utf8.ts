import { binary, continuation, fragments, hex, ping, text } from '../support/frames';
import { said } from '../support/recorder';
import type { Chapter, ProtocolCase } from './protocol-case';

/** Each decodes to itself, by Node's own decoder. */
const valid: Array<[what: string, bytes: string]> = [
  ['Greek', 'cebae1bdb9cf83cebcceb5'],
  ['the first character of one byte', '00'],
  ['the first character of two bytes', 'c280'],
  ['the first character of three bytes', 'e0a080'],
  ['the first character of four bytes', 'f0908080'],
  ['the last character of one byte', '7f'],
  ['the last character of two bytes', 'dfbf'],
  ['the last character of three bytes, U+FFFF', 'efbfbf'],
  ['the last character there is, U+10FFFF', 'f48fbfbf'],
  ['the last before the surrogates, U+D7FF', 'ed9fbf'],
  ['the first after the surrogates, U+E000', 'ee8080'],
  ['the replacement character', 'efbfbd'],
  ['a byte order mark, which stays', 'efbbbf61'],
  ['a byte order mark in the middle', '61efbbbf62'],
  ['the non-character U+FFFE', 'efbfbe'],
  ['the non-character U+1FFFE', 'f09fbfbe'],
  ['a private character of plane 15', 'f3b08080'],
  ['a face and its modifier', 'f09f918bf09f8fbd'],
  ['a family joined by zero-width joiners', 'f09f91a8e2808df09f91a9e2808df09f91a7'],
  ['every length in a row', '61c3a4e282acf09d849e61'],
];

const invalid: Array<[what: string, bytes: string]> = [
  ['a stray tail', '80'],
  ['the last stray tail', 'bf'],
  ['six stray tails', '80bf80bf80bf'],
  ['the byte 0xFE', 'fe'],
  ['the byte 0xFF', 'ff'],
  ['0xFE and 0xFF', 'fefeffff'],
  ['a lead of two bytes before a space', 'c320'],
  ['a lead of three bytes before a space', 'e120'],
  ['a lead of four bytes before a space', 'f120'],
  ['a lead of five bytes', 'f888808080'],
  ['a lead of six bytes', 'fc8480808080'],
  ['two bytes of three before a space', 'e18020'],
  ['three bytes of four before a space', 'f1808020'],
  ['a lead after a lead', 'c3c3a4'],
  ['a lead of three bytes, a tail, a lead', 'e180e18080'],
  ['a slash in two bytes', 'c0af'],
  ['a slash in three bytes', 'e080af'],
  ['a slash in four bytes', 'f08080af'],
  ['a slash in five bytes', 'f8808080af'],
  ['a slash in six bytes', 'fc80808080af'],
  ['U+007F in two bytes', 'c1bf'],
  ['U+07FF in three bytes', 'e09fbf'],
  ['U+FFFF in four bytes', 'f08fbfbf'],
  ['a zero in two bytes', 'c080'],
  ['the first high surrogate', 'eda080'],
  ['the last high surrogate', 'edafbf'],
  ['the first low surrogate', 'edb080'],
  ['the last low surrogate', 'edbfbf'],
  ['a pair of surrogates', 'eda081edb080'],
  ['U+110000', 'f4908080'],
  ['U+13FFFF', 'f4bfbfbf'],
  ['U+140000', 'f5808080'],
  ['U+1FFFFF', 'f7bfbfbf'],
  ['a character of two bytes without its end', 'c3'],
  ['a character of three bytes without its end', 'e282'],
  ['a character of four bytes without its end', 'f09d84'],
];

/** Prefixes that no continuation can make valid, though the frame goes on. Each is wrong at its last byte. */
const wrongAtOnce: Array<[what: string, bytes: string]> = [
  ['a stray tail', '80'],
  ['0xC0', 'c0'],
  ['0xC1', 'c1'],
  ['0xF5', 'f5'],
  ['0xFF', 'ff'],
  ['an ASCII letter after a lead', 'c361'],
  ['a lead after a lead', 'e1e1'],
  ['an overlong form of three bytes, at its second', 'e09f'],
  ['an overlong form of four bytes, at its second', 'f08f'],
  ['a surrogate, at its second byte', 'eda0'],
  ['a code above U+10FFFF, at its second byte', 'f490'],
  ['a third byte that is no tail', 'e28261'],
  ['a fourth byte that is no tail', 'f09d84c3'],
  ['a second lead within a character', 'f09dc3'],
  ['one tail too many', 'c3a4a4'],
  ['the byte after Greek', 'cebae1bdb9cf83cebcceb5eda0'],
];

const stillPossible: Array<[what: string, bytes: string]> = [
  ['half of two bytes', 'c3'],
  ['one byte of three', 'e0'],
  ['two bytes of three, least', 'e0a0'],
  ['two bytes of three, below the surrogates', 'ed9f'],
  ['one byte of four', 'f4'],
  ['two bytes of four, least', 'f090'],
  ['two bytes of four, most', 'f48f'],
  ['three bytes of four', 'f48fbf'],
];

function string(bytes: string): string {
  return hex(bytes).toString('utf8');
}

const wholeMessages: ProtocolCase[] = [
  ...valid.map(([what, bytes]) => ({
    says: `text may hold ${what}`,
    receives: [text(hex(bytes))],
    hands: [said.text(string(bytes))],
  })),
  ...invalid.map(([what, bytes]) => ({
    says: `text with ${what} is refused`,
    receives: [text(hex(bytes))],
    hands: [said.invalidUtf8],
  })),
  ...invalid.slice(0, 5).map(([what, bytes]) => ({
    says: `binary with ${what} is none of our business`,
    receives: [binary(hex(bytes))],
    hands: [said.binary(hex(bytes))],
  })),
];

const fragmented: ProtocolCase[] = [
  ...valid
    .filter(([, bytes]) => bytes.length > 2)
    .map(([what, bytes]) => ({
      says: `text with a frame for every byte may hold ${what}`,
      receives: fragments(1, ...Array.from(hex(bytes), (byte) => Buffer.from([byte]))),
      hands: [said.text(string(bytes))],
    })),
  ...invalid
    .filter(([, bytes]) => bytes.length > 2)
    .map(([what, bytes]) => ({
      says: `text with a frame for every byte, with ${what}, is refused`,
      receives: fragments(1, ...Array.from(hex(bytes), (byte) => Buffer.from([byte]))),
      hands: [said.invalidUtf8],
    })),
];

const failFast: ProtocolCase[] = [
  ...wrongAtOnce.flatMap(([what, bytes]) => [
    {
      says: `text fails at ${what}, before its frame ends`,
      receives: [text(hex(bytes), { claims: 100 })],
      hands: [said.invalidUtf8],
    },
    {
      says: `text fails at ${what}, before its message ends`,
      receives: [text('so far so good ', { fin: false }), continuation(hex(bytes), { fin: false })],
      hands: [said.invalidUtf8],
    },
    {
      says: `text does not fail one byte before ${what}`,
      receives: [text(hex(bytes).subarray(0, -1), { claims: 100 })],
      hands: [],
    },
  ]),
  ...stillPossible.flatMap(([what, bytes]) => [
    {
      says: `text waits after ${what}`,
      receives: [text(hex(bytes), { fin: false }), ping('waiting')],
      hands: [said.ping('waiting')],
    },
    {
      says: `text that ends after ${what} is refused`,
      receives: [text(hex(bytes), { fin: false }), ping('waiting'), continuation('')],
      hands: [said.ping('waiting'), said.invalidUtf8],
    },
    {
      says: `text that goes on with a letter after ${what} is refused`,
      receives: [text(hex(bytes), { fin: false }), continuation('a', { fin: false })],
      hands: [said.invalidUtf8],
    },
  ]),
];

const clef = hex('f09d849e');

export const utf8: Chapter = {
  title: '8.1 UTF-8 in text',
  cases: [
    ...wholeMessages,
    ...fragmented,
    ...failFast,
    ...[1, 2, 3].map((at) => ({
      says: `a character of four bytes may be cut after ${at}, with a ping between`,
      receives: [text(clef.subarray(0, at), { fin: false }), ping(), continuation(clef.subarray(at))],
      hands: [said.ping(), said.text('𝄞')],
    })),
    {
      says: 'empty fragments inside a character do not spoil it',
      receives: fragments(1, clef.subarray(0, 1), '', clef.subarray(1, 3), '', '', clef.subarray(3)),
      hands: [said.text('𝄞')],
    },
    {
      says: 'a character begun in one message does not end in the next',
      receives: [text(clef.subarray(0, 2)), text(clef.subarray(2))],
      hands: [said.invalidUtf8],
    },
    {
      says: 'long text is refused for its very last byte',
      receives: [text(Buffer.concat([Buffer.alloc(4000, 0x61), hex('c3')]))],
      hands: [said.invalidUtf8],
    },
    {
      says: 'long text is refused for its very first byte, at once',
      receives: [text(Buffer.concat([hex('80'), Buffer.alloc(200, 0x61)]), { claims: 4000 })],
      hands: [said.invalidUtf8],
    },
    {
      says: 'long text of four-byte characters passes',
      receives: [text('👋'.repeat(2000))],
      hands: [said.text('👋'.repeat(2000))],
    },
    {
      says: 'the message before invalid text is handed over',
      receives: [text('good'), text(hex('ff')), text('after')],
      hands: [said.text('good'), said.invalidUtf8],
    },
  ],
};
