import { expect } from 'chai';
import { HandshakeError } from '../../src/protocol/errors';
import { validateUpgradeRequest } from '../../src/protocol/handshake';
import { parseHead } from '../../src/protocol/http-head';
import { type Http2Request, lastChunk, toHttp1Request, toUpgradeRequest } from '../../src/protocol/http1-request';

function request(given: Partial<Http2Request> = {}): Http2Request {
  return { method: 'GET', path: '/', authority: 'app.example', rawHeaders: [], isEnded: true, ...given };
}

const text = ({ head }: { head: Buffer }) => head.toString('latin1');

describe('toHttp1Request', () => {
  it('writes request line, host and headers', () => {
    const rawHeaders = [':method', 'GET', 'accept', '*/*', 'x-name', 'grüße', 'cookie', 'a=1', 'cookie', 'b=2'];
    const { head, body } = toHttp1Request(request({ path: '/a%20b?c=d', rawHeaders }));
    expect(head.toString('latin1')).to.equal(
      'GET /a%20b?c=d HTTP/1.1\r\nhost: app.example\r\naccept: */*\r\nx-name: grüße\r\ncookie: a=1\r\ncookie: b=2\r\n\r\n',
    );
    expect(body).to.equal('none');
  });

  it('takes the authority for the host, whatever Host says', () => {
    const rawHeaders = ['host', 'other.example'];
    expect(text(toHttp1Request(request({ rawHeaders })))).to.equal('GET / HTTP/1.1\r\nhost: app.example\r\n\r\n');
    const without = toHttp1Request(request({ authority: undefined, rawHeaders }));
    expect(text(without)).to.equal('GET / HTTP/1.1\r\nhost: other.example\r\n\r\n');
  });

  it('leaves out what is about one connection of HTTP/1.1', () => {
    const names = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings'];
    const rawHeaders = [...names.flatMap((name) => [name, 'x']), 'te', 'trailers'];
    const head = text(toHttp1Request(request({ rawHeaders })));
    expect(head).to.equal('GET / HTTP/1.1\r\nhost: app.example\r\nte: trailers\r\n\r\n');
  });

  it('announces a body with its length, or in chunks', () => {
    const known = toHttp1Request(request({ method: 'POST', isEnded: false, rawHeaders: ['content-length', '3'] }));
    expect(known.body).to.equal('bytes');
    expect(text(known)).to.include('\r\ncontent-length: 3\r\n').and.not.include('transfer-encoding');
    const unknown = toHttp1Request(request({ method: 'POST', isEnded: false }));
    expect(unknown.body).to.equal('chunks');
    expect(text(unknown)).to.include('\r\ntransfer-encoding: chunked\r\n');
  });

  const unspeakable: Array<[title: string, given: Partial<Http2Request>]> = [
    ['a line break in the path', { path: '/ HTTP/1.1\r\nx: y' }],
    ['a blank in the path', { path: '/a b' }],
    ['an empty path', { path: '' }],
    ['a letter beyond ASCII in the path', { path: '/ü' }],
    ['a blank in the method', { method: 'GET /admin' }],
    ['a line break in a value', { rawHeaders: ['x', 'y\r\nz: 1'] }],
    ['a line feed in a value', { rawHeaders: ['x', 'y\nz'] }],
    ['a zero in a value', { rawHeaders: ['x', '\0'] }],
    ['a colon in a name', { rawHeaders: ['x:y', 'z'] }],
    ['an empty name', { rawHeaders: ['', 'z'] }],
    ['a line break in the authority', { authority: 'a\r\nx: y' }],
  ];
  for (const [title, given] of unspeakable) {
    it(`refuses ${title}`, () => {
      for (const convert of [toHttp1Request, toUpgradeRequest]) {
        if (given.method !== undefined && convert === toUpgradeRequest) continue;
        expect(() => convert(request(given)))
          .to.throw(HandshakeError, /^The request has /)
          .with.include({ status: 400 });
      }
    });
  }
});

describe('toUpgradeRequest', () => {
  const handshake = ['sec-websocket-version', '13', 'sec-websocket-protocol', 'chat', 'origin', 'https://app.example'];

  it('writes the upgrade request that an extended CONNECT stands for', () => {
    const converted = toUpgradeRequest(request({ method: 'CONNECT', path: '/chat', rawHeaders: handshake }));
    const { startLine, headers } = parseHead(converted.head);
    expect(startLine).to.equal('GET /chat HTTP/1.1');
    expect(headers).to.include({ host: 'app.example', origin: 'https://app.example' });
    const fields = validateUpgradeRequest({ method: 'GET', httpVersion: '1.1', headers });
    expect(fields.protocols).to.deep.equal(['chat']);
    expect(converted).to.include({ body: 'stream', hasKey: false });
  });

  it('keeps the key of a client that sends one', () => {
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    const rawHeaders = [...handshake, 'sec-websocket-key', key];
    const converted = toUpgradeRequest(request({ rawHeaders }));
    expect(converted.hasKey).to.equal(true);
    expect(parseHead(converted.head).headers['sec-websocket-key']).to.equal(key);
  });

  it('does not look at a key that is none, as HTTP/2 needs none', () => {
    const converted = toUpgradeRequest(request({ rawHeaders: [...handshake, 'sec-websocket-key', 'x'] }));
    expect(converted.hasKey).to.equal(false);
    const { headers } = parseHead(converted.head);
    expect(() => validateUpgradeRequest({ method: 'GET', httpVersion: '1.1', headers })).not.to.throw();
  });
});

describe('lastChunk', () => {
  it('ends a body', () => {
    expect(lastChunk([])).to.equal('0\r\n\r\n');
  });

  it('carries the trailers, but none that would break out of its line', () => {
    expect(lastChunk(['x-sum', '1', 'x', 'a\r\nb: c', 'a b', '1'])).to.equal('0\r\nx-sum: 1\r\n\r\n');
  });
});
