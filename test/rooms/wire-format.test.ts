import { expect } from 'chai';
import fc from 'fast-check';
import { AdapterError } from '../../src/protocol/errors';
import { decodeEnvelope, encodeEnvelope } from '../../src/rooms/wire-format';

describe('the wire format', () => {
  it('is JSON that other languages can write', () => {
    const text = encodeEnvelope('node', { id: 'one', at: 5, data: 'ä\n', rooms: ['a', 'b'] });
    expect(text).to.equal('{"v":1,"id":"one","node":"node","at":5,"text":"ä\\n","rooms":["a","b"]}');
    const bytes = encodeEnvelope('node', { id: 'one', at: 5, data: Buffer.from('hello') });
    expect(JSON.parse(bytes)).to.deep.equal({ v: 1, id: 'one', node: 'node', at: 5, binary: 'aGVsbG8=' });
    const value = encodeEnvelope('node', { id: 'one', at: 5, data: { a: [1] } });
    expect(JSON.parse(value)).to.deep.equal({ v: 1, id: 'one', node: 'node', at: 5, value: { a: [1] } });
  });

  it('brings back what was said, in one line', () => {
    const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }).filter((text) => text.length <= 64);
    const data = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.object(),
      fc.constant('\ud800'),
    );
    fc.assert(
      fc.property(id, fc.nat(), data, (name, at, said) => {
        const json = encodeEnvelope('n', { id: name, at, data: said });
        expect(json).to.not.include('\n');
        const expected = typeof said === 'string' || Buffer.isBuffer(said) ? said : JSON.parse(JSON.stringify(said));
        expect(decodeEnvelope(json)).to.deep.equal({ id: name, node: 'n', at, data: expected });
      }),
    );
  });

  it('leaves out what it does not know', () => {
    const json = '{"v":1,"id":"i","node":"n","at":0,"text":"x","later":{}}';
    expect(decodeEnvelope(json)).to.deep.equal({ id: 'i', node: 'n', at: 0, data: 'x' });
  });

  const fine = { v: 1, id: 'i', node: 'n', at: 0, text: 'x' };
  const wrong: [wire: unknown, words: RegExp][] = [
    [null, /it must be an object, not null/],
    [[], /it must be an object, not an array/],
    [{ ...fine, v: 2 }, /'v' must be 1, the version of the format, not 2/],
    [{ ...fine, id: '' }, /'id' must be a string of 1 to 64 characters, not ""/],
    [{ ...fine, id: 'x'.repeat(65) }, /'id' must be a string of 1 to 64 characters/],
    [{ ...fine, node: 5 }, /'node' must be a string of 1 to 64 characters, not 5/],
    [{ ...fine, at: 'now' }, /'at' must be milliseconds since 1970, not "now"/],
    [{ ...fine, at: -1 }, /'at' must be milliseconds/],
    [{ ...fine, text: undefined }, /exactly one of 'text', 'binary' and 'value'/],
    [{ ...fine, value: {} }, /exactly one of/],
    [{ ...fine, text: 5 }, /'text' must be a string, not 5/],
    [{ ...fine, text: undefined, binary: 'no base64!' }, /'binary' must be a string of base64, not "no base64!"/],
    [{ ...fine, text: undefined, value: 5 }, /'value' must be an object or an array, not 5/],
    [{ ...fine, rooms: 'a' }, /'rooms' must be an array of names, not "a"/],
    [{ ...fine, rooms: ['a', ''] }, /'rooms' must have names of 1 to 256 characters, not ""/],
  ];
  for (const [wire, words] of wrong) {
    it(`is not ${JSON.stringify(wire).slice(0, 60)}`, () => {
      expect(() => decodeEnvelope(JSON.stringify(wire)))
        .to.throw(AdapterError, words)
        .with.property('code', 'INVALID_MESSAGE');
    });
  }

  it('is not what is no JSON', () => {
    expect(() => decodeEnvelope('hello')).to.throw(AdapterError, 'A message at the broker is no JSON: "hello"');
  });
});
