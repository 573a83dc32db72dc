import { expect } from 'chai';
import { isControl, isKnownOpcode, Opcode, opcodeName } from '../../src/protocol/opcode';

const all = Array.from({ length: 16 }, (_, opcode) => opcode);

describe('Opcode', () => {
  it('has the numbers of RFC 6455, section 5.2', () => {
    expect(Opcode).to.deep.equal({ Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 });
  });

  it('knows six opcodes; the other ten are reserved', () => {
    expect(all.filter((opcode) => isKnownOpcode(opcode))).to.deep.equal([0, 1, 2, 8, 9, 10]);
  });

  it('takes the upper half for control frames', () => {
    expect(all.filter((opcode) => isControl(opcode))).to.deep.equal([8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('names each for an error message', () => {
    expect(all.slice(0, 4).map(opcodeName)).to.deep.equal(['continuation', 'text', 'binary', 'reserved (0x3)']);
    expect(all.slice(7, 12).map(opcodeName)).to.deep.equal([
      'reserved (0x7)',
      'close',
      'ping',
      'pong',
      'reserved (0xb)',
    ]);
  });
});
