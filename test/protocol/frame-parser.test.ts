import { expect } from 'chai';
import { InvalidOptionError, MessageTooBigError, ProtocolError } from '../../src/protocol/errors';
import { WebSocketFrame } from '../../src/protocol/frame';
import { FrameParser } from '../../src/protocol/frame-parser';
import { Opcode } from '../../src/protocol/opcode';
import { errorOf } from './support/error-of';
import { binary, close, encode, frame, hex, ping, text } from './support/frames';

const boundaries = [0, 1, 125, 126, 127, 65_535, 65_536];

describe('FrameParser', () => {
  const parser = new FrameParser();

  describe('decode', () => {
    it('decodes the examples of section 5.7', () => {
      const unmasked = parser.decode(hex('810548656c6c6f'));
      expect(unmasked?.bytesConsumed).to.equal(7);
      expect(unmasked?.frame).to.include({ fin: true, opcode: Opcode.Text, masked: false, rsv: 0 });
      expect(unmasked?.frame.payload.toString()).to.equal('Hello');
      const masked = parser.decode(hex('818537fa213d7f9f4d5158'));
      expect(masked?.frame).to.include({ masked: true });
      expect(masked?.frame.payload.toString()).to.equal('Hello');
      const first = parser.decode(hex('010348656c'));
      expect(first?.frame).to.include({ fin: false, opcode: Opcode.Text });
      expect(parser.decode(hex('80026c6f'))?.frame).to.include({ fin: true, opcode: Opcode.Continuation });
      expect(parser.decode(hex('890548656c6c6f'))?.frame.opcode).to.equal(Opcode.Ping);
    });

    for (const length of boundaries) {
      it(`decodes ${length} bytes, masked and not, and leaves what follows`, () => {
        const payload = Buffer.alloc(length, 0x5a);
        for (const receiver of ['server', 'client'] as const) {
          const bytes = encode(binary(payload), receiver);
          const decoded = parser.decode(Buffer.concat([bytes, hex('8100')]));
          expect(decoded?.bytesConsumed).to.equal(bytes.length);
          expect(decoded?.frame.payload.equals(payload)).to.equal(true);
        }
      });
    }

    it('returns null for a frame cut short at every byte', () => {
      for (const length of [0, 1, 125, 126, 300]) {
        for (const receiver of ['server', 'client'] as const) {
          const bytes = encode(text('x'.repeat(length)), receiver);
          for (let cut = 0; cut < bytes.length; cut++) {
            if (parser.decode(bytes.subarray(0, cut)) !== null) expect.fail(`decoded ${cut} of ${bytes.length} bytes`);
          }
        }
      }
      const long = encode(binary(Buffer.alloc(65_536)), 'server');
      for (const cut of [1, 2, 3, 9, 10, 13, 14, 65_549]) expect(parser.decode(long.subarray(0, cut))).to.equal(null);
    });

    it('leaves its input as it is, and gives a payload of its own', () => {
      const bytes = hex('818537fa213d7f9f4d5158');
      const decoded = parser.decode(bytes);
      expect(bytes.toString('hex')).to.equal('818537fa213d7f9f4d5158');
      bytes.fill(0);
      expect(decoded?.frame.payload.toString()).to.equal('Hello');
    });

    it('takes a Uint8Array that is no Buffer', () => {
      const decoded = parser.decode(Uint8Array.from(hex('810548656c6c6f')));
      expect(decoded?.frame.payload.toString()).to.equal('Hello');
    });

    it('refuses what breaks the rules of frames', () => {
      const violations: Array<[string, Buffer]> = [
        ['RESERVED_BITS', encode(text('', { rsv: 4 }), 'client')],
        ['RESERVED_OPCODE', encode(frame(3), 'client')],
        ['FRAGMENTED_CONTROL_FRAME', encode(ping('', { fin: false }), 'client')],
        ['CONTROL_FRAME_TOO_LONG', encode(close(Buffer.alloc(126)), 'client')],
        ['INVALID_LENGTH', encode(text('', { lengthBytes: 2 }), 'client')],
      ];
      for (const [code, bytes] of violations) {
        expect(errorOf(ProtocolError, () => parser.decode(bytes)).code).to.equal(code);
      }
    });

    it('refuses the wrong mask only where it knows its role', () => {
      const masked = encode(text('Hello'), 'server');
      const unmasked = encode(text('Hello'), 'client');
      expect(new FrameParser({ role: 'server' }).decode(masked)).not.to.equal(null);
      expect(new FrameParser({ role: 'client' }).decode(unmasked)).not.to.equal(null);
      expect(errorOf(ProtocolError, () => new FrameParser({ role: 'server' }).decode(unmasked)).code).to.equal(
        'UNMASKED_FRAME',
      );
      expect(errorOf(ProtocolError, () => new FrameParser({ role: 'client' }).decode(masked)).code).to.equal(
        'MASKED_FRAME',
      );
    });

    it('takes the reserved bits that an extension was agreed for, and no others', () => {
      const bytes = Buffer.from('c1026869', 'hex');
      expect(() => new FrameParser().decode(bytes)).to.throw('reserved bit');
      expect(() => new FrameParser({ reservedBits: 0x30 }).decode(bytes)).to.throw('reserved bit');
      expect(new FrameParser({ reservedBits: 0x40 }).decode(bytes)?.frame.rsv).to.equal(0x40);
    });

    it('refuses a frame above maxFrameSize from its header alone', () => {
      const small = new FrameParser({ maxFrameSize: 10 });
      expect(small.decode(encode(text('0123456789'), 'client'))).not.to.equal(null);
      const error = errorOf(MessageTooBigError, () => small.decode(encode(text('', { claims: 11 }), 'client')));
      expect(error).to.include({ code: 'FRAME_TOO_BIG', closeCode: 1009 });
      expect(error.message).to.include('11 bytes').and.to.include('maxFrameSize (10 bytes)');
      const huge = encode(text('', { claims: 2n ** 62n }), 'client');
      expect(errorOf(MessageTooBigError, () => parser.decode(huge)).code).to.equal('FRAME_TOO_BIG');
    });
  });

  describe('encode', () => {
    it('encodes the examples of section 5.7', () => {
      const hello = new WebSocketFrame({ opcode: Opcode.Text, payload: 'Hello' });
      expect(parser.encode(hello).toString('hex')).to.equal('810548656c6c6f');
      expect(parser.encode(hello, hex('37fa213d')).toString('hex')).to.equal('818537fa213d7f9f4d5158');
      const first = new WebSocketFrame({ opcode: Opcode.Text, payload: 'Hel', fin: false });
      expect(parser.encode(first).toString('hex')).to.equal('010348656c');
    });

    it('is decoded to the same frame again', () => {
      for (const length of boundaries) {
        for (const masked of [false, true]) {
          const payload = Buffer.alloc(length, 0x33);
          const sent = new WebSocketFrame({ opcode: Opcode.Binary, payload, masked, fin: length % 2 === 0 });
          const decoded = parser.decode(parser.encode(sent));
          expect(decoded?.frame).to.include({ opcode: sent.opcode, masked, fin: sent.fin });
          expect(decoded?.frame.payload.equals(payload)).to.equal(true);
        }
      }
    });

    it('masks with a fresh key every time', () => {
      const sent = new WebSocketFrame({ opcode: Opcode.Text, payload: 'Hello', masked: true });
      const keys = new Set(Array.from({ length: 20 }, () => parser.encode(sent).readUInt32BE(2)));
      expect(keys.size).to.be.greaterThan(15);
    });

    it('masks every frame of a client, and none of a server (section 5.1)', () => {
      const plain = new WebSocketFrame({ opcode: Opcode.Text, payload: 'Hello' });
      const masked = new WebSocketFrame({ opcode: Opcode.Text, payload: 'Hello', masked: true });
      expect(new FrameParser({ role: 'client' }).encode(plain)[1]).to.equal(0x85);
      const server = new FrameParser({ role: 'server' });
      expect(server.encode(masked).toString('hex')).to.equal('810548656c6c6f');
      // So that what a server decoded can be sent back as it is.
      const echoed = server.decode(hex('818537fa213d7f9f4d5158'))!.frame;
      expect(server.encode(echoed).toString('hex')).to.equal('810548656c6c6f');
      expect(() => server.encode(plain, hex('37fa213d'))).to.throw(InvalidOptionError, 'server');
    });

    it('writes the reserved bits that it is told to', () => {
      const sent = new WebSocketFrame({ opcode: Opcode.Text, rsv: 0x40 });
      expect(parser.encode(sent).toString('hex')).to.equal('c100');
    });

    it('refuses what no frame can be', () => {
      const refused: Array<[string, WebSocketFrame]> = [
        ['one of Opcode, not 3', new WebSocketFrame({ opcode: 3 as Opcode })],
        ['opcode', new WebSocketFrame({ opcode: -1 as Opcode })],
        ['opcode', new WebSocketFrame({ opcode: 0.5 as Opcode })],
        ['opcode', new WebSocketFrame({ opcode: '1' as unknown as Opcode })],
        ['reserved bits', new WebSocketFrame({ opcode: Opcode.Text, rsv: 1 })],
        ['reserved bits', new WebSocketFrame({ opcode: Opcode.Text, rsv: 0x80 })],
        ['ping frame must be final', new WebSocketFrame({ opcode: Opcode.Ping, fin: false })],
        ['at most 125 bytes', new WebSocketFrame({ opcode: Opcode.Close, payload: 'x'.repeat(126) })],
      ];
      for (const [words, each] of refused) {
        expect(() => parser.encode(each), String(each)).to.throw(InvalidOptionError, words);
      }
      for (const length of [0, 3, 5]) {
        expect(() => parser.encode(new WebSocketFrame({ opcode: Opcode.Text }), Buffer.alloc(length))).to.throw(
          InvalidOptionError,
          'A masking key has 4 bytes',
        );
      }
    });
  });

  it('refuses options that cannot be', () => {
    expect(() => new FrameParser({ role: 'sever' as 'server' })).to.throw(InvalidOptionError, '"sever"');
    expect(() => new FrameParser({ maxFrameSize: 0 })).to.throw(InvalidOptionError, 'maxFrameSize');
    expect(() => new FrameParser({ reservedBits: 4 })).to.throw(
      InvalidOptionError,
      'made of 0x40, 0x20 and 0x10, not 4',
    );
    expect(() => new FrameParser({ maxFramesize: 5 } as object)).to.throw(InvalidOptionError, 'Did you mean');
  });
});
