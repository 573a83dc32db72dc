import http from 'node:http';
import http2 from 'node:http2';
import { expect } from 'chai';
import { isHttp2Server } from '../../src/server/http2-server';

describe('isHttp2Server', () => {
  it('knows a server of node:http2, with TLS or without', () => {
    expect(isHttp2Server(http2.createServer())).to.equal(true);
    expect(isHttp2Server(http2.createSecureServer())).to.equal(true);
  });

  it('takes nothing else for one', () => {
    for (const other of [undefined, null, {}, 'server', http.createServer()])
      expect(isHttp2Server(other)).to.equal(false);
  });
});
