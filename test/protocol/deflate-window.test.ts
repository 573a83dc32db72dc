import { expect } from 'chai';
import fc from 'fast-check';
import { DeflateWindow } from '../../src/protocol/deflate-window';

describe('DeflateWindow', () => {
  it('is empty at first', () => {
    expect(new DeflateWindow(512).content).to.have.length(0);
  });

  it('keeps the last bytes of all that was said, however it came', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 1500 })), { maxLength: 30 }),
        (size, pieces) => {
          const window = new DeflateWindow(size);
          let said = Buffer.alloc(0);
          for (const [adopted, piece] of pieces) {
            if (adopted) window.adopt(Buffer.from(piece));
            else window.append(piece);
            said = adopted ? Buffer.from(piece) : Buffer.concat([said, piece]);
            said = said.subarray(Math.max(0, said.length - size));
            expect(window.content.equals(said)).to.equal(true);
          }
        },
      ),
    );
  });

  it('never writes into what it has adopted', () => {
    const shared = Buffer.from('shared by many');
    const window = new DeflateWindow(512);
    window.adopt(shared);
    window.append(Buffer.from(', and more of its own'));
    expect(window.content.toString()).to.equal('shared by many, and more of its own');
    expect(shared.toString()).to.equal('shared by many');
  });

  it('takes no more memory than one and a half windows', () => {
    const window = new DeflateWindow(4096);
    for (let i = 0; i < 1000; i++) window.append(Buffer.alloc(i % 700, i));
    expect(window.content).to.have.length(4096);
    expect(window.content.buffer.byteLength).to.be.at.most(6144);
  });

  it('takes little for little', () => {
    const window = new DeflateWindow(32 * 1024);
    window.append(Buffer.alloc(100));
    expect(window.content.buffer.byteLength).to.be.at.most(256);
  });
});
