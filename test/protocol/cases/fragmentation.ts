import { binary, close, continuation, type FrameSpec, fragments, frame, ping, text } from '../support/frames';
import { said } from '../support/recorder';
import type { Chapter, ProtocolCase } from './protocol-case';

const noMessage = said.protocolError('UNEXPECTED_CONTINUATION');
const interleaved = said.protocolError('INTERLEAVED_MESSAGE');

const long = Array.from({ length: 65_536 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');

function cutInto(size: number): FrameSpec[] {
  const parts: string[] = [];
  for (let at = 0; at < long.length; at += size) parts.push(long.slice(at, at + size));
  return fragments(1, ...parts);
}

const frameSizes: ProtocolCase[] = [64, 126, 1300, 65_535].map((size) => ({
  says: `64 KiB of text in frames of ${size} bytes are one message`,
  receives: cutInto(size),
  hands: [said.text(long)],
}));

export const fragmentation: Chapter = {
  title: '5.4 Fragmentation',
  cases: [
    { says: 'text in two fragments is one message', receives: fragments(1, 'Hel', 'lo'), hands: [said.text('Hello')] },
    {
      says: 'bytes in two fragments are one message',
      receives: fragments(2, 'Hel', 'lo'),
      hands: [said.binary(Buffer.from('Hello'))],
    },
    {
      says: 'a fragment of every letter is one message',
      receives: fragments(1, ...'a text in many pieces'),
      hands: [said.text('a text in many pieces')],
    },
    { says: 'the first fragment may be empty', receives: fragments(1, '', 'Hello'), hands: [said.text('Hello')] },
    { says: 'the last fragment may be empty', receives: fragments(1, 'Hello', ''), hands: [said.text('Hello')] },
    {
      says: 'fragments in the middle may be empty',
      receives: fragments(2, 'Hel', '', '', 'lo'),
      hands: [said.binary(Buffer.from('Hello'))],
    },
    { says: 'all fragments may be empty', receives: fragments(1, '', '', ''), hands: [said.text('')] },
    {
      says: 'all fragments of a binary message may be empty',
      receives: fragments(2, '', ''),
      hands: [said.binary(Buffer.alloc(0))],
    },
    {
      says: 'only the first of three fragments has bytes',
      receives: fragments(1, 'Hello', '', ''),
      hands: [said.text('Hello')],
    },
    {
      says: 'fragments may have lengths of all three forms',
      receives: fragments(2, Buffer.alloc(3, 1), Buffer.alloc(126, 2), Buffer.alloc(65_536, 3), Buffer.alloc(1, 4)),
      hands: [
        said.binary(
          Buffer.concat([Buffer.alloc(3, 1), Buffer.alloc(126, 2), Buffer.alloc(65_536, 3), Buffer.alloc(1, 4)]),
        ),
      ],
    },
    ...frameSizes,
    {
      says: 'one fragmented message follows another',
      receives: [...fragments(1, 'a', 'b'), ...fragments(2, 'c', 'd'), ...fragments(1, 'e', 'f')],
      hands: [said.text('ab'), said.binary(Buffer.from('cd')), said.text('ef')],
    },
    {
      says: 'whole and fragmented messages take turns',
      receives: [text('1'), ...fragments(1, '2', '2'), text('3'), ...fragments(2, '4', '4'), binary('5')],
      hands: [
        said.text('1'),
        said.text('22'),
        said.text('3'),
        said.binary(Buffer.from('44')),
        said.binary(Buffer.from('5')),
      ],
    },
    {
      says: 'the kind of a message is its first frame’s',
      receives: fragments(2, Buffer.from([0xff]), Buffer.from([0xfe])),
      hands: [said.binary(Buffer.from([0xff, 0xfe]))],
    },
    {
      says: 'every fragment is unmasked with its own key',
      receives: [
        text('abcde', { fin: false, key: [1, 2, 3, 4] }),
        continuation('fghij', { fin: false, key: [250, 150, 50, 5] }),
        continuation('klmno', { key: [9, 99, 199, 255] }),
      ],
      hands: [said.text('abcdefghijklmno')],
    },
    { says: 'a message that never ends is never handed over', receives: [text('Hel', { fin: false })], hands: [] },
    { says: 'a final continuation of nothing is refused', receives: [continuation('Hello')], hands: [noMessage] },
    { says: 'an empty continuation of nothing is refused', receives: [continuation('')], hands: [noMessage] },
    {
      says: 'a continuation of nothing with FIN unset is refused',
      receives: [continuation('Hello', { fin: false }), text('after')],
      hands: [noMessage],
    },
    {
      says: 'a continuation after a whole message is refused',
      receives: [text('whole'), continuation('more')],
      hands: [said.text('whole'), noMessage],
    },
    {
      says: 'a continuation after the last fragment is refused',
      receives: [...fragments(1, 'Hel', 'lo'), continuation('!')],
      hands: [said.text('Hello'), noMessage],
    },
    {
      says: 'a continuation after an empty fragmented message is refused',
      receives: [...fragments(2, '', ''), continuation('!')],
      hands: [said.binary(Buffer.alloc(0)), noMessage],
    },
    {
      says: 'a continuation of nothing is refused at its header',
      receives: [continuation('', { claims: 100 })],
      hands: [noMessage],
    },
    {
      says: 'a whole text frame between fragments is refused',
      receives: [text('Hel', { fin: false }), text('lo')],
      hands: [interleaved],
    },
    {
      says: 'a short whole binary frame between fragments is refused',
      receives: [text('Hel', { fin: false }), binary('lo'), continuation('')],
      hands: [interleaved],
    },
    {
      says: 'a second first fragment is refused',
      receives: [text('Hel', { fin: false }), text('lo', { fin: false }), continuation('')],
      hands: [interleaved],
    },
    {
      says: 'a binary first fragment between text fragments is refused',
      receives: [text('Hel', { fin: false }), binary('lo', { fin: false })],
      hands: [interleaved],
    },
    {
      says: 'a whole frame after an empty first fragment is refused',
      receives: [text('', { fin: false }), text('Hello')],
      hands: [interleaved],
    },
    {
      says: 'an interleaved message is refused at its header',
      receives: [binary('', { fin: false }), binary('', { claims: 70_000 })],
      hands: [interleaved],
    },
    {
      says: 'a close frame between fragments ends the connection, and their message is dropped',
      receives: [text('Hel', { fin: false }), close(1001, 'away'), continuation('lo')],
      hands: [said.close(1001, 'away')],
    },
    {
      says: 'eight fragments with a ping before each',
      receives: Array.from('fragment').flatMap((letter, i) => [
        ping(letter),
        frame(i === 0 ? 1 : 0, letter, { fin: i === 7 }),
      ]),
      hands: [...Array.from('fragment').map((letter) => said.ping(letter)), said.text('fragment')],
    },
  ],
};
