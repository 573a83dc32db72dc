import { HandshakeError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { Answer } from './exchange';
import type { ResolvedConnectOptions } from './options';
import { impersonalHeaders } from './request-headers';
import { serves } from './session-origins';
import { plainUrl, type Target } from './target';
import { foreignTls } from './tls-options';

const statuses = [301, 302, 303, 307, 308];

/** Where an answer leads; undefined where it leads nowhere. */
export function locationOf({ status, headers }: Answer): string | undefined {
  return statuses.includes(status) ? headers.location : undefined;
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
  answer: Answer,
  location: string,
): { target: Target; options: ResolvedConnectOptions } {
  const { status, headers } = answer;
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
  if (typeof options.http2 === 'object' && !serves(options.http2, url)) {
    refuse("which the session of option 'http2' does not serve");
  }
  if (url.origin === target.url.origin) return { target: { ...target, url }, options };
  return {
    target: { url, socketPath: undefined, authorization: undefined },
    options: { ...options, headers: impersonalHeaders(options.headers), tls: foreignTls(options.tls) },
  };
}
