import { expect } from 'chai';
import { HandshakeError } from '../../src/protocol/errors';
import {
  isToken,
  listIncludes,
  parseExtensions,
  parseTokenList,
  serializeExtensions,
} from '../../src/protocol/headers';
import { errorOf } from './support/error-of';

/** A string that counts how often its characters are looked at. */
function counted(text: string): { text: string; count(): number } {
  let looks = 0;
  const proxy = new Proxy(Object(text), {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) looks++;
      if (name === 'length') return text.length;
      const value = Reflect.get(target, name, text) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        looks++;
        return (value as (...args: unknown[]) => unknown).apply(text, args);
      };
    },
  });
  return { text: proxy as string, count: () => looks };
}

describe('isToken', () => {
  it('knows the characters of RFC 9110, section 5.6.2, and no others', () => {
    for (let code = 0; code < 300; code++) {
      const character = String.fromCharCode(code);
      expect(isToken(character), JSON.stringify(character)).to.equal(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(character));
    }
    expect(isToken('permessage-deflate')).to.equal(true);
    expect(isToken('a b')).to.equal(false);
    expect(isToken('')).to.equal(false);
  });
});

describe('listIncludes', () => {
  it('finds a word in any case, among others', () => {
    for (const header of ['Upgrade', 'upgrade', 'UPGRADE', 'keep-alive, Upgrade', 'a,\tupgrade ,b', ' ,,Upgrade']) {
      expect(listIncludes(header, 'upgrade'), header).to.equal(true);
    }
  });

  it('does not find it where it is only part of a word', () => {
    for (const header of [
      undefined,
      '',
      'upgraded',
      'no upgrade',
      'up grade',
      'upgrade;q=1',
      '"upgrade"',
      'upgrade\u00a0',
    ]) {
      expect(listIncludes(header, 'upgrade'), header).to.equal(false);
    }
  });
});

describe('parseTokenList', () => {
  const parse = (header: string | undefined) => parseTokenList('Sec-WebSocket-Protocol', header);

  it('reads tokens in their order', () => {
    expect(parse(undefined)).to.deep.equal([]);
    expect(parse('chat')).to.deep.equal(['chat']);
    expect(parse('chat.v2,  chat ,\tv1.json')).to.deep.equal(['chat.v2', 'chat', 'v1.json']);
    expect(parse('chat, Chat')).to.deep.equal(['chat', 'Chat']);
  });

  it('takes names that Object.prototype has for names', () => {
    expect(parse('constructor, __proto__, toString')).to.deep.equal(['constructor', '__proto__', 'toString']);
  });

  it('refuses what is no list of tokens (4.1: non-empty, and all unique)', () => {
    for (const header of ['', ' ', ',', 'a,', ',a', 'a,,b', 'a b', 'a;b', '"a"', 'a/b', 'chät', 'a\u00a0', 'a, a']) {
      const error = errorOf(HandshakeError, () => parse(header));
      expect(error, header).to.include({ status: 400, code: 'MALFORMED_HEADER' });
      expect(error.message).to.include('Sec-WebSocket-Protocol');
    }
  });

  it('takes thousands of tokens', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `p${i}`);
    expect(parse(names.join(','))).to.deep.equal(names);
  });
});

describe('parseExtensions', () => {
  it('reads the examples of section 9.1', () => {
    expect(parseExtensions('deflate-stream')).to.deep.equal([{ name: 'deflate-stream', params: [] }]);
    expect(parseExtensions('mux; max-channels=4; flow-control, deflate-stream')).to.deep.equal([
      {
        name: 'mux',
        params: [
          ['max-channels', '4'],
          ['flow-control', true],
        ],
      },
      { name: 'deflate-stream', params: [] },
    ]);
    expect(parseExtensions('private-extension')).to.deep.equal([{ name: 'private-extension', params: [] }]);
  });

  it('reads what browsers send', () => {
    expect(parseExtensions('permessage-deflate; client_max_window_bits')).to.deep.equal([
      { name: 'permessage-deflate', params: [['client_max_window_bits', true]] },
    ]);
  });

  it('reads quoted values, with and without backslashes', () => {
    expect(parseExtensions('a; b="1"; c="x\\y\\z"')).to.deep.equal([
      {
        name: 'a',
        params: [
          ['b', '1'],
          ['c', 'xyz'],
        ],
      },
    ]);
  });

  it('takes blanks around everything, and none', () => {
    const expected = [
      { name: 'a', params: [['b', '1']] },
      { name: 'c', params: [] },
    ];
    expect(parseExtensions(' \ta ;\tb = 1 , c\t')).to.deep.equal(expected);
    expect(parseExtensions('a;b=1,c')).to.deep.equal(expected);
  });

  it('keeps repeated names, and names that Object.prototype has', () => {
    expect(parseExtensions('a; b; b=1, a; __proto__=x; constructor')).to.deep.equal([
      {
        name: 'a',
        params: [
          ['b', true],
          ['b', '1'],
        ],
      },
      {
        name: 'a',
        params: [
          ['__proto__', 'x'],
          ['constructor', true],
        ],
      },
    ]);
  });

  it('is empty without a header', () => {
    expect(parseExtensions(undefined)).to.deep.equal([]);
  });

  it('refuses everything outside of the grammar', () => {
    const malformed = [
      '',
      ' ',
      ',',
      ';',
      'a,',
      ',a',
      'a,,b',
      'a;',
      'a;;b',
      'a;=1',
      'a; b=',
      'a; b=;',
      'a b',
      'a=1',
      'a; b=1 2',
      'a; b="',
      'a; b="1',
      'a; b="1\\',
      'a; b="1\\"',
      'a; b=""',
      'a; b="1 2"',
      'a; b="1,2"',
      'a; b="ä"',
      'a; b="1"2',
      'a; b=1"',
      'ä',
      'a; b\u00a0',
      'a\0',
      '"a"',
    ];
    for (const header of malformed) {
      const error = errorOf(HandshakeError, () => parseExtensions(header));
      expect(error, JSON.stringify(header)).to.include({ status: 400, code: 'MALFORMED_HEADER' });
      expect(error.message).to.include('Sec-WebSocket-Extensions');
    }
  });

  const hard: Array<[says: string, header: (size: number) => string]> = [
    ['blanks', (size) => ' '.repeat(size)],
    ['blanks within', (size) => `a${' '.repeat(size)}b`],
    ['an unfinished quote', (size) => `a; b="${'x'.repeat(size)}`],
    ['backslashes', (size) => `a; b="${'\\'.repeat(size)}`],
    ['quotes', (size) => `a; b=${'"'.repeat(size)}`],
    ['parameters', (size) => `a${'; b=1'.repeat(size / 5)}`],
    ['extensions', (size) => `a${',a'.repeat(size / 2)}`],
    ['semicolons', (size) => `a${';'.repeat(size)}`],
    ['blanks between semicolons', (size) => `a${' \t;'.repeat(size / 3)}`],
  ];
  for (const [what, header] of hard) {
    it(`looks at each character a few times and no more: ${what}`, () => {
      const work = [10_000, 20_000].map((size) => {
        const { text, count } = counted(header(size));
        try {
          parseExtensions(text);
        } catch (error) {
          expect(error).to.be.instanceOf(HandshakeError);
        }
        expect(count()).to.be.at.most(6 * size + 100);
        return count();
      });
      expect(work[1]!).to.be.at.most(2 * work[0]! + 10);
    });
  }
});

describe('serializeExtensions', () => {
  it('writes what parseExtensions reads', () => {
    for (const header of ['a', 'a; b; c=1', 'a; b=1; b=2, c, d; e']) {
      expect(serializeExtensions(parseExtensions(header))).to.equal(header);
    }
    expect(serializeExtensions([])).to.equal('');
  });
});
