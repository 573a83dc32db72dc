import { expect } from 'chai';
import { isBearerSubprotocol, isBearerToken, tokenIn } from '../../src/protocol/bearer-subprotocol';
import { HandshakeError } from '../../src/protocol/errors';
import { parseTokenList } from '../../src/protocol/headers';

const encoded = (token: string) => Buffer.from(token).toString('base64url');

describe('a bearer token as subprotocol', () => {
  it('is read from both forms', () => {
    for (const token of ['eyJhbGciOi.J9-_.x', 'opaque+/~==']) {
      expect(tokenIn(`bearer.${encoded(token)}`)).to.equal(token);
      expect(tokenIn(`base64url.bearer.authorization.k8s.io.${encoded(token)}`)).to.equal(token);
    }
  });

  const wrong = {
    'another subprotocol': 'chat.v1',
    'nothing behind the prefix': 'bearer.',
    'a token that is not encoded': 'bearer.eyJ.eyJ.sig',
    'what decodes to a line break': `bearer.${encoded('a\r\nb')}`,
    'what decodes to a blank': `bearer.${encoded('a b')}`,
    'what decodes to no ASCII': `bearer.${encoded('ä')}`,
    'another case': `Bearer.${encoded('abc')}`,
  };
  for (const [what, name] of Object.entries(wrong)) {
    it(`is not found in ${what}`, () => {
      expect(tokenIn(name)).to.equal(undefined);
    });
  }

  it('is known by its beginning, well-formed or not', () => {
    expect(isBearerSubprotocol('bearer.x!')).to.equal(true);
    expect(isBearerSubprotocol('base64url.bearer.authorization.k8s.io.x')).to.equal(true);
    expect(isBearerSubprotocol('bearer')).to.equal(false);
    expect(isBearerSubprotocol('v1.bearer.x')).to.equal(false);
  });

  it('has the syntax of RFC 6750', () => {
    expect(isBearerToken('azAZ09-._~+/=')).to.equal(true);
    for (const token of ['', '=', 'a=b', 'a b', 'a,b', 'a\n', 'é']) expect(isBearerToken(token), token).to.equal(false);
  });

  it('is in no message about the header', () => {
    for (const header of ['chat, bearer.s3cret, bearer.s3cret', 'bearer.s3cret=']) {
      expect(() => parseTokenList('Sec-WebSocket-Protocol', header))
        .to.throw(HandshakeError, 'a bearer token')
        .with.property('message')
        .that.does.not.include('s3cret');
    }
    expect(() => parseTokenList('Sec-WebSocket-Protocol', 'chat, chat')).to.throw(HandshakeError, 'names "chat" twice');
  });
});
