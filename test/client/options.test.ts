import { expect } from 'chai';
import { type ConnectOptions, resolveConnectOptions } from '../../src/client/options';
import { connectionDefaults } from '../../src/connection/options';
import { InvalidOptionError } from '../../src/protocol/errors';

const resolve = (given: object = {}) => resolveConnectOptions(given as ConnectOptions);

describe('resolveConnectOptions', () => {
  it('fills in finite defaults', () => {
    const options = resolve();
    expect(options).to.deep.include({
      connection: connectionDefaults,
      subprotocols: [],
      handshakeTimeout: 10_000,
      maxRedirects: 0,
      proxy: undefined,
      socketPath: undefined,
      tls: {},
      network: {},
    });
    expect(options.headers.size).to.equal(0);
  });

  it('takes undefined for not given', () => {
    const names = [
      'headers',
      'subprotocols',
      'origin',
      'handshakeTimeout',
      'signal',
      'followRedirects',
      'proxy',
      'tls',
    ];
    const undefineds = Object.fromEntries(
      [...names, 'socketPath', 'lookup', 'maxMessageSize'].map((name) => [name, undefined]),
    );
    expect(resolve(undefineds)).to.deep.equal(resolve());
  });

  it('takes options of the connection', () => {
    expect(resolve({ maxMessageSize: 5, pingInterval: false }).connection).to.include({
      maxMessageSize: 5,
      pingInterval: false,
    });
  });

  it('takes one subprotocol, or a list', () => {
    expect(resolve({ subprotocols: 'chat' }).subprotocols).to.deep.equal(['chat']);
    expect(resolve({ subprotocols: ['b', 'a'] }).subprotocols).to.deep.equal(['b', 'a']);
  });

  it('counts redirects', () => {
    expect([false, true, 0, 3].map((followRedirects) => resolve({ followRedirects }).maxRedirects)).to.deep.equal([
      0, 5, 0, 3,
    ]);
  });

  it('makes the origin a header', () => {
    expect([...resolve({ origin: 'https://a', headers: { A: 'b' } }).headers.values()]).to.deep.equal([
      ['A', 'b'],
      ['Origin', 'https://a'],
    ]);
  });

  const wrong: Array<[given: object, words: string]> = [
    [{ header: {} }, "Unknown option 'header' in connect(). Did you mean 'headers'?"],
    [{ followRedirect: true }, "Did you mean 'followRedirects'?"],
    [{ protocols: 'chat' }, "It is called 'subprotocols' here"],
    [{ ca: 'x' }, "It goes into option 'tls': { tls: { ca } }"],
    [{ agent: {} }, "Option 'proxy' goes through a proxy"],
    [{ followRedirects: 'yes' }, 'must be true, false, or how many at most, not "yes"'],
    [{ maxMessageSize: 0 }, "Option 'maxMessageSize' must be"],
    [{ headers: 'a' }, "Option 'headers' must be"],
    [{ origin: 'https://a\r\n' }, 'The header Origin must be'],
    [{ origin: 'https://a', headers: { ORIGIN: 'b' } }, "The header Origin is given twice: also as option 'origin'"],
    [{ subprotocols: 5 }, "Option 'subprotocols' must be a name or a list of names, not 5"],
    [{ subprotocols: 'a, b' }, 'A subprotocol must be a token'],
    [{ subprotocols: ['a', 'a'] }, 'The subprotocol "a" is offered twice'],
    [{ handshakeTimeout: 0 }, "Option 'handshakeTimeout' must be"],
    [{ handshakeTimeout: false }, "Option 'handshakeTimeout' must be"],
    [{ followRedirects: -1 }, "Option 'followRedirects' must be"],
    [{ followRedirects: 'yes' }, "Option 'followRedirects' must be"],
    [{ signal: {} }, "Option 'signal' must be an AbortSignal"],
    [{ tls: null }, "Option 'tls' must be an object"],
    [{ tls: true }, "Option 'tls' must be an object"],
    [{ socketPath: '' }, "Option 'socketPath' must be a path"],
    [{ proxy: true }, "Option 'proxy' must be a URL, or false"],
    [{ proxy: 'socks5://a' }, "Option 'proxy' must begin with http:// or https://"],
    [{ lookup: 'a' }, "Option 'lookup' must be a function"],
    [{ localAddress: 'localhost' }, "Option 'localAddress' must be an IP address"],
    [{ family: 5 }, "Option 'family' must be 4, 6, or 0"],
  ];
  for (const [given, words] of wrong) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      expect(() => resolve(given)).to.throw(InvalidOptionError, words);
    });
  }

  it('refuses options that are no object', () => {
    for (const given of [null, 'chat', ['chat']]) {
      expect(() => resolveConnectOptions(given as never), String(given)).to.throw(
        InvalidOptionError,
        'must be an object',
      );
    }
  });
});
