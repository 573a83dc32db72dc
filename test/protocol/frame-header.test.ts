import { expect } from 'chai';
import { ProtocolError } from '../../src/protocol/errors';
import {
  FrameHeader,
  frameHeaderSize,
  maxHeaderSize,
  readFrameHeader,
  writeFrameHeader,
} from '../../src/protocol/frame-header';
import { readMaskingKey } from '../../src/protocol/mask';
import type { Role } from '../../src/protocol/role';
import { errorOf } from './support/error-of';
import { hex } from './support/frames';

const key = readMaskingKey(hex('37fa213d'), 0);

function read(bytes: Buffer, role?: Role, reservedBits = 0): FrameHeader | null {
  const header = new FrameHeader();
  return readFrameHeader(header, bytes, 0, bytes.length, role, reservedBits) ? header : null;
}

/** The length, in the least form that holds it, and that form's size. */
const lengths: Array<[length: number, digits: string]> = [
  [0, '00'],
  [1, '01'],
  [125, '7d'],
  [126, '7e007e'],
  [127, '7e007f'],
  [65_535, '7effff'],
  [65_536, '7f0000000000010000'],
  [2 ** 31, '7f0000000080000000'],
  [2 ** 32 - 1, '7f00000000ffffffff'],
  [2 ** 32, '7f0000000100000000'],
  [2 ** 40, '7f0000010000000000'],
  [Number.MAX_SAFE_INTEGER, '7f001fffffffffffff'],
];

describe('readFrameHeader', () => {
  for (const [length, digits] of lengths) {
    it(`reads the length ${length}, masked and not, and needs every byte of it`, () => {
      for (const masked of [false, true]) {
        const bytes = hex(`82${digits}${masked ? '37fa213d' : ''}`);
        if (masked) bytes[1]! |= 0x80;
        const role = masked ? 'server' : 'client';
        const expected = { fin: true, rsv: 0, opcode: 2, masked, key: masked ? key : 0, length, size: bytes.length };
        expect(read(bytes, role)).to.deep.include(expected);
        expect(read(Buffer.concat([bytes, Buffer.alloc(5, 0xff)]), role)).to.deep.include(expected);
        for (let cut = 0; cut < bytes.length; cut++) expect(read(bytes.subarray(0, cut), role)).to.equal(null);
      }
    });
  }

  it('leaves the header as it was when bytes are missing', () => {
    const header = new FrameHeader();
    expect(readFrameHeader(header, hex('817e00'), 0, 3, 'client', 0)).to.equal(false);
    expect(header).to.deep.equal(new FrameHeader());
  });

  it('reads from where it is told to, and not beyond its end', () => {
    const header = new FrameHeader();
    const bytes = hex('ffff 8103 616263');
    expect(readFrameHeader(header, bytes, 2, 7, 'client', 0)).to.equal(true);
    expect(header).to.include({ opcode: 1, length: 3, size: 2 });
    expect(readFrameHeader(header, bytes, 2, 3, 'client', 0)).to.equal(false);
  });

  it('takes masked and unmasked frames alike where no role is given', () => {
    expect(read(hex('8105'))).to.include({ masked: false });
    expect(read(hex('818537fa213d'))).to.include({ masked: true });
  });

  it('lets the reserved bits of an extension pass on data frames', () => {
    expect(read(hex('c105'), 'client', 0x40)).to.include({ rsv: 0x40, opcode: 1 });
    expect(read(hex('e205'), 'client', 0x60)).to.include({ rsv: 0x60, opcode: 2 });
    expect(() => read(hex('e105'), 'client', 0x40)).to.throw(ProtocolError);
    expect(() => read(hex('c905'), 'client', 0x40)).to.throw(ProtocolError);
  });

  const violations: Array<[says: string, code: string, role: Role, bytes: string]> = [
    ['a reserved bit', 'RESERVED_BITS', 'client', 'c1'],
    ['a reserved opcode', 'RESERVED_OPCODE', 'client', '83'],
    ['a control frame without FIN', 'FRAGMENTED_CONTROL_FRAME', 'client', '09'],
    ['no mask from a client', 'UNMASKED_FRAME', 'server', '8105'],
    ['a mask from a server', 'MASKED_FRAME', 'client', '8185'],
    ['a ping of 126 bytes', 'CONTROL_FRAME_TOO_LONG', 'client', '897e'],
    ['a ping of 65,536 bytes', 'CONTROL_FRAME_TOO_LONG', 'client', '897f'],
    ['125 in two bytes', 'INVALID_LENGTH', 'client', '827e007d'],
    ['65,535 in eight bytes', 'INVALID_LENGTH', 'client', '827f000000000000ffff'],
    ['the highest bit of a length', 'INVALID_LENGTH', 'client', '827f80'],
    ['all bits of a length', 'INVALID_LENGTH', 'server', '82ffff'],
  ];
  for (const [says, code, role, bytes] of violations) {
    it(`tells ${says} from as few bytes as show it`, () => {
      expect(errorOf(ProtocolError, () => read(hex(bytes), role))).to.include({ code, closeCode: 1002 });
      expect(read(hex(bytes).subarray(0, -1), role)).to.equal(null);
    });
  }
});

describe('writeFrameHeader', () => {
  for (const [length, digits] of lengths) {
    it(`writes the length ${length} in its least form`, () => {
      const bytes = Buffer.alloc(maxHeaderSize + 2, 0xaa);
      expect(writeFrameHeader(bytes, 1, 0x82, length)).to.equal(1 + frameHeaderSize(length, false));
      expect(bytes.subarray(0, 1 + frameHeaderSize(length, false)).toString('hex')).to.equal(`aa82${digits}`);
      expect(bytes[1 + frameHeaderSize(length, false)]).to.equal(0xaa);

      const end = writeFrameHeader(bytes, 0, 0x01, length, key);
      expect(end).to.equal(frameHeaderSize(length, true)).and.to.be.at.most(maxHeaderSize);
      expect(read(bytes.subarray(0, end), 'server')).to.deep.include({
        fin: false,
        opcode: 1,
        masked: true,
        key,
        length,
      });
    });
  }
});
