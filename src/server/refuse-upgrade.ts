import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HandshakeError } from '../protocol/errors';

/** What middleware may have set for a body that will not be sent. */
const bodyHeaders = ['Content-Encoding', 'Content-Language', 'Content-Range', 'ETag', 'Transfer-Encoding'];

/**
 * Answers with a complete HTTP response: the error's status and headers, and its message as text for whoever looks at
 * the failed request. Does nothing when an answer has begun.
 */
export function refuseUpgrade(response: ServerResponse, error: HandshakeError): void {
  if (response.headersSent) return;
  for (const name of bodyHeaders) response.removeHeader(name);
  const body = Buffer.from(`${error.message}\n`);
  const headers: OutgoingHttpHeaders = {
    ...error.headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    'X-Content-Type-Options': 'nosniff',
  };
  // RFC 9110, 7.8: whoever sends Upgrade names it in Connection.
  const words = [response.shouldKeepAlive ? '' : 'close', Object.hasOwn(error.headers, 'Upgrade') ? 'Upgrade' : ''];
  const connection = words.filter((word) => word !== '').join(', ');
  if (connection !== '') headers.Connection = connection;
  response.writeHead(error.status, headers);
  response.end(body);
}
