import { binary, close, continuation, fragments, frame, ping, text } from '../support/frames';
import { said } from '../support/recorder';
import type { Chapter } from './protocol-case';

const tooBig = said.tooBig();
const tooMany = said.tooBig('TOO_MANY_FRAGMENTS');
const limits = { maxMessageSize: 10 };

export const limitsOfMessages: Chapter = {
  title: '10.4 Limits of messages',
  cases: [
    {
      says: 'text exactly as long as maxMessageSize passes',
      receives: [text('0123456789')],
      hands: [said.text('0123456789')],
      limits,
    },
    {
      says: 'bytes exactly as long as maxMessageSize pass',
      receives: [binary('0123456789')],
      hands: [said.binary(Buffer.from('0123456789'))],
      limits,
    },
    { says: 'text one byte longer is refused', receives: [text('0123456789a')], hands: [tooBig], limits },
    { says: 'bytes one longer are refused', receives: [binary('0123456789a')], hands: [tooBig], limits },
    { says: 'bytes are counted, not characters', receives: [text('ääääää')], hands: [tooBig], limits },
    {
      says: 'a message too long is refused at its header',
      receives: [text('', { claims: 11 })],
      hands: [tooBig],
      limits,
    },
    {
      says: 'the message before one too long is handed over',
      receives: [text('fits'), text('does not fit'), text('after')],
      hands: [said.text('fits'), tooBig],
      limits,
    },
    {
      says: 'fragments exactly as long as maxMessageSize pass',
      receives: fragments(1, '01234', '', '56789', ''),
      hands: [said.text('0123456789')],
      limits,
    },
    {
      says: 'the fragment that makes a message too long is refused at its header',
      receives: [text('01234', { fin: false }), ping('still here'), continuation('', { claims: 6 })],
      hands: [said.ping('still here'), tooBig],
      limits,
    },
    {
      says: 'a last fragment of one byte can be one too many',
      receives: fragments(2, '01234', '56789', 'a'),
      hands: [tooBig],
      limits,
    },
    {
      says: 'the size of one message does not count for the next',
      receives: [...fragments(1, '01234', '56789'), ...fragments(2, '01234', '56789'), text('0123456789')],
      hands: [said.text('0123456789'), said.binary(Buffer.from('0123456789')), said.text('0123456789')],
      limits,
    },
    {
      says: 'a limit of one byte lets an empty and a one-byte message pass',
      receives: [text(''), text('a'), text('ab')],
      hands: [said.text(''), said.text('a'), tooBig],
      limits: { maxMessageSize: 1 },
    },
    ...([126, 65_536, 2 ** 31, 2 ** 32, 2n ** 40n, 2n ** 53n, 2n ** 63n - 1n] as const).map((claims) => ({
      says: `a frame that claims ${claims} bytes is refused at its header`,
      receives: [binary('', { claims })],
      hands: [tooBig],
      limits: { maxMessageSize: 125 },
    })),
    {
      says: 'a continuation that claims 2^40 bytes is refused at its header',
      receives: [text('begun', { fin: false }), continuation('', { claims: 2n ** 40n })],
      hands: [tooBig],
    },
    {
      says: 'a message may have as many fragments as maxFragments',
      receives: fragments(1, 'a', 'b', 'c'),
      hands: [said.text('abc')],
      limits: { maxFragments: 3 },
    },
    {
      says: 'a message with one fragment more is refused at that fragment’s header',
      receives: [
        ...fragments(1, 'a', 'b', 'c').map((spec) => ({ ...spec, fin: false })),
        continuation('', { claims: 5 }),
      ],
      hands: [tooMany],
      limits: { maxFragments: 3 },
    },
    {
      says: 'empty fragments count',
      receives: fragments(2, '', '', '', ''),
      hands: [tooMany],
      limits: { maxFragments: 3 },
    },
    {
      says: 'the fragments of one message do not count for the next',
      receives: [...fragments(1, 'a', 'b'), ...fragments(1, 'c', 'd'), text('e'), ...fragments(2, 'f', 'g')],
      hands: [said.text('ab'), said.text('cd'), said.text('e'), said.binary(Buffer.from('fg'))],
      limits: { maxFragments: 2 },
    },
    {
      says: 'maxFragments 1 lets whole messages pass, of every length',
      receives: [text('a'), binary(Buffer.alloc(126)), text('')],
      hands: [said.text('a'), said.binary(Buffer.alloc(126)), said.text('')],
      limits: { maxFragments: 1 },
    },
    {
      says: 'a violation of the frame goes before a violation of the limit',
      receives: [frame(3, '', { claims: 2n ** 40n })],
      hands: [said.protocolError('RESERVED_OPCODE')],
      limits,
    },
    {
      says: 'nothing after a message too long is handed over',
      receives: [text('', { claims: 11 }), close(1000), ping()],
      hands: [tooBig],
      limits,
    },
  ],
};
