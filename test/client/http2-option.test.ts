import { once } from 'node:events';
import http2, { type ClientHttp2Session } from 'node:http2';
import { Duplex } from 'node:stream';
import { expect } from 'chai';
import { resolveHttp2 } from '../../src/client/http2-option';
import { type ConnectOptions, resolveConnectOptions } from '../../src/client/options';
import { InvalidOptionError } from '../../src/protocol/errors';

describe('resolveHttp2', () => {
  let session: ClientHttp2Session;

  beforeEach(() => {
    const silent = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    session = http2.connect('http://localhost', { createConnection: () => silent });
  });

  afterEach(async () => {
    const closed = once(session, 'close');
    session.destroy();
    await closed;
  });

  it('is false unless given', () => {
    expect(resolveHttp2({})).to.equal(false);
    expect(resolveConnectOptions({}).http2).to.equal(false);
  });

  it('takes true, false, auto, or a session', () => {
    for (const value of [true, false, 'auto', session] as const) expect(resolveHttp2({ http2: value })).to.equal(value);
  });

  const wrong: Array<[what: string, value: unknown, shown: string]> = [
    ['null', null, 'null'],
    ['a number', 2, '2'],
    ['another word', 'h2', '"h2"'],
    ['what makes requests of another kind', { request() {} }, 'an object (Object)'],
    ['the module itself', http2, 'an object (Object)'],
    ['a list of sessions', [], 'an array'],
  ];
  for (const [what, value, shown] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => resolveHttp2({ http2: value } as ConnectOptions)).to.throw(
        InvalidOptionError,
        `Option 'http2' must be true, false, 'auto', or a session that http2.connect() made, not ${shown}`,
      );
    });
  }

  it('refuses protocols of TLS beside itself', () => {
    const tls = { ALPNProtocols: ['h2'] };
    for (const value of [true, 'auto'] as const) {
      expect(() => resolveHttp2({ http2: value, tls })).to.throw(
        InvalidOptionError,
        "Option 'tls' has ALPNProtocols, which option 'http2' sets",
      );
    }
    expect(resolveHttp2({ http2: false, tls })).to.equal(false);
  });

  const dialling: Array<[options: ConnectOptions, instead: string]> = [
    [{ proxy: false }, 'createConnection'],
    [{ proxy: 'http://localhost' }, 'createConnection'],
    [{ tls: {} }, 'ca, cert, key, …'],
    [{ socketPath: '/run/app.sock' }, 'createConnection'],
    [{ lookup: () => {} }, 'lookup'],
    [{ localAddress: '127.0.0.1' }, 'localAddress'],
    [{ family: 4 }, 'family'],
  ];
  for (const [options, instead] of dialling) {
    const [name] = Object.keys(options);
    it(`refuses '${name}' beside a session: ${JSON.stringify(options)}`, () => {
      expect(() => resolveConnectOptions({ ...options, http2: session })).to.throw(
        InvalidOptionError,
        `Option '${name}' is for connections that connect() makes, but option 'http2' brings the session of one: give it to http2.connect() of node:http2, as http2.connect(url, { ${instead} })`,
      );
      expect(resolveConnectOptions({ ...options, http2: 'auto' }).http2).to.equal('auto');
    });
  }
});
