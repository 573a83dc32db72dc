import { expect } from 'chai';
import { bearerToken } from '../../src/server/bearer-token';

const encoded = (token: string) => Buffer.from(token).toString('base64url');
const from = (headers: Record<string, string>) => bearerToken({ headers });

describe('bearerToken', () => {
  it('reads the header Authorization', () => {
    expect(from({ authorization: 'Bearer abc.def' })).to.equal('abc.def');
    expect(from({ authorization: 'bearer  abc' })).to.equal('abc');
  });

  it('reads an offered subprotocol, wherever it stands', () => {
    expect(from({ 'sec-websocket-protocol': `chat, bearer.${encoded('abc')}` })).to.equal('abc');
    const kubernetes = `base64url.bearer.authorization.k8s.io.${encoded('abc')}`;
    expect(from({ 'sec-websocket-protocol': `${kubernetes} ,chat` })).to.equal('abc');
  });

  it('prefers the header, and takes nothing else where that is malformed', () => {
    const both = { 'sec-websocket-protocol': `bearer.${encoded('page')}` };
    expect(from({ ...both, authorization: 'Bearer header' })).to.equal('header');
    expect(from({ ...both, authorization: 'Bearer "header"' })).to.equal(undefined);
    expect(from({ ...both, authorization: 'Basic YTpi' })).to.equal('page');
  });

  it('gives undefined where there is none', () => {
    expect(from({})).to.equal(undefined);
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Bearer a b', 'Basic abc']) {
      expect(from({ authorization }), authorization).to.equal(undefined);
    }
    expect(from({ 'sec-websocket-protocol': 'chat, bearer., bearer' })).to.equal(undefined);
  });
});
