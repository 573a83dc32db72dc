/** The `WebSocket` of browsers as far as the client uses it; `unknown`, because libraries type their handlers differently. */
export interface WebSocketLike {
  onopen: unknown;
  onmessage: unknown;
  onerror: unknown;
  onclose: unknown;
  send(text: string): void;
  close(code?: number): void;
}

export type WebSocketClass = new (url: string) => WebSocketLike;

/** Where to connect; a function is asked before each attempt, for a fresh token or ticket for example, and may take its time. */
export type ChatUrl = string | URL | (() => string | URL | Promise<string | URL>);

/** Where there is no global `WebSocket`: Node 20. Set by the entry for Node, read when a connection is made. */
export const substitute: { WebSocket?: WebSocketClass } = {};

/** @throws TypeError where there is none */
export function webSocketClass(given: WebSocketClass | undefined): WebSocketClass {
  const found = given ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket ?? substitute.WebSocket;
  if (found === undefined) throw new TypeError('There is no global WebSocket here: give one with the option WebSocket');
  return found;
}

/**
 * A URL for a WebSocket: relative ones are the page's, and `http:` becomes `ws:`, which older browsers do not do.
 *
 * @throws TypeError for what is no URL, or one of another protocol
 */
export function webSocketUrl(url: string | URL): string {
  const { location } = globalThis as { location?: { href: string } };
  const absolute = parsed(url, location?.href);
  if (absolute === undefined || !/^(ws|http)s?:$/.test(absolute.protocol)) {
    const expected = 'absolute outside a page, as ws://host/support (or wss, http, https)';
    throw new TypeError(`The URL must be ${expected}, not '${String(url)}'`);
  }
  absolute.protocol = absolute.protocol.replace(/^http/, 'ws');
  absolute.hash = '';
  return absolute.href;
}

/** Nothing at all would be a page of the name `undefined`. */
function parsed(url: string | URL | undefined, base: string | undefined): URL | undefined {
  try {
    return url === undefined ? undefined : new URL(url, base);
  } catch {
    return undefined;
  }
}
