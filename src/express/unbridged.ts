import { IncomingMessage } from 'node:http';
import type { ExpressRequest, ExpressResponse } from './express-internals';

/**
 * True for a request that node:http2 itself has made of a stream, past the bridge: its server was neither found nor attached.
 * Express would crash on it, and take the process along.
 */
export function isUnbridged(request: ExpressRequest): boolean {
  return request.httpVersionMajor === 2 && !(request instanceof IncomingMessage);
}

/** Says what to do about it, to whoever looks at the answer, and in the console. */
export function refuseUnbridged(response: ExpressResponse): void {
  const message =
    'A request of HTTP/2 came to Express past its board: call attach(server) of what switchboard(app) returned, ' +
    'because the app is wrapped, or mounted in another';
  process.emitWarning(message, { code: 'SERVER_NOT_ATTACHED' });
  response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}
