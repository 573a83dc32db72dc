import { expect } from 'chai';
import { readMaskingKey } from '../../src/protocol/mask';
import { MessageBuffer } from '../../src/protocol/message-buffer';
import { hex, maskedByTheByte } from './support/frames';

const unknown = -1;

/** The bytes that the buffer really holds in memory. */
function capacity(buffer: MessageBuffer): number {
  return buffer.take().buffer.byteLength;
}

describe('MessageBuffer', () => {
  it('is empty at first, and costs nothing', () => {
    const buffer = new MessageBuffer();
    expect(buffer.length).to.equal(0);
    expect(buffer.take()).to.have.length(0);
    expect(capacity(buffer)).to.equal(0);
  });

  it('appends ranges and says where they lie', () => {
    const buffer = new MessageBuffer();
    expect(buffer.append(Buffer.from('-Hel-'), 1, 4, unknown)).to.equal(0);
    expect(buffer.append(Buffer.from('lo'), 0, 2, unknown)).to.equal(3);
    expect(buffer.append(Buffer.alloc(0), 0, 0, 0)).to.equal(5);
    expect(buffer.length).to.equal(5);
    expect(buffer.take().toString()).to.equal('Hello');
  });

  it('keeps what it has when it grows', () => {
    const buffer = new MessageBuffer();
    const parts = Array.from({ length: 500 }, (_, i) => Buffer.alloc(i, i));
    for (const part of parts) buffer.append(part, 0, part.length, unknown);
    expect(buffer.take().equals(Buffer.concat(parts))).to.equal(true);
  });

  it('copies what it is given', () => {
    const buffer = new MessageBuffer();
    const source = Buffer.from('Hello');
    buffer.append(source, 0, 5, 0);
    source.fill(0);
    expect(buffer.take().toString()).to.equal('Hello');
  });

  it('grows with what has come, not with what is claimed', () => {
    const buffer = new MessageBuffer();
    const chunk = Buffer.alloc(1000);
    for (let come = 1000; come <= 50_000; come += 1000) {
      buffer.append(chunk, 0, 1000, 2 ** 40 - come);
      expect(capacity(buffer)).to.be.at.most(Math.max(1024, 8 * come));
    }
  });

  it('grows at most to the size of the message, where that is known', () => {
    const buffer = new MessageBuffer();
    const chunk = Buffer.alloc(16_384);
    for (let left = 9; left >= 0; left--) buffer.append(chunk, 0, chunk.length, left * chunk.length);
    expect(buffer.length).to.equal(163_840);
    expect(capacity(buffer)).to.equal(163_840);
  });

  it('grows in few steps: fragments of 64 bytes do not copy the message again and again', () => {
    const buffer = new MessageBuffer();
    const chunk = Buffer.alloc(64);
    const sizes = new Set<number>();
    for (let i = 0; i < 65_536; i++) {
      buffer.append(chunk, 0, 64, unknown);
      sizes.add(capacity(buffer));
    }
    expect(sizes.size).to.be.at.most(14);
    expect(capacity(buffer)).to.be.at.most(2 * buffer.length);
  });

  it('unmasks from a place on, in the phase of its frame', () => {
    const keyBytes = hex('a1b2c3d4');
    const buffer = new MessageBuffer();
    buffer.append(Buffer.from('plain '), 0, 6, unknown);
    const masked = maskedByTheByte(Buffer.from('masked payload'), keyBytes);
    const first = buffer.append(masked, 0, 5, 9);
    buffer.unmask(first, readMaskingKey(keyBytes, 0), 0);
    const second = buffer.append(masked, 5, 14, 0);
    buffer.unmask(second, readMaskingKey(keyBytes, 0), 5);
    expect(buffer.take().toString()).to.equal('plain masked payload');
  });

  it('tells text that can no longer become UTF-8, however it is cut', () => {
    const buffer = new MessageBuffer();
    const add = (bytes: Buffer) => {
      buffer.append(bytes, 0, bytes.length, unknown);
      return buffer.isUtf8SoFar();
    };
    expect(buffer.isUtf8SoFar()).to.equal(true);
    expect(add(hex('61 e2'))).to.equal(true);
    expect(add(hex('82'))).to.equal(true);
    expect(add(hex('ac f0 9d'))).to.equal(true);
    expect(add(hex('84 9e'))).to.equal(true);
    expect(add(hex('ed'))).to.equal(true);
    expect(add(hex('a0'))).to.equal(false);
  });

  it('looks at every byte of text once', () => {
    const buffer = new MessageBuffer();
    buffer.append(Buffer.from('looked at'), 0, 9, unknown);
    expect(buffer.isUtf8SoFar()).to.equal(true);
    // A change behind its back: whoever looked again would find it.
    buffer.take()[0] = 0xff;
    buffer.append(Buffer.from(' once'), 0, 5, unknown);
    expect(buffer.isUtf8SoFar()).to.equal(true);
  });
});
