import type { ClientHttp2Session } from 'node:http2';

/** Whether requests for this `ws:` or `wss:` URL may go over a session that is connected. */
export function serves(session: ClientHttp2Session, url: URL): boolean {
  const origins = originsOf(session);
  // Where a session has forgotten what it was connected to, its server is the one to refuse (421; RFC 9110, section 15.5.20).
  return origins.length === 0 || origins.includes(httpOrigin(url));
}

/** The origins that a session is for: the one that it was connected to, and those that its server named (RFC 8336). */
export function originsOf(session: ClientHttp2Session): readonly string[] {
  const connected = connectedOrigin(session);
  return [...new Set([...(connected === undefined ? [] : [connected]), ...(session.originSet ?? [])])];
}

/** The origin of a `ws:` or `wss:` URL as HTTP names it. */
export function httpOrigin(url: URL): string {
  return url.origin.replace(/^ws/, 'http');
}

/**
 * What `http2.connect()` was given. Node keeps it under keys of its own; what it shows in `originSet` is nothing for a
 * session without TLS, and wrong for one through a tunnel: there it has the port of the proxy.
 */
function connectedOrigin(session: ClientHttp2Session): string | undefined {
  const [protocol, authority] = ['protocol', 'authority'].map((name) => hidden(session, name));
  // An IPv6 address stands there without its brackets.
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(authority ?? '') ?? [];
  if (protocol === undefined || host === undefined) return undefined;
  const text = `${protocol}//${host.includes(':') ? `[${host}]` : host}:${port}`;
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

function hidden(session: ClientHttp2Session, name: string): string | undefined {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === name);
  const value = key && (session as unknown as Record<symbol, unknown>)[key];
  return typeof value === 'string' ? value : undefined;
}
