import { expect } from 'chai';
import { createPayload, encodeClientFrame, encodeRing } from '../../bench/frames';
import { FrameParser } from '../../src/protocol/frame-parser';

describe('bench frames', () => {
  for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
    it(`are what a client sends: ${size} bytes, masked, whole`, () => {
      const payload = createPayload({ type: 'binary', size });
      const frame = encodeClientFrame('binary', payload);
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

  it('make a ring of different messages, one for each in flight', () => {
    const ring = encodeRing({ type: 'text', size: 32 }, 8);
    const size = 2 + 4 + 32;
    expect(ring.length).to.equal(8 * size);
    const frames = new Set(Array.from({ length: 8 }, (_, i) => ring.toString('hex', i * size, (i + 1) * size)));
    expect(frames.size).to.equal(8);
  });
});
