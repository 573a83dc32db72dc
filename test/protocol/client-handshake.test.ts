import { expect } from 'chai';
import { buildUpgradeRequest, createKey, verifyUpgradeResponse } from '../../src/protocol/client-handshake';
import { HandshakeError, InvalidOptionError } from '../../src/protocol/errors';
import { WebSocketHandshake } from '../../src/protocol/handshake';
import { parseHead } from '../../src/protocol/http-head';
import { errorOf } from './support/error-of';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const host = 'server.example.com';
const goodHeaders = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
};
const asked = { key, protocols: ['chat', 'superchat'], extensions: [{ name: 'x', params: [] }] };

function verify(headers: Record<string, string | undefined> = {}, status = 101) {
  return verifyUpgradeResponse({ status, headers: { ...goodHeaders, ...headers } }, asked);
}

function refusal(headers: Record<string, string | undefined>, status = 101) {
  return errorOf(HandshakeError, () => verify(headers, status));
}

describe('createKey', () => {
  it('is a fresh key that every server takes', () => {
    const keys = Array.from({ length: 50 }, () => createKey());
    expect(new Set(keys).size).to.equal(50);
    for (const each of keys) {
      expect(WebSocketHandshake.parseUpgradeRequest(buildUpgradeRequest({ host, key: each })).key).to.equal(each);
    }
  });
});

describe('buildUpgradeRequest', () => {
  it('writes the least of a handshake', () => {
    expect(buildUpgradeRequest({ host, key }).toString()).to.equal(
      [
        'GET / HTTP/1.1',
        `Host: ${host}`,
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Key: ${key}`,
        'Sec-WebSocket-Version: 13',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('writes what the server’s side reads', () => {
    const request = WebSocketHandshake.parseUpgradeRequest(
      buildUpgradeRequest({
        host,
        key,
        path: '/chat?x=%20y',
        origin: 'https://app.example',
        protocols: ['chat', 'superchat'],
        extensions: [{ name: 'a', params: [['b', '1']] }],
        headers: { Authorization: 'Bearer x' },
      }),
    );
    expect(request.path).to.equal('/chat?x=%20y');
    expect(request.protocols).to.deep.equal(['chat', 'superchat']);
    expect(request.extensions).to.deep.equal([{ name: 'a', params: [['b', '1']] }]);
    expect(request.headers).to.include({ origin: 'https://app.example', authorization: 'Bearer x' });
  });

  it('leaves empty lists out', () => {
    const head = buildUpgradeRequest({ host, key, protocols: [], extensions: [] }).toString();
    expect(head).not.to.include('Protocol:').and.not.include('Extensions');
  });

  it('refuses a path that would end the request line', () => {
    for (const path of ['', 'chat', '/a b', '/a\r\nX: y', '/a\tb', '/grün', '/a\u010ab', '*']) {
      expect(() => buildUpgradeRequest({ host, key, path }), path).to.throw(InvalidOptionError, 'path');
    }
  });

  it('refuses headers that would break out of their line', () => {
    for (const value of ['a\r\nb', 'a\nb', '\u010d\u010ab']) {
      expect(() => buildUpgradeRequest({ host: value, key })).to.throw(InvalidOptionError);
      expect(() => buildUpgradeRequest({ host, key, origin: value })).to.throw(InvalidOptionError);
      expect(() => buildUpgradeRequest({ host, key, headers: { A: value } })).to.throw(InvalidOptionError);
    }
  });

  it('refuses subprotocols that are no tokens, or are named twice (4.1, 10)', () => {
    for (const protocols of [[''], ['a b'], ['a,b'], ['a', 'a'], ['chät'], [5 as unknown as string]]) {
      expect(() => buildUpgradeRequest({ host, key, protocols }), String(protocols)).to.throw(
        InvalidOptionError,
        'subprotocol',
      );
    }
  });
});

describe('verifyUpgradeResponse', () => {
  it('returns what was agreed', () => {
    expect(verify()).to.deep.equal({ protocol: '', extensions: [] });
    const agreed = verify({ 'sec-websocket-protocol': 'chat', 'sec-websocket-extensions': 'x; y=1' });
    expect(agreed).to.deep.equal({ protocol: 'chat', extensions: [{ name: 'x', params: [['y', '1']] }] });
  });

  it('takes what a server of ours answers', () => {
    const { startLine, headers } = parseHead(WebSocketHandshake.buildAcceptResponse(key, { protocol: 'chat' }));
    expect(startLine).to.equal('HTTP/1.1 101 Switching Protocols');
    expect(verifyUpgradeResponse({ status: 101, headers }, asked).protocol).to.equal('chat');
  });

  it('compares words in any case', () => {
    verify({ upgrade: 'WebSocket', connection: 'keep-alive, UPGRADE' });
  });

  it('refuses every other status, and keeps it', () => {
    for (const status of [100, 200, 301, 401, 426, 503]) {
      expect(refusal({}, status)).to.include({ status, code: 'HANDSHAKE_REFUSED' });
    }
  });

  const wrong: Array<[header: string, value: string | undefined, code: string]> = [
    ['upgrade', undefined, 'INVALID_RESPONSE'],
    ['upgrade', 'h2c', 'INVALID_RESPONSE'],
    ['upgrade', 'websocket, h2c', 'INVALID_RESPONSE'],
    ['connection', undefined, 'INVALID_RESPONSE'],
    ['connection', 'close', 'INVALID_RESPONSE'],
    ['sec-websocket-accept', undefined, 'INVALID_ACCEPT'],
    ['sec-websocket-accept', '', 'INVALID_ACCEPT'],
    ['sec-websocket-accept', 's3pplmbitxaq9kygzzhzrbk+xoo=', 'INVALID_ACCEPT'],
    ['sec-websocket-accept', key, 'INVALID_ACCEPT'],
    ['sec-websocket-protocol', 'other', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-protocol', 'chat, superchat', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-protocol', 'Chat', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-extensions', 'y', 'UNEXPECTED_EXTENSION'],
    ['sec-websocket-extensions', 'x, y', 'UNEXPECTED_EXTENSION'],
    ['sec-websocket-extensions', 'x;', 'MALFORMED_HEADER'],
  ];
  for (const [header, value, code] of wrong) {
    it(`refuses ${header}: ${value ?? 'missing'}`, () => {
      expect(refusal({ [header]: value })).to.include({ status: 101, code });
    });
  }

  it('refuses any subprotocol and extension where none was asked for', () => {
    const answer = (header: string) => () =>
      verifyUpgradeResponse({ status: 101, headers: { ...goodHeaders, [header]: 'chat' } }, { key });
    expect(errorOf(HandshakeError, answer('sec-websocket-protocol')).code).to.equal('UNEXPECTED_SUBPROTOCOL');
    expect(errorOf(HandshakeError, answer('sec-websocket-extensions')).code).to.equal('UNEXPECTED_EXTENSION');
  });
});
