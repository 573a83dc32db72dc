import { expect } from 'chai';
import { basicAuthorization, endpointOf, hostOf, nameOf, parseTarget, plainUrl, portOf } from '../../src/client/target';
import { InvalidOptionError } from '../../src/protocol/errors';

describe('parseTarget', () => {
  const good: Array<[given: string, url: string]> = [
    ['ws://example.com', 'ws://example.com/'],
    ['wss://example.com/a?b=c', 'wss://example.com/a?b=c'],
    ['http://example.com/', 'ws://example.com/'],
    ['https://example.com:443/', 'wss://example.com/'],
    ['http://example.com:443/', 'ws://example.com:443/'],
    ['WS://Example.COM:80/%20', 'ws://example.com/%20'],
    ['ws://[::1]:8080/ü', 'ws://[::1]:8080/%C3%BC'],
  ];
  for (const [given, url] of good) {
    it(`takes ${given}`, () => {
      expect(parseTarget(given).url.href).to.equal(url);
      expect(parseTarget(new URL(given)).url.href).to.equal(url);
    });
  }

  const bad: Array<[given: unknown, words: string]> = [
    ['', '"" is no URL such as ws://localhost:8080/path'],
    ['example.com', '"example.com" is no URL'],
    ['/path', '"/path" is no URL'],
    ['//example.com', '"//example.com" is no URL'],
    ['ws://', '"ws://" is no URL'],
    ['ws://a:99999', '"ws://a:99999" is no URL such as ws://localhost:8080/path: a port is at most 65535, not 99999'],
    ['localhost:8080', 'must begin with ws:// or wss://, which "localhost:8080" does not'],
    ['ftp://example.com', 'must begin with ws:// or wss://'],
    ['constructor:x', 'must begin with ws:// or wss://'],
    ['ws://example.com/#part', 'has no fragment, but "ws://example.com/#part" has; \'#\' in a path is %23'],
    ['ws://example.com/#', 'has no fragment'],
    ['ws://%zz:x@example.com/', "'%' is %25"],
    [undefined, 'must be a string or a URL, not undefined'],
    [{ href: 'ws://a' }, 'must be a string or a URL, not an object'],
  ];
  for (const [given, words] of bad) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      expect(() => parseTarget(given as string)).to.throw(InvalidOptionError, words);
    });
  }

  it('shows no password', () => {
    expect(() => parseTarget('ftp://me:secret@example.com')).to.throw(/^(?!.*secret)/);
    expect(() => parseTarget('ws://me:secret@example.com/#x')).to.throw(/^(?!.*secret)/);
  });

  it('makes user and password a header, and takes them out of the URL', () => {
    const { url, authorization } = parseTarget('ws://J%C3%B6:p%40ss%3A@example.com/');
    expect(url.href).to.equal('ws://example.com/');
    expect(Buffer.from(authorization!.slice('Basic '.length), 'base64').toString()).to.equal('Jö:p@ss:');
    expect(parseTarget('ws://me@example.com/').authorization).to.equal(`Basic ${btoa('me:')}`);
    expect(parseTarget('ws://example.com/').authorization).to.equal(undefined);
  });

  it('takes the path of a Unix socket', () => {
    const target = parseTarget('ws+unix:///run/a%20b.sock:/chat?x=1');
    expect(target).to.include({ socketPath: '/run/a b.sock' });
    expect(target.url.href).to.equal('ws://localhost/chat?x=1');
    expect(parseTarget('ws+unix:/run/x.sock').url.href).to.equal('ws://localhost/');
    expect(parseTarget('wss+unix:/run/x.sock:/').url.protocol).to.equal('wss:');
  });
});

describe('plainUrl', () => {
  it('leaves out what is not for everybody', () => {
    expect(plainUrl(new URL('https://me:pass@example.com/a?b#c')).href).to.equal('wss://example.com/a?b');
  });

  it('leaves other schemes alone', () => {
    expect(plainUrl(new URL('ftp://example.com/')).href).to.equal('ftp://example.com/');
  });
});

describe('a target’s parts', () => {
  it('have the port, also where it is the scheme’s own', () => {
    expect(['ws://a', 'http://a', 'wss://a', 'https://a', 'ws://a:8'].map((url) => portOf(new URL(url)))).to.deep.equal(
      [80, 80, 443, 443, 8],
    );
  });

  it('have the host as node:net takes it', () => {
    expect(hostOf(new URL('ws://[fe80::1]:80'))).to.equal('fe80::1');
    expect(hostOf(new URL('ws://a.example'))).to.equal('a.example');
  });

  it('have a name without a secret', () => {
    expect(nameOf(parseTarget('ws://me:pass@example.com:81/?token=1'))).to.equal('ws://example.com:81');
    expect(nameOf(parseTarget('ws+unix:/run/x.sock'))).to.equal('the socket /run/x.sock');
  });

  it('have an endpoint with the path, and without a secret', () => {
    expect(endpointOf(parseTarget('ws://me:pass@example.com:81/a%1b?token=1'))).to.equal('ws://example.com:81/a%1b');
    expect(endpointOf(parseTarget('ws://example.com/?token=1'))).to.equal('ws://example.com');
    expect(endpointOf(parseTarget('ws+unix:/run/x.sock:/a?b'))).to.equal('the socket /run/x.sock:/a');
  });

  it('have no authorization without a user', () => {
    expect(basicAuthorization(new URL('http://proxy'), 'The proxy')).to.equal(undefined);
    expect(() => basicAuthorization(new URL('http://a%zz@proxy'), 'The proxy')).to.throw('The proxy has a user');
  });
});
