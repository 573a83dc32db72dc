import { binary, close, continuation, type FrameSpec, frame, hex, ping, pong, text } from '../support/frames';
import { said } from '../support/recorder';
import type { Chapter, ProtocolCase } from './protocol-case';

const boundaries = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 129, 1000, 65_535, 65_536];

/** Bytes that no two neighbours of a mask's phase share. */
function bytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8)));
}

const sizes: ProtocolCase[] = boundaries.flatMap((length) => [
  {
    says: `a text message of ${length} bytes arrives as it was sent`,
    receives: [text('*'.repeat(length))],
    hands: [said.text('*'.repeat(length))],
  },
  {
    says: `a binary message of ${length} bytes arrives as it was sent`,
    receives: [binary(bytes(length))],
    hands: [said.binary(bytes(length))],
  },
]);

const lengths: ProtocolCase[] = (
  [
    [0, 2],
    [1, 2],
    [125, 2],
    [0, 8],
    [125, 8],
    [126, 8],
    [65_535, 8],
  ] as const
).map(([length, lengthBytes]) => ({
  says: `a length of ${length} in ${lengthBytes} bytes, more than it needs, is refused`,
  receives: [binary(bytes(length), { lengthBytes })],
  hands: [said.protocolError('INVALID_LENGTH')],
}));

const wronglyMasked: ProtocolCase[] = (
  [
    ['text frame', text('Hello', { wronglyMasked: true })],
    ['text frame without payload', text('', { wronglyMasked: true })],
    ['binary frame', binary('Hello', { wronglyMasked: true })],
    ['binary frame of 65,536 bytes', binary(bytes(65_536), { wronglyMasked: true })],
    ['ping', ping('Hello', { wronglyMasked: true })],
    ['pong', pong('', { wronglyMasked: true })],
    ['close frame', close(1000, '', { wronglyMasked: true })],
    ['frame of which two bytes have come', text('Hello', { wronglyMasked: true, cutTo: 2 })],
  ] as Array<[string, FrameSpec]>
).map(([what, spec]) => ({
  says: `5.1: a ${what} that is masked where it must not be, or not where it must, is refused`,
  receives: [spec],
  hands: (role) => [said.protocolError(role === 'server' ? 'UNMASKED_FRAME' : 'MASKED_FRAME')],
}));

const cutShort: ProtocolCase[] = [
  ...[1, 2, 5, 6, 9].map((cutTo) => ({
    says: `${cutTo} bytes of a frame of ten letters hand over nothing`,
    receives: [text('abcdefghij', { cutTo })],
    hands: [],
  })),
  ...[3, 4, 9].map((cutTo) => ({
    says: `${cutTo} bytes of a frame with a long length hand over nothing`,
    receives: [binary(bytes(65_536), { cutTo })],
    hands: [],
  })),
  {
    says: 'a ping cut short hands over nothing',
    receives: [ping('abcdefghij', { cutTo: 7 })],
    hands: [],
  },
  {
    says: 'the message before a frame cut short is handed over',
    receives: [text('whole'), text('cut short', { cutTo: 8 })],
    hands: [said.text('whole')],
  },
];

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

export const framing: Chapter = {
  title: '5.2 Base framing, 5.3 masking',
  cases: [
    ...sizes,
    ...lengths,
    {
      says: 'a 64-bit length with its highest bit set is refused',
      receives: [binary('', { claims: 2n ** 63n })],
      hands: [said.protocolError('INVALID_LENGTH')],
    },
    {
      says: 'a 64-bit length is refused at its first byte, where that sets the highest bit',
      receives: [binary('', { claims: 2n ** 64n - 1n, cutTo: 3 })],
      hands: [said.protocolError('INVALID_LENGTH')],
    },
    ...wronglyMasked,
    ...cutShort,
    {
      says: 'every byte there is passes through a binary message',
      receives: [binary(everyByte)],
      hands: [said.binary(everyByte)],
    },
    {
      says: 'a masking key of zeros leaves the payload as it is',
      receives: [binary('Hello', { key: [0, 0, 0, 0] })],
      hands: [said.binary(Buffer.from('Hello'))],
    },
    {
      says: 'a masking key of ones turns every bit',
      receives: [text('Hello', { key: [255, 255, 255, 255] })],
      hands: [said.text('Hello')],
    },
    {
      says: 'every frame has a masking key of its own',
      receives: [text('one', { key: [1, 2, 3, 4] }), text('two', { key: [200, 100, 50, 25] }), ping('three')],
      hands: [said.text('one'), said.text('two'), said.ping('three')],
    },
    {
      says: 'messages that come in one chunk are handed over in their order',
      receives: [text('one'), binary('two'), text(''), text('three'), binary(bytes(300)), text('four')],
      hands: [
        said.text('one'),
        said.binary(Buffer.from('two')),
        said.text(''),
        said.text('three'),
        said.binary(bytes(300)),
        said.text('four'),
      ],
    },
    {
      says: 'a hundred messages are a hundred messages',
      receives: Array.from({ length: 100 }, (_, i) => text(`message ${i}`)),
      hands: Array.from({ length: 100 }, (_, i) => said.text(`message ${i}`)),
    },
    {
      says: 'a zero character is a character',
      receives: [text('a\0b')],
      hands: [said.text('a\0b')],
    },
    {
      says: 'the unmasked and masked text of section 5.7 is "Hello"',
      receives: [text('Hello', { key: [0x37, 0xfa, 0x21, 0x3d] })],
      hands: [said.text('Hello')],
    },
    {
      says: 'nothing after a violation is handed over',
      receives: [text('before'), frame(2, 'x', { rsv: 1 }), text('after'), ping('after'), close(1000)],
      hands: [said.text('before'), said.protocolError('RESERVED_BITS')],
    },
    {
      says: 'a violation inside a fragmented message drops what came of it',
      receives: [text('begun', { fin: false }), ping('alive'), continuation('', { lengthBytes: 2 })],
      hands: [said.ping('alive'), said.protocolError('INVALID_LENGTH')],
    },
    {
      says: 'an HTTP request where frames are due is refused at its first wrong byte',
      // 'G' is 0x47: RSV1 is set.
      receives: [frame(7, hex('5420'), { fin: false, rsv: 4, cutTo: 1 })],
      hands: [said.protocolError('RESERVED_BITS')],
    },
  ],
};
