import { expect } from 'chai';
import {
  checkSubprotocols,
  connectHeaders,
  createKey,
  offerHeaders,
  verifyConnectResponse,
  verifyUpgradeResponse,
} from '../../src/protocol/client-handshake';
import { HandshakeError, InvalidOptionError } from '../../src/protocol/errors';
import { WebSocketHandshake } from '../../src/protocol/handshake';
import { parseHead, serializeHead } from '../../src/protocol/http-head';
import { errorOf } from './support/error-of';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const goodHeaders = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-accept': accept,
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
    for (const each of keys) expect(Buffer.from(each, 'base64')).to.have.length(16);
  });
});

describe('offerHeaders', () => {
  const request = (headers: Record<string, string>) =>
    WebSocketHandshake.parseUpgradeRequest(serializeHead('GET /chat HTTP/1.1', { Host: 'example.com', ...headers }));

  it('are the least of a handshake', () => {
    expect(offerHeaders({ key })).to.deep.equal({
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Version': '13',
    });
  });

  it('are what the server’s side reads', () => {
    const read = request(offerHeaders({ ...asked, extensions: [{ name: 'a', params: [['b', '1']] }] }));
    expect(read.key).to.equal(key);
    expect(read.protocols).to.deep.equal(['chat', 'superchat']);
    expect(read.extensions).to.deep.equal([{ name: 'a', params: [['b', '1']] }]);
  });

  it('leave empty lists out', () => {
    expect(offerHeaders({ key, protocols: [], extensions: [] })).to.have.all.keys(Object.keys(offerHeaders({ key })));
  });
});

describe('connectHeaders', () => {
  it('are in lower case, without a key and what :protocol stands for (RFC 8441, 5)', () => {
    expect(connectHeaders({})).to.deep.equal({ 'sec-websocket-version': '13' });
    expect(connectHeaders({ protocols: [], extensions: [] })).to.deep.equal({ 'sec-websocket-version': '13' });
  });

  it('offer what those of HTTP/1.1 offer', () => {
    const over1 = Object.entries(offerHeaders(asked)).map(([name, value]) => [name.toLowerCase(), value]);
    const { upgrade, connection, 'sec-websocket-key': sent, ...offer } = Object.fromEntries(over1);
    expect([upgrade, connection, sent]).to.deep.equal(['websocket', 'Upgrade', key]);
    expect(connectHeaders(asked)).to.deep.equal(offer);
  });
});

describe('checkSubprotocols', () => {
  it('refuses what is no token (4.1, 10)', () => {
    for (const protocols of [[''], ['a b'], ['a,b'], ['chät'], [5], [undefined]]) {
      expect(() => checkSubprotocols(protocols), String(protocols)).to.throw(InvalidOptionError, 'must be a token');
    }
  });

  it('refuses one that comes twice, and tells two cases apart', () => {
    expect(() => checkSubprotocols(['a', 'b', 'a'])).to.throw(
      InvalidOptionError,
      'The subprotocol "a" is offered twice',
    );
    checkSubprotocols(['a', 'A']);
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

  it('takes blanks around the accepted key, and empty lists for none', () => {
    const agreed = verify({
      'sec-websocket-accept': ` \t${accept} `,
      'sec-websocket-protocol': '',
      'sec-websocket-extensions': '',
    });
    expect(agreed).to.deep.equal({ protocol: '', extensions: [] });
  });

  it('refuses HTTP/1.0', () => {
    const answer = { status: 101, httpVersion: '1.0', headers: goodHeaders };
    expect(errorOf(HandshakeError, () => verifyUpgradeResponse(answer, asked)).message).to.include('HTTP/1.0');
    verifyUpgradeResponse({ ...answer, httpVersion: '1.1' }, asked);
  });

  it('refuses every other status, and keeps it', () => {
    for (const status of [100, 200, 301, 401, 426, 503]) {
      const error = refusal({}, status);
      expect(error).to.include({ status, code: 'HANDSHAKE_REFUSED' });
      expect(error.response).to.deep.equal({ status, headers: goodHeaders, body: '' });
    }
  });

  const wrong: Array<[header: string, value: string | undefined, code: string]> = [
    ['upgrade', undefined, 'INVALID_RESPONSE'],
    ['upgrade', 'h2c', 'INVALID_RESPONSE'],
    ['upgrade', 'websocket, h2c', 'INVALID_RESPONSE'],
    ['upgrade', 'websocket, websocket', 'INVALID_RESPONSE'],
    ['connection', undefined, 'INVALID_RESPONSE'],
    ['connection', 'close', 'INVALID_RESPONSE'],
    ['sec-websocket-accept', undefined, 'INVALID_ACCEPT'],
    ['sec-websocket-accept', '', 'INVALID_ACCEPT'],
    ['sec-websocket-accept', 's3pplmbitxaq9kygzzhzrbk+xoo=', 'INVALID_ACCEPT'],
    ['sec-websocket-accept', key, 'INVALID_ACCEPT'],
    ['sec-websocket-accept', `${accept}, ${accept}`, 'INVALID_ACCEPT'],
    ['sec-websocket-accept', `\u00a0${accept}`, 'INVALID_ACCEPT'],
    ['sec-websocket-protocol', 'other', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-protocol', 'chat, chat', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-protocol', 'chat, superchat', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-protocol', 'Chat', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-extensions', 'y', 'UNEXPECTED_EXTENSION'],
    ['sec-websocket-extensions', 'x, y', 'UNEXPECTED_EXTENSION'],
    ['sec-websocket-extensions', 'x;', 'MALFORMED_HEADER'],
  ];
  for (const [header, value, code] of wrong) {
    it(`refuses ${header}: ${value ?? 'missing'}`, () => {
      const error = refusal({ [header]: value });
      expect(error).to.include({ status: 101, code });
      expect(error.response?.headers).to.include({ [header]: value });
    });
  }

  it('refuses any subprotocol and extension where none was asked for', () => {
    const answer = (header: string) => () =>
      verifyUpgradeResponse({ status: 101, headers: { ...goodHeaders, [header]: 'chat' } }, { key });
    expect(errorOf(HandshakeError, answer('sec-websocket-protocol')).code).to.equal('UNEXPECTED_SUBPROTOCOL');
    expect(errorOf(HandshakeError, answer('sec-websocket-extensions')).code).to.equal('UNEXPECTED_EXTENSION');
  });
});

describe('verifyConnectResponse', () => {
  const verifyConnect = (headers: Record<string, string> = {}, status = 200) =>
    verifyConnectResponse({ status, headers }, { protocols: asked.protocols, extensions: asked.extensions });

  it('returns what was agreed, at any 2xx', () => {
    expect(verifyConnect()).to.deep.equal({ protocol: '', extensions: [] });
    const agreed = verifyConnect({ 'sec-websocket-protocol': 'chat', 'sec-websocket-extensions': 'x; y=1' }, 204);
    expect(agreed).to.deep.equal({ protocol: 'chat', extensions: [{ name: 'x', params: [['y', '1']] }] });
  });

  it('needs nothing of what is HTTP/1.1 only, and does not mind it', () => {
    expect(verifyConnect({ ...goodHeaders, 'sec-websocket-accept': 'of another key' }).protocol).to.equal('');
  });

  it('refuses every other status, and keeps it', () => {
    for (const status of [101, 199, 300, 401, 503]) {
      const error = errorOf(HandshakeError, () => verifyConnect({ a: 'b' }, status));
      expect(error).to.include({ status, code: 'HANDSHAKE_REFUSED' });
      expect(error.response).to.deep.equal({ status, headers: { a: 'b' }, body: '' });
    }
  });

  for (const [header, value, code] of [
    ['sec-websocket-protocol', 'other', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-protocol', 'chat, superchat', 'UNEXPECTED_SUBPROTOCOL'],
    ['sec-websocket-extensions', 'x, y', 'UNEXPECTED_EXTENSION'],
    ['sec-websocket-extensions', 'x;', 'MALFORMED_HEADER'],
  ] as const) {
    it(`refuses ${header}: ${value}`, () => {
      const error = errorOf(HandshakeError, () => verifyConnect({ [header]: value }));
      expect(error).to.include({ status: 200, code });
    });
  }
});
