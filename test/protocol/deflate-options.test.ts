import { expect } from 'chai';
import { resolveDeflate } from '../../src/protocol/deflate-options';
import { InvalidOptionError } from '../../src/protocol/errors';

const defaults = {
  threshold: 1024,
  level: 3,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 12,
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
};

describe('resolveDeflate', () => {
  it('is off unless it is turned on', () => {
    expect(resolveDeflate('test()', 'server', undefined)).to.equal(null);
    expect(resolveDeflate('test()', 'client', false)).to.equal(null);
  });

  it('true stands for all defaults, and so does an empty object', () => {
    expect(resolveDeflate('test()', 'server', true)).to.deep.include(defaults);
    expect(resolveDeflate('test()', 'server', {})).to.deep.include(defaults);
  });

  it('a client does not limit its own window', () => {
    expect(resolveDeflate('test()', 'client', true)).to.deep.include({ ...defaults, clientMaxWindowBits: 15 });
  });

  it('takes every option', () => {
    const given = {
      threshold: 0,
      level: 9,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 10,
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
    };
    expect(resolveDeflate('test()', 'server', given)).to.deep.include(given);
  });

  it('has one shared encoding for each window', () => {
    const settings = resolveDeflate('test()', 'server', true);
    expect(settings?.shared(15)).to.equal(settings?.shared(15));
    expect(settings?.shared(15)).to.not.equal(settings?.shared(12));
  });

  const wrong: Array<[unknown, RegExp]> = [
    [1, /^Option 'perMessageDeflate' must be true, false, or an object of options, not 1$/],
    [null, /must be true, false, or an object of options, not null/],
    [[], /Unknown|object/],
    [{ treshold: 1 }, /^Unknown option 'treshold' in perMessageDeflate of test\(\)\. Did you mean 'threshold'\?/],
    [{ threshold: -1 }, /^Option 'threshold' must be a whole number of at least 0, not -1/],
    [{ level: 0 }, /^Option 'level' must be a whole number/],
    [{ level: 10 }, /^Option 'level' must be a whole number/],
    [{ serverMaxWindowBits: 8 }, /^Option 'serverMaxWindowBits' must be a whole number/],
    [{ serverMaxWindowBits: 16 }, /^Option 'serverMaxWindowBits' must be a whole number/],
    [{ clientMaxWindowBits: 8.5 }, /^Option 'clientMaxWindowBits' must be a whole number/],
    [{ serverNoContextTakeover: 1 }, /^Option 'serverNoContextTakeover' must be true or false, not 1/],
    [{ clientNoContextTakeover: 'yes' }, /^Option 'clientNoContextTakeover' must be true or false, not "yes"/],
  ];
  for (const [option, message] of wrong) {
    it(`refuses ${JSON.stringify(option)}`, () => {
      expect(() => resolveDeflate('test()', 'server', option as never)).to.throw(InvalidOptionError, message);
    });
  }
});
