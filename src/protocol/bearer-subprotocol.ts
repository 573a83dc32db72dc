/**
 * A token in the place of a subprotocol. Pages cannot set headers of a handshake, but they choose its subprotocols, so a
 * token that is not to stand in the URL comes as one of those.
 */

/** Ours, and the one that Kubernetes has. */
const prefixes = ['base64url.bearer.authorization.k8s.io.', 'bearer.'];

/** The syntax of a bearer token (RFC 6750, section 2.1): nothing in it could end a header, or a line of a log. */
const bearerToken = /^[\w.~+/-]+=*$/;

/** True for an offered subprotocol that carries a token, well-formed or not: no name to choose, to repeat or to log. */
export function isBearerSubprotocol(name: string): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}

/** True for what can be a bearer token. */
export function isBearerToken(token: string): boolean {
  return bearerToken.test(token);
}

/** The token that an offered subprotocol carries, in base64url; undefined where it carries none, or not a well-formed one. */
export function tokenIn(name: string): string | undefined {
  const prefix = prefixes.find((each) => name.startsWith(each));
  if (prefix === undefined) return undefined;
  const encoded = name.slice(prefix.length);
  if (!/^[\w-]+$/.test(encoded)) return undefined;
  const token = Buffer.from(encoded, 'base64url').toString();
  return isBearerToken(token) ? token : undefined;
}
