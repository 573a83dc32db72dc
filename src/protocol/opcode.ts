/** The kinds of frame (RFC 6455, section 5.2). Everything else is reserved. */
export const Opcode = {
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
} as const;

export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** Control frames are those whose opcode has its highest bit set (RFC 6455, section 5.5). */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

/** True for the six opcodes that RFC 6455 defines; the others are reserved (section 5.2). */
export function isKnownOpcode(opcode: number): opcode is Opcode {
  return opcode <= Opcode.Binary || (opcode >= Opcode.Close && opcode <= Opcode.Pong);
}

const names: Record<Opcode, string> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** The frame's kind as an error message says it. */
export function opcodeName(opcode: number): string {
  return isKnownOpcode(opcode) ? names[opcode] : `reserved (0x${opcode.toString(16)})`;
}
