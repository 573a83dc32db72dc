import { expect } from 'chai';
import { commit, release, reserve, slabPosition, slabSize } from '../../src/connection/slab';

function take(size: number): { buffer: Buffer; start: number; end: number } {
  const buffer = reserve(size);
  const start = slabPosition();
  commit(start + size);
  return { buffer, start, end: start + size };
}

describe('slab', () => {
  it('gives one range behind the other, in one buffer', () => {
    reserve(slabSize);
    const first = take(100);
    const second = take(50);
    expect(second.buffer).to.equal(first.buffer);
    expect(second.start).to.equal(first.end);
  });

  it('takes a new buffer when the old one has no room, and leaves the old one alone', () => {
    const before = take(8);
    before.buffer.fill(7, before.start, before.end);
    const after = take(slabSize);
    expect(after.buffer).not.to.equal(before.buffer);
    expect(after.start).to.equal(0);
    expect(before.buffer.subarray(before.start, before.end)).to.deep.equal(Buffer.alloc(8, 7));
  });

  it('uses the room of the latest range again', () => {
    take(10);
    const latest = take(100);
    release(latest.buffer, latest.start, latest.end);
    expect(take(20).start).to.equal(latest.start);
  });

  it('does not take back what others wrote behind', () => {
    const first = take(10);
    const second = take(10);
    release(first.buffer, first.start, first.end);
    expect(slabPosition()).to.equal(second.end);
  });

  it('does not take back a range of an earlier buffer', () => {
    const old = take(10);
    take(slabSize);
    const position = slabPosition();
    release(old.buffer, old.start, old.end);
    expect(slabPosition()).to.equal(position);
  });
});
