import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { expect } from 'chai';
import { packUnread } from '../../src/connection/pack-unread';

const kibi = 1024;

/** A stream that is pushed to. */
function pushed({ highWaterMark = 16 * kibi } = {}) {
  const readable = new Readable({ highWaterMark, read() {} });
  packUnread(readable);
  return readable;
}

/** Bytes that are told apart by where they are. */
function bytesOf(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) % 256));
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Ways to read a stream to its end, each of them slowly. */
const readers: Readonly<Record<string, (readable: Readable) => Promise<Buffer>>> = {
  async 'by iteration'(readable) {
    const chunks: Buffer[] = [];
    for await (const chunk of readable) {
      chunks.push(chunk);
      await turn();
    }
    return Buffer.concat(chunks);
  },

  async 'by data events with pauses'(readable) {
    const chunks: Buffer[] = [];
    readable.on('data', (chunk) => {
      chunks.push(chunk);
      readable.pause();
      setImmediate(() => readable.resume());
    });
    await once(readable, 'end');
    return Buffer.concat(chunks);
  },

  async 'by seven bytes at a time'(readable) {
    const chunks: Buffer[] = [];
    readable.on('readable', () => {
      for (let chunk: Buffer | null = readable.read(7); chunk !== null; chunk = readable.read(7)) chunks.push(chunk);
    });
    await once(readable, 'end');
    return Buffer.concat(chunks);
  },

  async 'through a pipe'(readable) {
    const chunks: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 100,
      write(chunk, _encoding, callback) {
        chunks.push(chunk);
        setImmediate(callback);
      },
    });
    readable.pipe(slow);
    await once(slow, 'finish');
    return Buffer.concat(chunks);
  },
};

describe('packUnread', () => {
  it('takes text behind bytes that wait, as the end of a body in chunks is', async () => {
    const readable = pushed();
    for (const chunk of [Buffer.from('one '), Buffer.from('two '), 'three', null]) readable.push(chunk);
    expect(String(await readers['by iteration']!(readable))).to.equal('one two three');
  });

  it('keeps what nobody reads in few pieces', async () => {
    const readable = pushed();
    const bytes = bytesOf(128 * kibi);
    for (const piece of cut(bytes, [1])) readable.push(piece);
    readable.push(null);
    const chunks: Buffer[] = [];
    readable.on('data', (chunk) => chunks.push(chunk));
    await once(readable, 'end');
    expect(Buffer.concat(chunks).equals(bytes)).to.equal(true);
    expect(chunks.length).to.be.at.most(4);
  });

  it('packs what waited before it was asked to', () => {
    const readable = new Readable({ read() {} });
    for (const text of ['a', 'b', 'c']) readable.push(text);
    packUnread(readable);
    expect(readable.readableLength).to.equal(3);
    expect(String(readable.read())).to.equal('abc');
  });

  it('hands on what is read at once as it comes', async () => {
    const readable = pushed();
    const chunks: Buffer[] = [];
    readable.on('data', (chunk) => chunks.push(chunk));
    await turn();
    const piece = Buffer.from('x');
    readable.push(piece);
    readable.push(piece);
    expect(chunks).to.have.lengthOf(2);
    for (const chunk of chunks) expect(chunk).to.equal(piece);
  });

  it('says that enough waits when the stream itself would', () => {
    const readable = pushed({ highWaterMark: 10 });
    const said = Array.from('0123456789abc', (digit) => readable.push(Buffer.from(digit)));
    expect(said.indexOf(false)).to.equal(9);
    expect(said.slice(9)).to.deep.equal([false, false, false, false]);
  });

  for (const sizes of [[1], [3, 20_000, 1, 1, 17_000, 5], [16 * kibi], [700, 1, 15_000]]) {
    for (const [how, readAll] of Object.entries(readers)) {
      it(`gives every byte in order, pieces of ${sizes.join(', ')} bytes, ${how}`, async () => {
        const readable = pushed();
        const bytes = bytesOf(100_000);
        const received = readAll(readable);
        let count = 0;
        for (const piece of cut(bytes, sizes)) {
          readable.push(piece);
          if (++count % 50 === 0) await turn();
        }
        readable.push(null);
        expect((await received).equals(bytes)).to.equal(true);
      });
    }
  }

  it('wakes who waits for more than is there', async () => {
    const readable = pushed();
    let got: Buffer | null = null;
    readable.on('readable', () => {
      got ??= readable.read(5);
    });
    for (const digit of '12345') {
      readable.push(Buffer.from(digit));
      await turn();
    }
    await turn();
    expect(String(got)).to.equal('12345');
  });

  it('puts back what was read too far in front of what waits', () => {
    const readable = pushed();
    for (const text of ['cd', 'e', 'f']) readable.push(Buffer.from(text));
    readable.unshift(Buffer.from('ab'));
    expect(String(readable.read(3))).to.equal('abc');
    const rest: Buffer[] = [];
    for (let chunk = readable.read(); chunk !== null; chunk = readable.read()) rest.push(chunk);
    expect(String(Buffer.concat(rest))).to.equal('def');
  });

  it('keeps characters whole that come in pieces', async () => {
    const readable = pushed().setEncoding('utf8');
    const bytes = Buffer.from('€uro ✓ '.repeat(50));
    for (const piece of cut(bytes, [1])) readable.push(piece);
    readable.push(null);
    let text = '';
    for await (const chunk of readable) text += chunk;
    expect(text).to.equal(bytes.toString());
  });

  it('tells of nothing more when the stream is destroyed', async () => {
    const readable = pushed();
    let told = 0;
    readable.push(Buffer.from('a'));
    readable.on('readable', () => told++);
    await turn();
    const before = told;
    readable.push(Buffer.from('b'));
    readable.destroy();
    await turn();
    expect(readable.push(Buffer.from('c'))).to.equal(false);
    await turn();
    expect(told).to.equal(before);
  });
});
