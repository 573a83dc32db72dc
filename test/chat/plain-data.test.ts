import { expect } from 'chai';
import { isTooDeep, maxDepth, plainOf } from '../../src/chat/plain-data';

describe('plain data', () => {
  function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
    let value: unknown = 1;
    for (let i = 0; i < depth; i++) value = wrap(value);
    return value;
  }

  for (const [what, wrap] of [
    ['arrays', (inner: unknown) => [0, inner]],
    ['objects', (inner: unknown) => ({ first: 0, inner })],
  ] as const) {
    it(`${what} may lie in each other ${maxDepth} times, and no more`, () => {
      expect(isTooDeep(nested(maxDepth, wrap))).to.equal(false);
      expect(isTooDeep(nested(maxDepth + 1, wrap))).to.equal(true);
      expect(isTooDeep(nested(200_000, wrap))).to.equal(true);
    });
  }

  it('is what arrives of a value that goes out as JSON', () => {
    expect(plainOf({ at: new Date(0), left: undefined, list: [undefined], not: Number.NaN })).to.deep.equal({
      at: '1970-01-01T00:00:00.000Z',
      list: [null],
      not: null,
    });
    expect(plainOf(null)).to.equal(null);
    const given = { list: [1] };
    const plain = plainOf(given) as typeof given;
    given.list.push(2);
    expect(plain).to.deep.equal({ list: [1] });
  });

  it('is nothing where there is no JSON', () => {
    const round: { again?: object } = {};
    round.again = round;
    for (const value of [undefined, () => 1, Symbol('x'), 1n, round, nested(maxDepth + 1, (inner) => [inner])]) {
      expect(plainOf(value)).to.equal(undefined);
    }
  });
});
