import { constants, inflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { createPayload, createRing, encodeClientFrame, encodeRing } from '../../bench/frames';
import { FrameParser } from '../../src/protocol/frame-parser';

describe('bench frames', () => {
  for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
    it(`are what a client sends: ${size} bytes, masked, whole`, () => {
      const payload = createPayload({ type: 'binary', size });
      const frame = encodeClientFrame({ type: 'binary' }, payload);
      expect(frame[1]! & 0x80, 'mask bit').to.equal(0x80);
      const decoded = new FrameParser().decode(frame)!;
      expect(decoded.frame.fin).to.equal(true);
      expect(decoded.frame.opcode).to.equal(2);
      expect(decoded.frame.payload.equals(payload)).to.equal(true);
    });
  }

  it('have text payloads of ASCII', () => {
    const payload = createPayload({ type: 'text', size: 1_000 });
    expect(payload.toString('latin1')).to.match(/^[\w-]{1000}$/);
  });

  it('have JSON payloads of the size, no two alike', () => {
    const messages = createRing({ type: 'json', size: 512, compressed: true }, 256);
    expect(messages).to.have.length(256);
    for (const message of messages) {
      expect(message).to.have.length(512);
      expect(JSON.parse(message.toString())).to.include({ type: 'message' });
    }
    expect(new Set(messages.map(String)).size).to.equal(256);
  });

  it('are compressed as RFC 7692 has it', () => {
    const shape = { type: 'json', size: 512, compressed: true } as const;
    const payload = createPayload(shape);
    const { frame } = new FrameParser({ reservedBits: 0x40 }).decode(encodeClientFrame(shape, payload))!;
    expect(frame).to.include({ rsv: 0x40, opcode: 1, fin: true });
    expect(frame.payload.length).to.be.below(400);
    const whole = Buffer.concat([frame.payload, Buffer.from([0, 0, 0xff, 0xff])]);
    expect(inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }).equals(payload)).to.equal(true);
  });

  it('make a ring of different messages, one for each in flight', () => {
    const ring = encodeRing({ type: 'text', size: 32 }, createRing({ type: 'text', size: 32 }, 8));
    const size = 2 + 4 + 32;
    expect(ring.length).to.equal(8 * size);
    const frames = new Set(Array.from({ length: 8 }, (_, i) => ring.toString('hex', i * size, (i + 1) * size)));
    expect(frames.size).to.equal(8);
  });
});
