import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { controlPayload, toPayload } from '../../src/connection/payload';
import { InvalidOptionError } from '../../src/protocol/errors';

const bytesOf = (data: unknown): number[] => [...(toPayload(data, 'send()') as Uint8Array)];

describe('toPayload', () => {
  it('leaves strings and Buffers as they are', () => {
    const buffer = Buffer.from('abc');
    expect(toPayload('text', 'send()')).to.equal('text');
    expect(toPayload(buffer, 'send()')).to.equal(buffer);
  });

  it('counts typed arrays in bytes, not in elements, and does not copy them', () => {
    const array = new Uint16Array([0x0102, 0x0304, 0x0506]).subarray(1);
    const payload = toPayload(array, 'send()') as Uint8Array;
    expect(payload.byteLength).to.equal(4);
    expect(payload.buffer).to.equal(array.buffer);
    expect(payload.byteOffset).to.equal(2);
    expect(bytesOf(new Float64Array(3))).to.have.length(24);
    expect(bytesOf(new Int8Array([-1, 2]))).to.deep.equal([255, 2]);
  });

  it('takes a DataView, an ArrayBuffer and a SharedArrayBuffer', () => {
    const { buffer } = new Uint8Array([1, 2, 3, 4]);
    expect(bytesOf(new DataView(buffer, 1, 2))).to.deep.equal([2, 3]);
    expect(bytesOf(buffer)).to.deep.equal([1, 2, 3, 4]);
    const shared = new SharedArrayBuffer(2);
    new Uint8Array(shared).set([7, 8]);
    expect(bytesOf(shared)).to.deep.equal([7, 8]);
  });

  it('takes bytes that another realm made, as test runners do', () => {
    expect(bytesOf(runInNewContext('new Uint8Array([1, 2]).buffer'))).to.deep.equal([1, 2]);
    expect(bytesOf(runInNewContext('new Uint8Array([3])'))).to.deep.equal([3]);
  });

  for (const [name, value] of [
    ['null', null],
    ['undefined', undefined],
    ['a number', 5],
    ['a boolean', true],
    ['an object', { a: 1 }],
    ['an array', [1, 2]],
    ['a function', () => {}],
    ['a symbol', Symbol('x')],
    ['an object without a prototype', Object.create(null)],
  ] as const) {
    it(`refuses ${name} in words`, () => {
      expect(() => toPayload(value, 'send()'))
        .to.throw(InvalidOptionError, /^send\(\) takes a string, a Buffer, .* JSON\.stringify\(\)/)
        .with.property('code', 'INVALID_PAYLOAD');
    });
  }
});

describe('controlPayload', () => {
  it('measures a string in bytes of UTF-8', () => {
    expect(controlPayload('é'.repeat(62), 'ping()')).to.have.length(124);
    expect(() => controlPayload('é'.repeat(63), 'ping()')).to.throw(
      InvalidOptionError,
      'ping() takes at most 125 bytes, not 126',
    );
  });

  it('takes 125 bytes of any kind, and none', () => {
    expect(controlPayload(new Uint8Array(125), 'ping()')).to.have.length(125);
    expect(controlPayload(new ArrayBuffer(0), 'pong()')).to.have.length(0);
    expect(() => controlPayload(new Uint16Array(63), 'pong()')).to.throw('pong() takes at most 125 bytes, not 126');
  });
});
