import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { askIdentity, type Identify } from '../../src/server/identify';

describe('askIdentity', () => {
  const request = {} as never;

  it('gives the answer at once, or the promise of it', async () => {
    expect(askIdentity(() => 'ann', request)).to.equal('ann');
    expect(askIdentity(() => undefined, request)).to.equal(undefined);
    expect(await askIdentity(async () => 'ann', request)).to.equal('ann');
    // As a query of some libraries is one.
    const query = {};
    Reflect.set(query, 'then', (resolve: (user: string) => void) => resolve('bob'));
    expect(await askIdentity((() => query) as never, request)).to.equal('bob');
  });

  for (const answer of ['', 7, null, false, {}]) {
    it(`refuses ${JSON.stringify(answer)}, also from a promise`, async () => {
      const wrong = (() => answer) as unknown as Identify;
      const later = (async () => answer) as unknown as Identify;
      expect(() => askIdentity(wrong, request)).to.throw(InvalidOptionError, "'identify' must return a string");
      const error: unknown = await Promise.resolve(askIdentity(later, request)).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(InvalidOptionError);
    });
  }
});
