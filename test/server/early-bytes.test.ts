import { expect } from 'chai';
import { EarlyBytes } from '../../src/server/early-bytes';

describe('EarlyBytes', () => {
  it('are given back as they came, once', () => {
    const early = new EarlyBytes();
    for (let i = 0; i < 1000; i++) early.add(Buffer.from([i % 256]));
    const bytes = early.take();
    expect([...bytes]).to.deep.equal(Array.from({ length: 1000 }, (_, i) => i % 256));
    expect(early.take()).to.have.length(0);
  });

  it('are copied, and in one piece of no more than twice their size', () => {
    const early = new EarlyBytes();
    const chunk = Buffer.from('x'.repeat(300));
    for (let i = 0; i < 100; i++) early.add(chunk);
    chunk.fill('y');
    const bytes = early.take();
    expect(String(bytes)).to.equal('x'.repeat(30_000));
    expect(bytes.buffer.byteLength).to.be.at.most(60_000);
  });

  it('are too many past 64 KiB of one client', () => {
    const early = new EarlyBytes();
    early.add(Buffer.alloc(64 * 1024));
    expect(early.problem).to.equal(undefined);
    early.add(Buffer.alloc(1));
    expect(early.problem).to.match(/^A client has sent more than 65536 bytes/);
    early.take();
    expect(early.problem).to.equal(undefined);
  });
});
