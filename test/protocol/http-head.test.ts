import { expect } from 'chai';
import { HandshakeError, InvalidOptionError } from '../../src/protocol/errors';
import { checkHeader, parseHead, serializeHead } from '../../src/protocol/http-head';
import { errorOf } from './support/error-of';

describe('parseHead', () => {
  it('reads the start line and the headers, by lower-case name', () => {
    const { startLine, headers } = parseHead('GET / HTTP/1.1\r\nHost: a.example\r\nX-Two:  b\t\r\nEmpty:\r\n\r\nbody');
    expect(startLine).to.equal('GET / HTTP/1.1');
    expect({ ...headers }).to.deep.equal({ host: 'a.example', 'x-two': 'b', empty: '' });
  });

  it('reads bytes as Latin-1, as HTTP does', () => {
    const { headers } = parseHead(Buffer.from('GET / HTTP/1.1\r\nX-Name: M\u00fcller\r\n\r\n', 'latin1'));
    expect(headers['x-name']).to.equal('Müller');
  });

  it('takes a view of a larger buffer', () => {
    const bytes = new TextEncoder().encode('....GET / HTTP/1.1\r\nA: b\r\n\r\n');
    expect(parseHead(bytes.subarray(4)).startLine).to.equal('GET / HTTP/1.1');
  });

  it('joins a header that comes twice', () => {
    expect(parseHead('x\r\nA: 1\r\na: 2\r\nA: 3\r\n\r\n').headers.a).to.equal('1, 2, 3');
  });

  it('refuses a second Host header (RFC 9112, section 3.2)', () => {
    const error = errorOf(HandshakeError, () => parseHead('GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n'));
    expect(error).to.include({ status: 400, code: 'MALFORMED_HEAD' });
  });

  it('finds nothing that was not sent: no name leads to Object.prototype', () => {
    const { headers } = parseHead('x\r\nA: 1\r\n\r\n');
    for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
      expect(headers[name], name).to.equal(undefined);
    }
    const sent = parseHead('x\r\n__proto__: a\r\nconstructor: b\r\ntoString: c\r\n\r\n').headers;
    expect(Object.entries(sent)).to.deep.equal([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['tostring', 'c'],
    ]);
    expect(Object.getPrototypeOf(sent)).to.equal(null);
    expect(({} as { a?: unknown }).a).to.equal(undefined);
  });

  const malformed: Array<[says: string, head: string]> = [
    ['no blank line', 'GET / HTTP/1.1\r\nHost: a\r\n'],
    ['nothing', ''],
    ['a line without a colon', 'x\r\nHost\r\n\r\n'],
    ['a line without a name', 'x\r\n: value\r\n\r\n'],
    ['a blank before the colon', 'x\r\nHost : a\r\n\r\n'],
    ['a line that continues the one before', 'x\r\nA: b\r\n c\r\n\r\n'],
    ['a name with a bracket', 'x\r\nA(b): c\r\n\r\n'],
    ['a name that is not ASCII', 'x\r\nÄ: c\r\n\r\n'],
    ['a zero in a value', 'x\r\nA: b\0c\r\n\r\n'],
    ['a bare line feed in a value', 'x\r\nA: b\nC: d\r\n\r\n'],
    ['a bare carriage return in a value', 'x\r\nA: b\rC: d\r\n\r\n'],
    ['a bare line feed at the end of a value', 'x\r\nA: b\n\r\n\r\n'],
    ['a form feed before a value', 'x\r\nA: \fb\r\n\r\n'],
    ['a delete character in a value', 'x\r\nA: b\x7f\r\n\r\n'],
    ['a character that no byte is', 'x\r\nA: \u010d\r\n\r\n'],
    ['a bare line feed in the start line', 'GET /a\nb HTTP/1.1\r\nA: b\r\n\r\n'],
    ['a zero in the start line', 'GET /a\0b HTTP/1.1\r\nA: b\r\n\r\n'],
  ];
  for (const [says, head] of malformed) {
    it(`refuses ${says}`, () => {
      expect(errorOf(HandshakeError, () => parseHead(head))).to.include({ status: 400, code: 'MALFORMED_HEAD' });
    });
  }

  it('keeps a no-break space, which is no blank of HTTP', () => {
    expect(parseHead('x\r\nA: \u00a0b\u00a0 \r\n\r\n').headers.a).to.equal('\u00a0b\u00a0');
  });

  it('refuses a head above 16 KiB with 431, whether it ends or not', () => {
    const long = `x\r\nA: ${'b'.repeat(16 * 1024)}`;
    for (const head of [long, `${long}\r\n\r\n`]) {
      expect(errorOf(HandshakeError, () => parseHead(head))).to.include({ status: 431, code: 'HEAD_TOO_LARGE' });
    }
    expect(parseHead(`x\r\nA: ${'b'.repeat(16_000)}\r\n\r\n${'c'.repeat(20_000)}`).headers.a).to.have.length(16_000);
  });
});

describe('serializeHead', () => {
  it('writes a head that is read back', () => {
    const head = serializeHead('HTTP/1.1 101 Switching Protocols', { Upgrade: 'websocket', 'X-Name': 'Müller' });
    expect(head.toString('latin1')).to.equal(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Name: Müller\r\n\r\n',
    );
    expect(parseHead(head).headers['x-name']).to.equal('Müller');
  });

  it('refuses names and values that would break out of their line', () => {
    const refused: Array<[string, unknown]> = [
      ['A', 'b\r\nC: d'],
      ['A', 'b\n'],
      ['A', '\r'],
      ['A', 'b\0'],
      // Latin-1 keeps the low byte alone: these would become a carriage return and a line feed.
      ['A', 'b\u010d\u010aC: d'],
      ['A', '\u2028'],
      ['A: b\r\nC', 'd'],
      ['', 'b'],
      ['A B', 'c'],
      ['A', 5],
      ['A', undefined],
      ['A', ['b', 'c']],
    ];
    for (const [name, value] of refused) {
      expect(() => serializeHead('x', { [name]: value as string }), JSON.stringify([name, value])).to.throw(
        InvalidOptionError,
      );
      expect(() => checkHeader(name, value)).to.throw(InvalidOptionError);
    }
  });

  it('lets a tab and every character of Latin-1 pass', () => {
    checkHeader('A', 'b\tc');
    checkHeader('A', 'é÷ÿ\u0080');
  });
});
