import http2, { type Http2SecureServer, type SecureServerOptions } from 'node:http2';
import type { Application } from 'express-serve-static-core';
import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { serverOptionNames } from '../server/options';
import { boardOf } from './boards';
import { checkApp } from './express-internals';

/**
 * Makes a server that serves an Express app over HTTP/2 and HTTP/1.1 with TLS, on one port, with its WebSockets: ready to
 * `listen`.
 *
 * @param app with a board: `switchboard(app)` comes first
 * @param options as `http2.createSecureServer()` takes them, but for `allowHTTP1`, which is true unless set to false
 * @example serveHttp2(app, { key, cert }).listen(443);
 * @throws InvalidOptionError for anything that is no Express app, where there is no certificate, or none that can be used
 * @throws InvalidStateError for an app without a board
 */
export function serveHttp2(app: Application, options: SecureServerOptions): Http2SecureServer {
  const checked = checkApp('serveHttp2()', app);
  const board = boardOf(checked);
  if (board === undefined) {
    throw new InvalidStateError(
      'serveHttp2() needs an app with a board: call switchboard(app) first, for the outermost app',
      {
        code: 'NO_SWITCHBOARD',
      },
    );
  }
  checkOptions(options);
  let server: Http2SecureServer;
  try {
    server = http2.createSecureServer({ allowHTTP1: true, ...options });
  } catch (error) {
    // OpenSSL has its own words for a file's name where its contents are due.
    throw new InvalidOptionError(
      `serveHttp2() cannot use its certificate or another option: ${(error as Error).message}. ` +
        "'key' and 'cert' are the contents of PEM files that belong together, as readFileSync() reads them",
    );
  }
  board.attach(server);
  // To the types of node:http2 an app is no listener; the board gives it requests of node:http.
  server.on('request', checked as never);
  return server;
}

function checkOptions(options: SecureServerOptions): void {
  if (options === null || typeof options !== 'object') {
    throw new InvalidOptionError(`serveHttp2() needs options with key and cert, not ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    // node:tls has an option of that name.
    if ((serverOptionNames as readonly string[]).includes(name) && name !== 'handshakeTimeout') {
      throw new InvalidOptionError(`Option '${name}' of serveHttp2() belongs to switchboard(app, { ${name} })`);
    }
    if (name.toLowerCase() === 'allowhttp1' && name !== 'allowHTTP1') {
      throw new InvalidOptionError(`Unknown option '${name}' in serveHttp2(). Did you mean 'allowHTTP1'?`, {
        code: 'UNKNOWN_OPTION',
      });
    }
  }
  const { key, cert, pfx, SNICallback } = options;
  if (cert !== undefined && key === undefined) {
    throw new InvalidOptionError("Option 'key' of serveHttp2() is missing: the private key of 'cert'");
  }
  if (cert === undefined && pfx === undefined && SNICallback === undefined) {
    throw new InvalidOptionError(
      "serveHttp2() needs a certificate: options 'key' and 'cert', or 'pfx'. HTTP/2 without TLS, for a proxy in front: " +
        'attach(http2.createServer()) of what switchboard() returned',
    );
  }
}
