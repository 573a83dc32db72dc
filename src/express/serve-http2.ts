import http2, { type Http2SecureServer, type SecureServerOptions } from 'node:http2';
import type { Application } from 'express-serve-static-core';
import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { boardOf } from './boards';
import { checkApp } from './express-internals';

/**
 * Makes a server that serves an Express app over HTTP/2 and HTTP/1.1 with TLS, on one port, with its WebSockets: ready to
 * `listen`.
 *
 * @param app with a board: `switchboard(app)` comes first
 * @param options as `http2.createSecureServer()` takes them, but for `allowHTTP1`, which is true unless set to false
 * @example serveHttp2(app, { key, cert }).listen(443);
 * @throws InvalidOptionError for anything that is no Express app, and where there is no certificate
 * @throws InvalidStateError for an app without a board
 */
export function serveHttp2(app: Application, options: SecureServerOptions): Http2SecureServer {
  const checked = checkApp('serveHttp2()', app);
  const board = boardOf(checked);
  if (board === undefined) {
    throw new InvalidStateError('serveHttp2() needs an app with a board: call switchboard(app) first', {
      code: 'NO_SWITCHBOARD',
    });
  }
  if (options === null || typeof options !== 'object') {
    throw new InvalidOptionError(`serveHttp2() needs options with key and cert, not ${describe(options)}`);
  }
  const { cert, pfx, SNICallback } = options;
  if (cert === undefined && pfx === undefined && SNICallback === undefined) {
    throw new InvalidOptionError(
      "serveHttp2() needs a certificate: options 'key' and 'cert', or 'pfx'. For HTTP/2 without TLS, behind a proxy: " +
        'attach(http2.createServer(app)) of what switchboard() returned',
    );
  }
  const server = http2.createSecureServer({ allowHTTP1: true, ...options }, checked as never);
  board.attach(server);
  return server;
}
