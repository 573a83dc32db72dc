import { expect } from 'chai';
import { ownCopy, ownSlice } from '../../src/protocol/own-bytes';

describe('ownCopy', () => {
  it('shares its memory with nobody', () => {
    const bytes = Buffer.from('abcdef');
    const copy = ownCopy(bytes, 1, 4);
    expect(copy.toString()).to.equal('bcd');
    expect(copy.buffer.byteLength).to.equal(3);
  });
});

describe('ownSlice', () => {
  it('copies what is the smaller part of its memory, and no more', () => {
    const chunk = Buffer.allocUnsafeSlow(100).fill('x');
    expect(ownSlice(chunk, 0, 49).buffer).to.not.equal(chunk.buffer);
    expect(ownSlice(chunk, 0, 50).buffer).to.equal(chunk.buffer);
    expect(ownSlice(chunk, 10, 20).toString()).to.equal('xxxxxxxxxx');
  });
});
