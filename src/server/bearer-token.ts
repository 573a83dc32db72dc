import type { IncomingMessage } from 'node:http';
import { isBearerToken, tokenIn } from '../protocol/bearer-subprotocol';
import { singleValue } from '../protocol/handshake';

/**
 * The bearer token that a request carries: that of `Authorization: Bearer …`, or else, for pages, which cannot set headers of
 * a handshake, that of an offered subprotocol `bearer.TOKEN` or, as Kubernetes has it,
 * `base64url.bearer.authorization.k8s.io.TOKEN`, where TOKEN is the token in base64url without padding.
 *
 * A page must offer a real subprotocol beside it, one that the option `subprotocols` names, since browsers fail a connection
 * that gets none of those they offered. The token is never chosen, nor shown to a function `subprotocols`, and a handshake with
 * nothing else to choose is refused with 400 and the code `'TOKEN_WITHOUT_SUBPROTOCOL'`. No message of this package repeats the
 * token; a logger that writes headers must leave out `sec-websocket-protocol` as it does `authorization`.
 *
 * ```ts
 * // The page
 * const encoded = btoa(token).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
 * new WebSocket('wss://example.org/feed', ['feed.v1', `bearer.${encoded}`]);
 * // The server
 * app.ws('/feed', { subprotocols: ['feed.v1'] }, requireToken, handler);
 * async function requireToken(req, res, next) {
 *   const token = bearerToken(req);
 *   if (token === undefined) return res.status(401).end();
 *   req.user = await verify(token);
 *   next();
 * }
 * ```
 *
 * @returns undefined where there is none, or none that is well-formed (RFC 6750). It is not verified
 */
export function bearerToken(request: Pick<IncomingMessage, 'headers'>): string | undefined {
  const [, inHeader] = /^bearer +(\S+)$/i.exec(singleValue(request.headers, 'authorization')?.trim() ?? '') ?? [];
  if (inHeader !== undefined) return isBearerToken(inHeader) ? inHeader : undefined;
  for (const name of singleValue(request.headers, 'sec-websocket-protocol')?.split(',') ?? []) {
    const token = tokenIn(name.trim());
    if (token !== undefined) return token;
  }
  return undefined;
}
