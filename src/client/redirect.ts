import { HandshakeError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { ResolvedConnectOptions } from './options';
import { impersonalHeaders } from './request-headers';
import { plainUrl, type Target } from './target';
import { foreignTls } from './tls-options';

const statuses = [301, 302, 303, 307, 308];

/** Where an answer leads; undefined where it leads nowhere. */
export function locationOf(answer: {
  statusCode?: number | undefined;
  headers: { location?: string | undefined };
}): string | undefined {
  return statuses.includes(answer.statusCode ?? 0) ? answer.headers.location : undefined;
}

/**
 * The target that a redirect names, and the options for it. What is personal stays with the origin that it was given for:
 * `Authorization`, `Cookie`, `Proxy-Authorization` and `Host`, user and password of the URL, and the client's certificate.
 *
 * @throws HandshakeError for a location that is no WebSocket's, or would leave TLS
 */
export function redirected(
  target: Target,
  options: ResolvedConnectOptions,
  answer: { status: number; headers: Readonly<Record<string, string | string[] | undefined>>; location: string },
): { target: Target; options: ResolvedConnectOptions } {
  const { status, headers, location } = answer;
  const refuse = (words: string): never => {
    throw new HandshakeError(`The server redirects to ${describe(location)}, ${words}`, {
      code: 'INVALID_REDIRECT',
      response: { status, headers, body: '' },
    });
  };
  if (!URL.canParse(location, target.url.href)) refuse('which is no URL');
  const url = plainUrl(new URL(location, target.url));
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') refuse('which is no address of a WebSocket');
  if (target.url.protocol === 'wss:' && url.protocol === 'ws:') {
    refuse('which has no TLS: that is not followed from a wss: URL');
  }
  if (url.origin === target.url.origin) return { target: { ...target, url }, options };
  return {
    target: { url, socketPath: undefined, authorization: undefined },
    options: { ...options, headers: impersonalHeaders(options.headers), tls: foreignTls(options.tls) },
  };
}
