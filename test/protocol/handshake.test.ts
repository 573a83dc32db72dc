import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { HandshakeError, InvalidOptionError } from '../../src/protocol/errors';
import {
  acceptHeaders,
  type ReceivedHeaders,
  singleValue,
  validateUpgradeRequest,
  WebSocketHandshake,
} from '../../src/protocol/handshake';
import { errorOf } from './support/error-of';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const goodHeaders: ReceivedHeaders = {
  host: 'server.example.com',
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': key,
  'sec-websocket-version': '13',
};

function validate(headers: Record<string, string | string[] | undefined> = {}, method = 'GET', httpVersion = '1.1') {
  return validateUpgradeRequest({ method, httpVersion, headers: { ...goodHeaders, ...headers } });
}

function refusal(headers: Record<string, string | string[] | undefined>, method?: string, httpVersion?: string) {
  return errorOf(HandshakeError, () => validate(headers, method, httpVersion));
}

function head(...lines: string[]): string {
  return [...lines, '', ''].join('\r\n');
}

const sample = head(
  'GET /chat?room=1 HTTP/1.1',
  'Host: server.example.com',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${key}`,
  'Origin: http://example.com',
  'Sec-WebSocket-Protocol: chat, superchat',
  'Sec-WebSocket-Version: 13',
);

describe('WebSocketHandshake.computeAcceptKey', () => {
  it('answers the key of section 1.3', () => {
    expect(WebSocketHandshake.computeAcceptKey(key)).to.equal(accept);
  });

  it('uses the GUID of RFC 6455, not the misprinted one that circulates', () => {
    const misprinted = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-5AB0DC85B11B`).digest('base64');
    expect(misprinted).not.to.equal(accept);
    expect(WebSocketHandshake.computeAcceptKey(key)).not.to.equal(misprinted);
  });

  it('refuses what is no string', () => {
    for (const each of [undefined, null, 5, Buffer.from(key)]) {
      expect(() => WebSocketHandshake.computeAcceptKey(each as unknown as string)).to.throw(
        InvalidOptionError,
        'must be a string',
      );
    }
  });
});

describe('validateUpgradeRequest', () => {
  it('returns what the handshake asks for', () => {
    expect(validate()).to.deep.equal({ key, version: 13, protocols: [], extensions: [] });
    const asked = validate({ 'sec-websocket-protocol': 'a, b', 'sec-websocket-extensions': 'x; y=1' });
    expect(asked.protocols).to.deep.equal(['a', 'b']);
    expect(asked.extensions).to.deep.equal([{ name: 'x', params: [['y', '1']] }]);
  });

  it('compares words in any case, and finds them in a list', () => {
    validate({ upgrade: 'WebSocket', connection: 'keep-alive, UPGRADE' });
    validate({ upgrade: 'h2c, websocket', connection: ['keep-alive', 'Upgrade'] });
  });

  it('refuses methods other than GET with 405', () => {
    for (const method of ['POST', 'HEAD', 'get', 'CONNECT', '']) {
      const error = refusal({}, method);
      expect(error).to.include({ status: 405, code: 'METHOD_NOT_ALLOWED', fault: 'peer' });
      expect(error.headers).to.deep.equal({ Allow: 'GET' });
    }
    const without = () => validateUpgradeRequest({ method: undefined, httpVersion: '1.1', headers: goodHeaders });
    expect(errorOf(HandshakeError, without).status).to.equal(405);
  });

  it('refuses HTTP below 1.1, and what is no version', () => {
    for (const version of [
      '1.0',
      '0.9',
      '',
      '1',
      'x',
      '1.x',
      'NaN.1',
      'Infinity.1',
      '1e3.0',
      '0x2.0',
      '1.1.1',
      ' 1.1',
    ]) {
      expect(refusal({}, 'GET', version), version).to.include({ status: 400, code: 'MALFORMED_HANDSHAKE' });
    }
    validate({}, 'GET', '2.0');
  });

  const missing: Array<[header: string, code: string]> = [
    ['upgrade', 'MALFORMED_HANDSHAKE'],
    ['connection', 'MALFORMED_HANDSHAKE'],
    ['sec-websocket-version', 'MALFORMED_HANDSHAKE'],
    ['sec-websocket-key', 'INVALID_KEY'],
  ];
  for (const [header, code] of missing) {
    it(`refuses a handshake without ${header}, or with an empty one`, () => {
      expect(refusal({ [header]: undefined })).to.include({ status: 400, code });
      expect([400, 426]).to.include(refusal({ [header]: '' }).status);
    });
  }

  it('refuses other values of Upgrade and Connection', () => {
    for (const upgrade of ['h2c', 'websocket2', 'web socket', '"websocket"', 'websocket/13']) {
      expect(refusal({ upgrade }), upgrade).to.include({ status: 400 });
    }
    for (const connection of ['close', 'keep-alive', 'upgraded', 'up, grade']) {
      expect(refusal({ connection }), connection).to.include({ status: 400 });
    }
  });

  it('answers another version with 426 and the one that it speaks', () => {
    for (const version of ['8', '7', '0', '14', '13.0', '013', '+13', '13, 8', '12, 13', 'thirteen', '']) {
      const error = refusal({ 'sec-websocket-version': version });
      expect(error, version).to.include({ status: 426, code: 'UNSUPPORTED_VERSION' });
      expect(error.headers).to.include({ 'Sec-WebSocket-Version': '13', Upgrade: 'websocket' });
    }
  });

  it('takes the base64 of every 16 bytes for a key', () => {
    for (const byte of [0x00, 0xff, 0x5a, 0xfb]) {
      const bytes = Buffer.alloc(16, byte).toString('base64');
      expect(validate({ 'sec-websocket-key': bytes }).key).to.equal(bytes);
    }
  });

  it('refuses every other key', () => {
    const keys = [
      // 13 and 19 bytes end with == as 16 do.
      ...[1, 13, 15, 17, 18, 19, 1024].map((length) => Buffer.alloc(length).toString('base64')),
      Buffer.alloc(0).toString('base64'),
      Buffer.alloc(16).toString('hex'),
      Buffer.alloc(16, 0xff).toString('base64url'),
      key.slice(0, -1),
      key.slice(0, -2),
      `${key}=`,
      ` ${key.slice(1)}`,
      `${key}\n`,
      `${key.slice(0, -3)}===`,
      `${key.slice(0, -4)}-_==`,
      `${key.slice(0, -4)}ä.==`,
      `${key}, ${key}`,
    ];
    for (const each of keys) {
      expect(refusal({ 'sec-websocket-key': each }), each).to.include({ status: 400, code: 'INVALID_KEY' });
    }
    expect(refusal({ 'sec-websocket-key': [key, key] }).code).to.equal('INVALID_KEY');
  });

  it('refuses subprotocols and extensions outside of their grammar', () => {
    expect(refusal({ 'sec-websocket-protocol': 'a b' })).to.include({ status: 400, code: 'MALFORMED_HEADER' });
    expect(refusal({ 'sec-websocket-protocol': 'a, a' })).to.include({ status: 400, code: 'MALFORMED_HEADER' });
    expect(refusal({ 'sec-websocket-extensions': 'a;' })).to.include({ status: 400, code: 'MALFORMED_HEADER' });
  });

  it('finds no header on a prototype', () => {
    const headers = Object.create(goodHeaders) as ReceivedHeaders;
    expect(
      errorOf(HandshakeError, () => validateUpgradeRequest({ method: 'GET', httpVersion: '1.1', headers })).status,
    ).to.equal(400);
  });

  it('shows what was wrong, and not more of it than a line', () => {
    expect(refusal({ upgrade: 'x'.repeat(5000) }).message).to.have.length.below(150);
    expect(refusal({ 'sec-websocket-key': 'short' }).message).to.equal(
      'The header Sec-WebSocket-Key must be the base64 of 16 bytes, not "short"',
    );
  });
});

describe('WebSocketHandshake.parseUpgradeRequest', () => {
  it('reads the request of section 1.2, as a string and as bytes', () => {
    for (const raw of [sample, Buffer.from(sample), new TextEncoder().encode(sample)]) {
      const request = WebSocketHandshake.parseUpgradeRequest(raw);
      expect(request).to.deep.include({ method: 'GET', path: '/chat?room=1', key, version: 13, extensions: [] });
      expect(request.protocols).to.deep.equal(['chat', 'superchat']);
      expect(request.headers.origin).to.equal('http://example.com');
      expect(Object.getPrototypeOf(request.headers)).to.equal(null);
    }
  });

  it('takes what comes behind the head for frames, not for a part of it', () => {
    const raw = Buffer.concat([Buffer.from(sample), Buffer.from('810548656c6c6f', 'hex')]);
    expect(WebSocketHandshake.parseUpgradeRequest(raw).key).to.equal(key);
  });

  it('refuses a head cut short at every byte, with 400 or 405', () => {
    for (let cut = 0; cut < sample.length; cut++) {
      const error = errorOf(HandshakeError, () => WebSocketHandshake.parseUpgradeRequest(sample.slice(0, cut)));
      expect([400, 405]).to.include(error.status);
    }
  });

  const malformed: Array<[says: string, line: string]> = [
    ['two words', 'GET /'],
    ['four words', 'GET / HTTP/1.1 x'],
    ['two blanks', 'GET  / HTTP/1.1'],
    ['no path', 'GET  HTTP/1.1'],
    ['another protocol', 'GET / SPDY/1.1'],
    ['a lower-case protocol', 'GET / http/1.1'],
    ['HTTP/1.0', 'GET / HTTP/1.0'],
    ['a line feed in its path', 'GET /a\nb HTTP/1.1'],
    ['a tab in its path', 'GET /a\tb HTTP/1.1'],
    ['a path that is not ASCII', 'GET /grün HTTP/1.1'],
    ['garbage', '\x16\x03\x01\x02\x00'],
  ];
  for (const [says, line] of malformed) {
    it(`refuses a request line with ${says}`, () => {
      const raw = Buffer.from(
        sample.replace(/^.*/, () => line),
        'latin1',
      );
      expect(errorOf(HandshakeError, () => WebSocketHandshake.parseUpgradeRequest(raw)).status).to.equal(400);
    });
  }

  it('refuses a request without a Host header, and one with two', () => {
    const without = sample.replace('Host', 'X-Host');
    expect(errorOf(HandshakeError, () => WebSocketHandshake.parseUpgradeRequest(without)).message).to.include('Host');
    const twice = sample.replace('Origin:', 'Host:');
    expect(errorOf(HandshakeError, () => WebSocketHandshake.parseUpgradeRequest(twice)).status).to.equal(400);
  });

  it('refuses a key that comes twice', () => {
    const twice = sample.replace('Origin: http://example.com', `Sec-WebSocket-Key: ${key}`);
    expect(errorOf(HandshakeError, () => WebSocketHandshake.parseUpgradeRequest(twice)).code).to.equal('INVALID_KEY');
  });
});

describe('WebSocketHandshake.buildAcceptResponse', () => {
  it('writes the response of section 1.2', () => {
    expect(WebSocketHandshake.buildAcceptResponse(key, { protocol: 'chat' }).toString()).to.equal(
      head(
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${accept}`,
        'Sec-WebSocket-Protocol: chat',
      ),
    );
  });

  it('writes extensions and more headers, and nothing that was not asked for', () => {
    const response = WebSocketHandshake.buildAcceptResponse(key, { extensions: 'x; y', headers: { 'X-Id': '5' } });
    expect(response.toString()).to.include('\r\nSec-WebSocket-Extensions: x; y\r\nX-Id: 5\r\n\r\n');
    expect(WebSocketHandshake.buildAcceptResponse(key).toString()).not.to.include('Protocol:').and.not.include('Ext');
  });

  it('refuses headers that would break out of their line', () => {
    for (const value of ['a\r\nSet-Cookie: b', 'a\nb', '\u010d\u010aSet-Cookie: b']) {
      expect(() => WebSocketHandshake.buildAcceptResponse(key, { protocol: value })).to.throw(InvalidOptionError);
      expect(() => WebSocketHandshake.buildAcceptResponse(key, { headers: { A: value } })).to.throw(InvalidOptionError);
      expect(() => WebSocketHandshake.buildAcceptResponse(key, { headers: { [value]: 'a' } })).to.throw(
        InvalidOptionError,
      );
    }
  });

  it('refuses an option that it does not know', () => {
    expect(() => WebSocketHandshake.buildAcceptResponse(key, { protocols: 'chat' } as object)).to.throw(
      InvalidOptionError,
      "Did you mean 'protocol'?",
    );
  });
});

describe('acceptHeaders', () => {
  it('has what makes a 101 the answer to this key', () => {
    expect(acceptHeaders(key, {})).to.deep.equal({
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Accept': accept,
    });
  });
});

describe('singleValue', () => {
  it('joins a list, and finds only the object’s own headers', () => {
    expect(singleValue({ a: 'b' }, 'a')).to.equal('b');
    expect(singleValue({ a: ['b', 'c'] }, 'a')).to.equal('b, c');
    expect(singleValue({}, 'a')).to.equal(undefined);
    expect(singleValue({}, 'constructor')).to.equal(undefined);
    expect(singleValue({}, '__proto__')).to.equal(undefined);
  });
});
