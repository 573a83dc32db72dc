import { binary, close, continuation, frame, ping, pong, text } from '../support/frames';
import { said } from '../support/recorder';
import type { Chapter, ProtocolCase } from './protocol-case';

const reservedBits = said.protocolError('RESERVED_BITS');
const reservedOpcode = said.protocolError('RESERVED_OPCODE');

/** 4, 2 and 1 are RSV1, RSV2 and RSV3; the others are their sums. */
const bits: ProtocolCase[] = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [
  {
    says: `a text frame with RSV ${rsv} is refused`,
    receives: [text('Hello', { rsv })],
    hands: [reservedBits],
  },
  {
    says: `a good message is handed over before a binary frame with RSV ${rsv} is refused`,
    receives: [text('good'), binary('Hello', { rsv }), ping()],
    hands: [said.text('good'), reservedBits],
  },
  {
    says: `a ping with RSV ${rsv} is refused`,
    receives: [ping('Hello', { rsv })],
    hands: [reservedBits],
  },
]);

const opcodes: ProtocolCase[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => {
  const name = `0x${opcode.toString(16)}`;
  return [
    { says: `the opcode ${name} without payload is refused`, receives: [frame(opcode)], hands: [reservedOpcode] },
    {
      says: `the opcode ${name} with payload is refused at its first byte, after the message before it`,
      receives: [text('good'), frame(opcode, 'Hello', { cutTo: 1 })],
      hands: [said.text('good'), reservedOpcode],
    },
    {
      says: `the opcode ${name} with FIN unset is refused`,
      receives: [frame(opcode, 'Hello', { fin: false }), continuation('!')],
      hands: [reservedOpcode],
    },
  ];
});

export const reserved: Chapter = {
  title: '5.2 Reserved bits and reserved opcodes',
  cases: [
    ...bits,
    ...opcodes,
    { says: 'a pong with RSV1 is refused', receives: [pong('', { rsv: 4 })], hands: [reservedBits] },
    { says: 'a close frame with RSV1 is refused', receives: [close(1000, '', { rsv: 4 })], hands: [reservedBits] },
    { says: 'a close frame with RSV3 is refused', receives: [close(1000, '', { rsv: 1 })], hands: [reservedBits] },
    {
      says: 'a reserved bit is told from the first byte alone',
      receives: [text('Hello', { rsv: 2, cutTo: 1 })],
      hands: [reservedBits],
    },
    {
      says: 'a continuation with RSV1 is refused',
      receives: [text('Hel', { fin: false }), continuation('lo', { rsv: 4 })],
      hands: [reservedBits],
    },
    {
      says: 'a reserved opcode between fragments is refused',
      receives: [text('Hel', { fin: false }), frame(3), continuation('lo')],
      hands: [reservedOpcode],
    },
    {
      says: 'a reserved control opcode between fragments is refused',
      receives: [text('Hel', { fin: false }), frame(11), continuation('lo')],
      hands: [reservedOpcode],
    },
  ],
};
