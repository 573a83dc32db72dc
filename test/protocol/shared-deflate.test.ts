import { constants, inflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { SharedDeflate } from '../../src/protocol/shared-deflate';

function inflated(payload: Buffer): string {
  const whole = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
  return inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

describe('SharedDeflate', () => {
  const text = JSON.stringify({ words: Array(50).fill('again') });

  it('deflates what refers to nothing before it', () => {
    const message = new SharedDeflate(0, 3, 12).encode(text);
    expect(inflated(message!.payload)).to.equal(text);
    expect(message!.reservedBits).to.equal(0x40);
    expect(message!.recent.toString()).to.equal(text);
  });

  it('leaves as it is what is below the threshold, in bytes, and what does not become smaller', () => {
    expect(new SharedDeflate(5, 3, 12).encode('aaaa')).to.equal(null);
    expect(new SharedDeflate(21, 3, 12).encode('ä'.repeat(10))).to.equal(null);
    expect(new SharedDeflate(20, 3, 12).encode('ä'.repeat(10))).to.not.equal(null);
    expect(new SharedDeflate(0, 3, 12).encode('xyz')).to.equal(null);
    expect(new SharedDeflate(0, 3, 12).encode('')).to.equal(null);
  });

  it('has a copy of bytes that are not its own, and only the end of long ones', () => {
    const bytes = Buffer.from(text);
    const message = new SharedDeflate(0, 3, 12).encode(bytes)!;
    bytes.fill(0);
    expect(message.recent.toString()).to.equal(text);

    const long = 'All work and no play. '.repeat(10_000);
    for (const payload of [long, Buffer.from(long)]) {
      const { recent } = new SharedDeflate(0, 3, 13).encode(payload)!;
      expect(recent.toString()).to.equal(long.slice(-8192));
      expect(recent.buffer.byteLength).to.equal(8192);
    }
  });
});
