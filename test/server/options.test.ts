import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { resolveServerOptions, resolveUpgradeOptions } from '../../src/server/options';

describe('resolveServerOptions', () => {
  it('fills in the defaults', () => {
    const options = resolveServerOptions('test');
    expect(options.handshakeTimeout).to.equal(10_000);
    expect(options.connection.maxMessageSize).to.equal(1024 * 1024);
    expect(options.subprotocols(['chat'], {} as never)).to.equal('');
    expect(options).to.be.frozen;
  });

  it('takes from the base what is not given', () => {
    const base = resolveServerOptions('test', { handshakeTimeout: 99, maxMessageSize: 5, subprotocols: ['chat'] });
    const options = resolveServerOptions('test', { maxFragments: 3 }, base);
    expect(options).to.include({ handshakeTimeout: 99, subprotocols: base.subprotocols, origins: base.origins });
    expect(options.connection).to.include({ maxMessageSize: 5, maxFragments: 3 });
  });

  it('lets a route narrow what the server allows to every origin', () => {
    const base = resolveServerOptions('test', { dangerouslyAllowAnyOrigin: true });
    const reached = { host: 'own.example', secure: false };
    const narrow = resolveServerOptions('test', { dangerouslyAllowAnyOrigin: false }, base);
    expect(base.origins('http://evil.example', {} as never, reached)).to.equal(true);
    expect(narrow.origins('http://evil.example', {} as never, reached)).to.equal(false);
  });

  it('names an unknown option, the place and the nearest name', () => {
    expect(() => resolveServerOptions('switchboard()', { alowedOrigins: [] } as never)).to.throw(
      InvalidOptionError,
      "Unknown option 'alowedOrigins' in switchboard(). Did you mean 'allowedOrigins'?",
    );
    expect(() => resolveServerOptions('switchboard()', { maxMesageSize: 1 } as never)).to.throw("'maxMessageSize'?");
  });

  const wrong: Array<[options: object, message: string]> = [
    [{ handshakeTimeout: 0 }, 'handshakeTimeout'],
    [{ handshakeTimeout: '10s' }, 'handshakeTimeout'],
    [{ handshakeTimeout: false }, 'handshakeTimeout'],
    [{ dangerouslyAllowAnyOrigin: 'yes' }, 'dangerouslyAllowAnyOrigin'],
    [{ dangerouslyAllowAnyOrigin: true, allowedOrigins: ['https://a.example'] }, 'contradict'],
    [{ subprotocols: 'chat' }, 'subprotocols'],
    [{ maxMessageSize: -1 }, 'maxMessageSize'],
  ];
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => resolveServerOptions('test', options)).to.throw(InvalidOptionError, message);
    });
  }

  for (const given of [null, 7, 'x', []]) {
    it(`refuses ${JSON.stringify(given)} instead of options`, () => {
      expect(() => resolveServerOptions('test', given as never)).to.throw(InvalidOptionError, 'must be an object');
    });
  }
});

describe('resolveUpgradeOptions', () => {
  it('refuses handshakeTimeout, and says where it belongs', () => {
    const base = resolveServerOptions('test');
    expect(() => resolveUpgradeOptions("app.ws('/')", { handshakeTimeout: 5 } as never, base)).to.throw(
      InvalidOptionError,
      'Give it to switchboard(app, { handshakeTimeout })',
    );
  });
});
