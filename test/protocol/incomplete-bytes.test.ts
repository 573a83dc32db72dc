import { expect } from 'chai';
import { OverloadError } from '../../src/protocol/errors';
import { countIncomplete, incompleteBytes } from '../../src/protocol/incomplete-bytes';
import { MessageBuffer } from '../../src/protocol/message-buffer';

const kibi = 1024;

describe('incompleteBytes', () => {
  let before: number;
  beforeEach(() => {
    before = incompleteBytes();
  });
  afterEach(() => expect(incompleteBytes()).to.equal(before));

  it('is what message buffers take, until they are taken from', () => {
    const buffers = [new MessageBuffer(), new MessageBuffer()];
    for (const buffer of buffers) buffer.append(Buffer.alloc(3000), 0, 3000, 97_000);
    // They grow ahead of what has come.
    expect(incompleteBytes() - before).to.equal(2 * 12_000);
    buffers[0]!.append(Buffer.alloc(97_000), 0, 97_000, 0);
    expect(incompleteBytes() - before).to.equal(100_000 + 12_000);
    for (const buffer of buffers) {
      buffer.take();
      buffer.take();
    }
  });

  it('refuses what would take more than the limit, and counts nothing of it', () => {
    const limit = before + 200 * kibi;
    const first = new MessageBuffer(limit);
    first.append(Buffer.alloc(150 * kibi), 0, 150 * kibi, 0);
    const second = new MessageBuffer(limit);
    second.append(Buffer.alloc(20 * kibi), 0, 20 * kibi, 40 * kibi);
    expect(() => second.append(Buffer.alloc(60 * kibi), 0, 60 * kibi, 0))
      .to.throw(OverloadError, `would take more than maxIncompleteBytes (${limit} bytes)`)
      .with.property('code', 'INCOMPLETE_BYTES');
    expect(incompleteBytes() - before).to.equal(210 * kibi);
    first.take();
    second.take();
  });

  it('lets every message have 64 KiB, however much the others take', () => {
    countIncomplete(1_000_000);
    const small = new MessageBuffer(1);
    small.append(Buffer.alloc(64 * kibi), 0, 64 * kibi, 0);
    expect(() => small.append(Buffer.alloc(1), 0, 1, 0)).to.throw(OverloadError);
    small.take();
    countIncomplete(-1_000_000);
  });
});
