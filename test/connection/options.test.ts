import { expect } from 'chai';
import {
  type ConnectionOptions,
  connectionDefaults,
  connectionOptionNames,
  resolveConnectionOptions,
} from '../../src/connection/options';
import { InvalidOptionError } from '../../src/protocol/errors';

const resolve = (given: object) => resolveConnectionOptions('test()', given as Partial<ConnectionOptions>);

describe('resolveConnectionOptions', () => {
  it('fills in finite defaults, and freezes what it gives', () => {
    const options = resolve({});
    expect(options).to.deep.equal(connectionDefaults);
    expect(options).to.be.frozen;
    expect(Object.keys(options)).to.deep.equal([...connectionOptionNames]);
    for (const value of Object.values(options)) expect(value).not.to.equal(Number.POSITIVE_INFINITY);
  });

  it('takes undefined for not given', () => {
    expect(resolve({ maxMessageSize: undefined })).to.deep.equal(connectionDefaults);
  });

  it('takes from the base what is not given', () => {
    const base = resolve({ maxMessageSize: 5, pingInterval: false });
    expect(resolveConnectionOptions('test()', { maxFragments: 2 }, base)).to.include({
      maxMessageSize: 5,
      maxFragments: 2,
      pingInterval: false,
    });
  });

  it('refuses an unknown name, and suggests the near one', () => {
    expect(() => resolve({ maxMesageSize: 1 }))
      .to.throw(InvalidOptionError, "Unknown option 'maxMesageSize' in test(). Did you mean 'maxMessageSize'?")
      .with.property('code', 'UNKNOWN_OPTION');
    expect(() => resolve({ colour: 1 })).to.throw(/Known options: maxMessageSize, maxFragments/);
  });

  for (const name of ['maxMessageSize', 'maxFragments', 'highWaterMark', 'maxBufferedAmount', 'maxPendingPongs']) {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null, true]) {
      it(`refuses ${name}: ${value}`, () => {
        expect(() => resolve({ [name]: value })).to.throw(
          InvalidOptionError,
          `Option '${name}' must be a whole number`,
        );
      });
    }
  }

  it('has an upper limit where memory has one', () => {
    expect(() => resolve({ maxMessageSize: 2 ** 31 })).to.throw(
      "Option 'maxMessageSize' must be a whole number from 1",
    );
  });

  it('allows a low watermark of 0', () => {
    expect(resolve({ lowWaterMark: 0 }).lowWaterMark).to.equal(0);
    expect(() => resolve({ lowWaterMark: -1 })).to.throw("Option 'lowWaterMark'");
  });

  for (const name of ['closeTimeout', 'pongTimeout', 'pingInterval']) {
    it(`wants milliseconds that a timer can wait for ${name}`, () => {
      for (const value of [0, -5, 2 ** 31, '10s', null, Number.NaN]) {
        expect(() => resolve({ [name]: value })).to.throw(InvalidOptionError, `Option '${name}' must be a number of`);
      }
      expect(resolve({ [name]: 2.5 })).to.have.property(name, 2.5);
    });
  }

  it('turns the pings off with false, and nothing else', () => {
    expect(resolve({ pingInterval: false }).pingInterval).to.equal(false);
    expect(() => resolve({ closeTimeout: false })).to.throw("Option 'closeTimeout'");
    expect(() => resolve({ pongTimeout: false })).to.throw("Option 'pongTimeout'");
  });

  it('knows one policy for slow consumers', () => {
    expect(() => resolve({ slowConsumer: 'drop' })).to.throw(
      "Option 'slowConsumer' must be 'close', not \"drop\"; for rooms, give it to new Hub({ slowConsumer: 'drop-newest' })",
    );
  });

  it('checks how the watermarks go together, also with those of the base', () => {
    expect(() => resolve({ highWaterMark: 1024 })).to.throw(
      "Option 'lowWaterMark' (16384) must not be above option 'highWaterMark' (1024)",
    );
    expect(() => resolve({ maxBufferedAmount: 1024 })).to.throw(
      "Option 'highWaterMark' (65536) must not be above option 'maxBufferedAmount' (1024)",
    );
    expect(resolve({ lowWaterMark: 7, highWaterMark: 7, maxBufferedAmount: 7 }).highWaterMark).to.equal(7);
    const base = resolve({ lowWaterMark: 10, highWaterMark: 10 });
    expect(() => resolveConnectionOptions('test()', { lowWaterMark: 11 }, base)).to.throw("'lowWaterMark' (11)");
  });

  it('refuses what is no object', () => {
    for (const value of [null, 5, 'x', []]) expect(() => resolve(value as never)).to.throw(/must be an object/);
  });

  it('is not fooled by names of Object.prototype', () => {
    expect(() => resolve(JSON.parse('{"__proto__": 1}'))).to.throw("Unknown option '__proto__'");
    expect(() => resolve({ constructor: 1 })).to.throw("Unknown option 'constructor'");
  });
});
