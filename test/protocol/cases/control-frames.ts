import { binary, close, continuation, fragments, hex, ping, pong, text } from '../support/frames';
import { said } from '../support/recorder';
import type { Chapter } from './protocol-case';

const tooLong = said.protocolError('CONTROL_FRAME_TOO_LONG');
const fragmented = said.protocolError('FRAGMENTED_CONTROL_FRAME');
const full = Buffer.alloc(125, 0xfe);

export const controlFrames: Chapter = {
  title: '5.5 Control frames',
  cases: [
    { says: 'a ping without payload is handed over', receives: [ping()], hands: [said.ping()] },
    { says: 'a ping keeps its payload', receives: [ping('Hello')], hands: [said.ping('Hello')] },
    {
      says: 'the payload of a ping need not be text',
      receives: [ping(hex('00 ff fe fd fc fb 00 ff'))],
      hands: [said.ping(hex('00fffefdfcfb00ff'))],
    },
    { says: 'a ping may have 125 bytes', receives: [ping(full)], hands: [said.ping(full)] },
    { says: 'a pong may have 125 bytes', receives: [pong(full)], hands: [said.pong(full)] },
    { says: 'a ping of 126 bytes is refused', receives: [ping(Buffer.alloc(126))], hands: [tooLong] },
    { says: 'a pong of 126 bytes is refused', receives: [pong(Buffer.alloc(126))], hands: [tooLong] },
    { says: 'a close frame of 126 bytes is refused', receives: [close(Buffer.alloc(126))], hands: [tooLong] },
    { says: 'a ping of 65,536 bytes is refused', receives: [ping(Buffer.alloc(65_536))], hands: [tooLong] },
    {
      says: 'a long ping is refused at its second byte',
      receives: [ping('', { claims: 126, cutTo: 2 })],
      hands: [tooLong],
    },
    {
      says: 'a close frame that claims 2^40 bytes is refused at its second byte',
      receives: [close(undefined, '', { claims: 2n ** 40n, cutTo: 2 })],
      hands: [tooLong],
    },
    {
      says: 'a short ping with its length in two bytes is refused',
      receives: [ping('Hello', { lengthBytes: 2 })],
      hands: [tooLong],
    },
    { says: 'a pong that nobody asked for is handed over', receives: [pong()], hands: [said.pong()] },
    { says: 'a pong keeps its payload', receives: [pong('unasked')], hands: [said.pong('unasked')] },
    {
      says: 'ten pings are handed over in their order',
      receives: Array.from({ length: 10 }, (_, i) => ping(`payload ${i}`)),
      hands: Array.from({ length: 10 }, (_, i) => said.ping(`payload ${i}`)),
    },
    {
      says: 'pings, pongs and messages keep their order',
      receives: [ping('1'), text('2'), pong('3'), binary('4'), ping('5')],
      hands: [said.ping('1'), said.text('2'), said.pong('3'), said.binary(Buffer.from('4')), said.ping('5')],
    },
    { says: '5.4: a ping with FIN unset is refused', receives: [ping('', { fin: false })], hands: [fragmented] },
    { says: '5.4: a pong with FIN unset is refused', receives: [pong('', { fin: false })], hands: [fragmented] },
    {
      says: '5.4: a close frame with FIN unset is refused',
      receives: [close(1000, '', { fin: false })],
      hands: [fragmented],
    },
    {
      says: 'a fragmented ping is refused at its first byte',
      receives: [ping('Hello', { fin: false, cutTo: 1 })],
      hands: [fragmented],
    },
    {
      says: 'a ping in two fragments is refused at the first',
      receives: [ping('Hel', { fin: false }), continuation('lo')],
      hands: [fragmented],
    },
    {
      says: 'a pong in two fragments is refused at the first',
      receives: [pong('Hel', { fin: false }), continuation('lo')],
      hands: [fragmented],
    },
    {
      says: 'a ping between two fragments is handed over before their message',
      receives: [text('Hel', { fin: false }), ping('now'), continuation('lo')],
      hands: [said.ping('now'), said.text('Hello')],
    },
    {
      says: 'a pong between two fragments is handed over before their message',
      receives: [binary('Hel', { fin: false }), pong('now'), continuation('lo')],
      hands: [said.pong('now'), said.binary(Buffer.from('Hello'))],
    },
    {
      says: 'control frames may stand between all fragments of a message',
      receives: [
        ping('0'),
        text('a', { fin: false }),
        ping('1'),
        ping('2'),
        continuation('b', { fin: false }),
        pong('3'),
        continuation('', { fin: false }),
        ping(full),
        continuation('c'),
        ping('4'),
      ],
      hands: [
        said.ping('0'),
        said.ping('1'),
        said.ping('2'),
        said.pong('3'),
        said.ping(full),
        said.text('abc'),
        said.ping('4'),
      ],
    },
    {
      says: 'a ping whose payload is not UTF-8 does not spoil the text around it',
      receives: [text('Gr', { fin: false }), ping(hex('ff')), continuation('ün')],
      hands: [said.ping(hex('ff')), said.text('Grün')],
    },
    {
      says: 'a long ping between fragments fails the connection',
      receives: [text('Hel', { fin: false }), ping(Buffer.alloc(126)), continuation('lo')],
      hands: [tooLong],
    },
    {
      says: 'control frames do not count as fragments',
      receives: [text('Hel', { fin: false }), ping(), ping(), ping(), continuation('lo')],
      hands: [said.ping(), said.ping(), said.ping(), said.text('Hello')],
      limits: { maxFragments: 2 },
    },
    {
      says: 'control frames do not count as bytes of a message',
      receives: [text('Hel', { fin: false }), ping(full), continuation('lo'), ping(full)],
      hands: [said.ping(full), said.text('Hello'), said.ping(full)],
      limits: { maxMessageSize: 5 },
    },
    {
      says: 'two fragmented messages have their pings where they came',
      receives: [...fragments(1, 'a', 'b'), ping('between'), ...fragments(2, 'c', 'd')],
      hands: [said.text('ab'), said.ping('between'), said.binary(Buffer.from('cd'))],
    },
  ],
};
