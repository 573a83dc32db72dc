import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { HandshakeError, InvalidOptionError, InvalidStateError } from '../../src/protocol/errors';
import { compileSubprotocols } from '../../src/server/subprotocol';

const request = { url: '/chat' } as IncomingMessage;

describe('compileSubprotocols', () => {
  it('chooses none by default, whatever is offered', () => {
    expect(compileSubprotocols(undefined)(['chat', 'superchat'], request)).to.equal('');
  });

  it('chooses what the client names first among those in the list', () => {
    const choose = compileSubprotocols(['superchat', 'chat']);
    expect(choose(['other', 'chat', 'superchat'], request)).to.equal('chat');
    expect(choose(['superchat', 'chat'], request)).to.equal('superchat');
  });

  it('chooses none when nothing fits, or nothing is offered', () => {
    const choose = compileSubprotocols(['chat']);
    expect(choose(['Chat'], request)).to.equal('');
    expect(choose([], request)).to.equal('');
  });

  it('asks a function, with the request', () => {
    const choose = compileSubprotocols((offered, { url }) => (url === '/chat' ? offered.at(-1)! : false));
    expect(choose(['a', 'b'], request)).to.equal('b');
    expect(choose(['a', 'b'], { url: '/' } as IncomingMessage)).to.equal('');
  });

  it('does not ask a function when nothing is offered', () => {
    const choose = compileSubprotocols(() => expect.fail('asked'));
    expect(choose([], request)).to.equal('');
  });

  it('takes undefined from a function for none, as find() says it', () => {
    expect(compileSubprotocols((offered) => offered.find((name) => name === 'c'))(['a', 'b'], request)).to.equal('');
  });

  describe('beside a bearer token', () => {
    const token = 'bearer.czNjcmV0';

    it('chooses another one, and never the token', () => {
      expect(compileSubprotocols(['chat'])([token, 'chat'], request)).to.equal('chat');
      const shown: string[][] = [];
      const first = compileSubprotocols((offered) => {
        shown.push(offered);
        return offered[0];
      });
      expect(first([token, 'chat'], request)).to.equal('chat');
      expect(shown).to.deep.equal([['chat']]);
    });

    it('refuses where there is nothing else to choose, and says what to do', () => {
      for (const option of [undefined, ['chat'], () => undefined]) {
        for (const offered of [[token], [token, 'other'], [`base64url.bearer.authorization.k8s.io.x`]]) {
          expect(() => compileSubprotocols(option)(offered, request))
            .to.throw(HandshakeError, "a subprotocol must be offered that this endpoint speaks (option 'subprotocols')")
            .that.includes({ status: 400, code: 'TOKEN_WITHOUT_SUBPROTOCOL' });
        }
      }
    });

    it('does not repeat the token in what it says of a function', () => {
      expect(() => compileSubprotocols(() => token)([token, 'chat'], request))
        .to.throw(InvalidStateError, "one of 'chat', not")
        .with.property('code', 'INVALID_SUBPROTOCOL');
      expect(() => compileSubprotocols(() => 'x')([token], request)).to.throw(HandshakeError, 'not nothing');
    });

    it('takes no such name for a subprotocol', () => {
      expect(() => compileSubprotocols(['bearer.v1'])).to.throw(InvalidOptionError, 'begins as bearer tokens do');
    });
  });

  for (const wrong of ['chat', '', true, null, 'x\r\nSet-Cookie: a=b']) {
    it(`refuses ${JSON.stringify(wrong)} from a function when it was not offered`, () => {
      const choose = compileSubprotocols(() => wrong as string);
      expect(() => choose(['a', 'b'], request))
        .to.throw(InvalidStateError, "one of 'a', 'b'")
        .with.property('code', 'INVALID_SUBPROTOCOL');
    });
  }

  for (const name of ['', 'two words', 'a,b', 'a\r\nb', 'ä', 7, null]) {
    it(`refuses ${JSON.stringify(name)} in the list`, () => {
      expect(() => compileSubprotocols([name as string])).to.throw(InvalidOptionError, 'no name of a subprotocol');
    });
  }

  it('refuses anything but a list or a function', () => {
    expect(() => compileSubprotocols('chat' as never)).to.throw(InvalidOptionError, '"chat"');
  });
});
