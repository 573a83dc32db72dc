import { expect } from 'chai';
import { type ProxyEnvironment, parseProxy, proxyFromEnvironment } from '../../src/client/proxy';
import { InvalidOptionError } from '../../src/protocol/errors';

const ws = new URL('ws://server.example/');
const wss = new URL('wss://server.example/');

describe('proxyFromEnvironment', () => {
  const table: Array<[environment: ProxyEnvironment, forWs: string | null, forWss: string | null]> = [
    [{}, null, null],
    [{ HTTP_PROXY: 'http://a' }, 'a', null],
    [{ http_proxy: 'http://a' }, 'a', null],
    [{ HTTPS_PROXY: 'http://a' }, null, 'a'],
    [{ https_proxy: 'http://a' }, null, 'a'],
    [{ ALL_PROXY: 'http://a' }, 'a', 'a'],
    [{ all_proxy: 'http://a', HTTPS_PROXY: 'http://b' }, 'a', 'b'],
    [{ http_proxy: 'http://a', HTTP_PROXY: 'http://b' }, 'a', null],
    [{ https_proxy: 'http://a', HTTPS_PROXY: 'http://b' }, null, 'a'],
    [{ http_proxy: '', HTTP_PROXY: 'http://b' }, 'b', null],
    [{ HTTP_PROXY: '', HTTPS_PROXY: '' }, null, null],
    [{ ALL_PROXY: 'http://a', NO_PROXY: '*' }, null, null],
    [{ ALL_PROXY: 'http://a', no_proxy: 'server.example', NO_PROXY: 'other' }, null, null],
    [{ ALL_PROXY: 'http://a', NO_PROXY: 'server.example:443' }, 'a', null],
    // In a CGI program HTTP_PROXY is what the request's header Proxy said.
    [{ HTTP_PROXY: 'http://evil', REQUEST_METHOD: 'GET' }, null, null],
    [{ HTTP_PROXY: 'http://evil', REQUEST_METHOD: 'GET', http_proxy: 'http://a' }, 'a', null],
  ];
  for (const [environment, forWs, forWss] of table) {
    it(`of ${JSON.stringify(environment)} is ${forWs} for ws:, ${forWss} for wss:`, () => {
      expect(proxyFromEnvironment(ws, environment)?.hostname ?? null).to.equal(forWs);
      expect(proxyFromEnvironment(wss, environment)?.hostname ?? null).to.equal(forWss);
    });
  }

  it('is none for loopback addresses', () => {
    for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]']) {
      expect(proxyFromEnvironment(new URL(`ws://${host}:81/`), { ALL_PROXY: 'http://a' }), host).to.equal(null);
    }
  });

  it('refuses a value that is no proxy, and says whose', () => {
    expect(() => proxyFromEnvironment(wss, { HTTPS_PROXY: 'socks5://me:secret@a' })).to.throw(
      InvalidOptionError,
      'The environment variable HTTPS_PROXY must begin with http:// or https://, not "socks5://"',
    );
  });
});

describe('parseProxy', () => {
  it('takes an address without a scheme for http:', () => {
    expect(parseProxy('localhost:3128', 'x').href).to.equal('http://localhost:3128/');
    expect(parseProxy('me:pass@proxy:1', 'x')).to.include({ username: 'me', password: 'pass', port: '1' });
    expect(parseProxy(new URL('https://proxy'), 'x').href).to.equal('https://proxy/');
  });

  it('refuses others, and shows no password', () => {
    for (const given of ['', 'ws://a', 'socks5://me:secret@a', 'http://me:secret@', 'http://me:secret@a:99999']) {
      expect(() => parseProxy(given, "Option 'proxy'"), given).to.throw(
        InvalidOptionError,
        /^(?!.*secret)Option 'proxy' must/,
      );
    }
  });
});
