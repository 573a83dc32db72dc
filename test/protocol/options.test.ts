import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkMilliseconds,
  describe as described,
  printable,
  refuseUnknownOptions,
} from '../../src/protocol/options';
import { errorOf } from './support/error-of';

const known = ['maxMessageSize', 'maxFragments', 'pingInterval', 'role'];

function complaint(given: unknown): string {
  return errorOf(InvalidOptionError, () => refuseUnknownOptions('switchboard()', given as object, known)).message;
}

describe('refuseUnknownOptions', () => {
  it('lets known options pass, and none', () => {
    refuseUnknownOptions('switchboard()', {}, known);
    refuseUnknownOptions('switchboard()', { maxMessageSize: undefined, role: 1 }, known);
    refuseUnknownOptions('switchboard()', Object.create(null), known);
  });

  it('names the option, the place, and the nearest known name', () => {
    expect(complaint({ maxMesageSize: 1 })).to.equal(
      "Unknown option 'maxMesageSize' in switchboard(). Did you mean 'maxMessageSize'?",
    );
    expect(complaint({ MAXFRAGMENTS: 1 })).to.include("Did you mean 'maxFragments'?");
    expect(complaint({ pingInterva1: 1 })).to.include("Did you mean 'pingInterval'?");
    expect(complaint({ maxMessages: 1 })).to.include("Did you mean 'maxMessageSize'?");
    expect(complaint({ roles: 1 })).to.include("Did you mean 'role'?");
    for (const swapped of ['orle', 'rloe', 'roel']) {
      expect(complaint({ [swapped]: 1 })).to.include("Did you mean 'role'?");
    }
  });

  it('lists the known names where none is near', () => {
    expect(complaint({ colour: 1 })).to.include('Known options: maxMessageSize, maxFragments, pingInterval, role');
    expect(complaint({ x: 1 })).to.include('Known options');
    expect(complaint({ maxMessage: 1 })).to.include('Known options');
  });

  it('has a code of its own', () => {
    const error = errorOf(InvalidOptionError, () => refuseUnknownOptions('x', { a: 1 }, known));
    expect(error.code).to.equal('UNKNOWN_OPTION');
  });

  it('finds no option on Object.prototype', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(complaint({ [name]: 1 })).to.include(`'${name}'`);
    }
    expect(complaint(JSON.parse('{"__proto__": {"maxMessageSize": 1}}'))).to.include("'__proto__'");
  });

  it('is not delayed by a very long name', () => {
    expect(complaint({ ['m'.repeat(100_000)]: 1 })).to.include('Known options');
  });

  it('refuses options that are no object', () => {
    for (const given of [null, 5, 'maxFragments', true, [], () => {}]) {
      expect(complaint(given)).to.include('The options of switchboard() must be an object, not ');
    }
  });
});

describe('checkInteger', () => {
  it('lets the bounds pass, and what lies between', () => {
    for (const value of [1, 2, 10]) checkInteger('x', value, { min: 1, max: 10 });
    checkInteger('x', Number.MAX_SAFE_INTEGER, { min: 0 });
  });

  it('refuses everything else, and says what it wants and what it got', () => {
    for (const value of [0, 11, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', 5n, null, undefined, [5], {}]) {
      const { message } = errorOf(InvalidOptionError, () => checkInteger('x', value, { min: 1, max: 10 }));
      expect(message).to.equal(`Option 'x' must be a whole number from 1 to 10, not ${described(value)}`);
    }
    const { message } = errorOf(InvalidOptionError, () => checkInteger('x', -1, { min: 0 }));
    expect(message).to.equal("Option 'x' must be a whole number of at least 0, not -1");
  });
});

describe('checkMilliseconds', () => {
  it('lets delays pass that a timer can wait', () => {
    for (const value of [1, 1.5, 30_000, 2 ** 31 - 1]) checkMilliseconds('x', value);
  });

  it('refuses those that would fire at once, or never', () => {
    for (const value of [0, -1, 0.5, 2 ** 31, Number.POSITIVE_INFINITY, Number.NaN, '1000', null, undefined]) {
      expect(() => checkMilliseconds('x', value), String(value)).to.throw(InvalidOptionError, "Option 'x'");
    }
  });

  it('takes false only where that turns something off', () => {
    checkMilliseconds('x', false, { allowFalse: true });
    expect(() => checkMilliseconds('x', false)).to.throw(InvalidOptionError);
    expect(() => checkMilliseconds('x', true, { allowFalse: true })).to.throw(InvalidOptionError, 'or false');
  });
});

describe('checkBoolean and checkFunction', () => {
  it('take nothing for what it is not', () => {
    checkBoolean('x', true);
    checkBoolean('x', false);
    checkFunction('x', () => {});
    for (const value of [0, 1, 'true', null, undefined]) {
      expect(() => checkBoolean('x', value)).to.throw(InvalidOptionError, "Option 'x' must be true or false");
      expect(() => checkFunction('x', value)).to.throw(InvalidOptionError, "Option 'x' must be a function");
    }
  });
});

describe('describe', () => {
  it('shows a value shortly, and its type where that is what is wrong', () => {
    expect([null, undefined, true, 1.5, 5n, 'a "b"'].map(described)).to.deep.equal([
      'null',
      'undefined',
      'true',
      '1.5',
      '5',
      '"a \\"b\\""',
    ]);
    expect(described([1])).to.equal('an array');
    expect(described(() => {})).to.equal('a function');
    expect(described(new Map())).to.equal('an object (Map)');
    expect(described(Object.create(null))).to.equal('an object (no prototype)');
    expect(described(Symbol('s'))).to.equal('a symbol');
  });

  it('cuts long strings, and shows line breaks as escapes', () => {
    expect(described('x'.repeat(10_000))).to.have.length(43);
    expect(described('a\r\nb')).to.equal('"a\\r\\nb"');
  });

  it('shows every control character as an escape: messages end in logs and terminals', () => {
    expect(described('\x00\x1b\x7f\x80\x9b\xa0')).to.equal('"\\u0000\\u001b\\u007f\\u0080\\u009b\xa0"');
  });
});

describe('printable', () => {
  it('leaves words as they are, but for control characters, and keeps them short', () => {
    expect(printable('Not Found')).to.equal('Not Found');
    expect(printable('a\nb\x1b[31m\x9b')).to.equal('a\\nb\\u001b[31m\\u009b');
    expect(printable('x'.repeat(1000))).to.have.length(80);
  });
});
