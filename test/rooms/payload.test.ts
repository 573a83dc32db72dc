import { Blob } from 'node:buffer';
import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { payloadOf } from '../../src/rooms/payload';

describe('what a published value is on the wire', () => {
  it('a string: itself, the empty one too', () => {
    expect(payloadOf('hello')).to.equal('hello');
    expect(payloadOf('')).to.equal('');
  });

  it('a Buffer: itself', () => {
    const bytes = Buffer.from([1, 2, 3]);
    expect(payloadOf(bytes)).to.equal(bytes);
  });

  it('a typed array: its bytes, not its elements, and only those in its window', () => {
    const memory = new Float64Array([1, 2, 3, 4]);
    const payload = payloadOf(memory.subarray(1, 3));
    expect(payload).to.deep.equal(Buffer.from(memory.buffer, 8, 16));
    expect(payload).to.have.lengthOf(16);
  });

  it('a DataView, an ArrayBuffer, a SharedArrayBuffer: their bytes', () => {
    const memory = new Uint8Array([1, 2, 3, 4]).buffer;
    expect(payloadOf(new DataView(memory, 1, 2))).to.deep.equal(Buffer.from([2, 3]));
    expect(payloadOf(memory)).to.deep.equal(Buffer.from([1, 2, 3, 4]));
    expect(payloadOf(new SharedArrayBuffer(2))).to.deep.equal(Buffer.from([0, 0]));
  });

  it('any other value: its JSON', () => {
    expect(payloadOf({ goals: [1, 0] })).to.equal('{"goals":[1,0]}');
    expect(payloadOf(null)).to.equal('null');
    expect(payloadOf(false)).to.equal('false');
    expect(payloadOf(7)).to.equal('7');
    expect(payloadOf(new Date(0))).to.equal('"1970-01-01T00:00:00.000Z"');
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const refused: [what: string, value: unknown, words: RegExp][] = [
    ['undefined', undefined, /^undefined cannot be published: it has no JSON$/],
    ['a function', () => 1, /^a function cannot be published/],
    ['a symbol', Symbol('s'), /^a symbol cannot be published/],
    ['a bigint', 10n, /^10 cannot be published as JSON: .*BigInt/],
    ['a cycle', cyclic, /cannot be published as JSON: Converting circular structure/],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no database');
        },
      },
      /as JSON: no database/,
    ],
    ['a promise', Promise.resolve(1), /^A promise cannot be published: await it first$/],
    ['a Blob', new Blob(['x']), /^A Blob cannot be published: await its arrayBuffer/],
  ];
  for (const [what, value, words] of refused) {
    it(`${what}: refused in words`, () => {
      expect(() => payloadOf(value)).to.throw(InvalidOptionError, words);
    });
  }
});
