import { expect } from 'chai';
import fc from 'fast-check';
import { DeflateWindow } from '../../src/protocol/deflate-window';

describe('DeflateWindow', () => {
  it('is empty at first', () => {
    expect(new DeflateWindow().content).to.have.length(0);
  });

  it('keeps the last bytes of all that was said, however it came', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 1500 })), { maxLength: 30 }),
        (size, pieces) => {
          const window = new DeflateWindow();
          let said = Buffer.alloc(0);
          for (const [adopted, piece] of pieces) {
            if (adopted) window.adopt(Buffer.from(piece));
            else window.append(piece, size);
            said = adopted ? Buffer.from(piece) : Buffer.concat([said, piece]);
            if (!adopted) said = said.subarray(Math.max(0, said.length - size));
            expect(window.content.equals(said)).to.equal(true);
          }
        },
      ),
    );
  });

  it('never writes into what it has adopted', () => {
    const shared = Buffer.from('shared by many');
    const window = new DeflateWindow();
    window.adopt(shared);
    window.append(Buffer.from(', and more of its own'), 512);
    expect(window.content.toString()).to.equal('shared by many, and more of its own');
    expect(shared.toString()).to.equal('shared by many');
  });

  it('takes no more memory than one and a half windows', () => {
    const window = new DeflateWindow();
    for (let i = 0; i < 1000; i++) window.append(Buffer.alloc(i % 700, i), 4096);
    expect(window.content).to.have.length(4096);
    expect(window.content.buffer.byteLength).to.be.at.most(6144);
  });

  it('gives memory back when less is to be kept', () => {
    const window = new DeflateWindow();
    window.append(Buffer.alloc(32 * 1024), 32 * 1024);
    for (let i = 0; i < 100; i++) window.append(Buffer.alloc(700, i), 4096);
    expect(window.content).to.have.length(4096);
    expect(window.content.buffer.byteLength).to.be.at.most(8192);
  });

  it('takes little for little', () => {
    const window = new DeflateWindow();
    window.append(Buffer.alloc(100), 32 * 1024);
    expect(window.content.buffer.byteLength).to.be.at.most(256);
  });
});
