import { expect } from 'chai';
import { impersonalHeaders, parseRequestHeaders, type RequestHeaders } from '../../src/client/request-headers';
import { InvalidOptionError } from '../../src/protocol/errors';

const parse = (given: unknown) => [...parseRequestHeaders(given as RequestHeaders).values()];

describe('parseRequestHeaders', () => {
  it('takes an object, pairs, a Map and a Headers', () => {
    const list = [
      ['Authorization', 'Bearer x'],
      ['X-A', 'ü'],
    ];
    expect(parse(Object.fromEntries(list))).to.deep.equal(list);
    expect(parse(list)).to.deep.equal(list);
    expect(parse(new Map(list as Array<[string, string]>))).to.deep.equal(list);
    expect(parse(new Headers({ 'X-A': '1' }))).to.deep.equal([['x-a', '1']]);
    expect(parse({})).to.deep.equal([]);
  });

  const reserved = [
    'Upgrade',
    'CONNECTION',
    'Sec-WebSocket-Key',
    'sec-websocket-version',
    'Sec-Websocket-Accept',
    'Sec-WebSocket-Protocol',
    'Sec-WebSocket-Extensions',
    'content-length',
    'Transfer-Encoding',
    'Trailer',
    'Expect',
  ];
  for (const name of reserved) {
    it(`refuses ${name}, in any case`, () => {
      for (const written of [name, name.toLowerCase(), name.toUpperCase()]) {
        expect(() => parse({ [written]: 'x' })).to.throw(InvalidOptionError, `The header ${written} cannot be set: `);
      }
    });
  }

  it('says which option to take instead', () => {
    expect(() => parse({ 'Sec-WebSocket-Protocol': 'chat' })).to.throw("give option 'subprotocols'");
  });

  it('lets Host and Origin be set', () => {
    expect(parse({ host: 'a', origin: 'https://a' })).to.have.length(2);
  });

  it('refuses what would break out of its line, or is no string', () => {
    for (const value of ['a\r\nb: c', 'a\nb', 'a\0', '\u010a', 5, undefined, null, ['a']]) {
      expect(() => parse({ 'X-A': value }), String(value)).to.throw(InvalidOptionError, 'The header X-A must be');
    }
    for (const name of ['', 'a b', 'a:', 'ü', 'a\r\nb']) {
      expect(() => parse({ [name]: 'x' }), name).to.throw(InvalidOptionError, 'cannot be the name of a header');
    }
  });

  it('refuses a name that comes twice', () => {
    expect(() => parse({ Cookie: 'a', cookie: 'b' })).to.throw(
      'The header cookie is given twice, as Cookie and cookie',
    );
  });

  it('refuses what is no list of headers', () => {
    for (const given of [null, 'a: b', 5, ['a: b'], [['a']], new Set(['a'])]) {
      expect(() => parse(given), String(given)).to.throw(InvalidOptionError, "Option 'headers' must");
    }
  });

  it('takes every name for a name', () => {
    expect(parse(JSON.parse('{"__proto__": "a", "constructor": "b"}'))).to.deep.equal([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });
});

describe('impersonalHeaders', () => {
  it('are those that may go to another origin', () => {
    const given = { AUTHORIZATION: 'a', Cookie: 'b', 'proxy-authorization': 'c', Host: 'd', 'X-Other': 'e' };
    expect([...impersonalHeaders(parseRequestHeaders(given)).values()]).to.deep.equal([['X-Other', 'e']]);
  });
});
