import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/** Where a WebSocket is, and how it is reached. */
export interface Target {
  /** `ws:` or `wss:`, without user, password and fragment. */
  readonly url: URL;
  /** The Unix socket to go through; undefined for TCP. */
  readonly socketPath: string | undefined;
  /** What the URL's user and password become: the value of `Authorization`. */
  readonly authorization: string | undefined;
}

const webSocketSchemes: Readonly<Record<string, string>> = {
  'ws:': 'ws:',
  'wss:': 'wss:',
  'http:': 'ws:',
  'https:': 'wss:',
};

/**
 * Reads what was given to `connect()`. `http:` and `https:` stand for `ws:` and `wss:`, as in browsers.
 *
 * @throws InvalidOptionError for what is no address of a WebSocket
 */
export function parseTarget(given: string | URL): Target {
  const unix = /^(wss?)\+unix:\/*(\/[^:?#]+)(?::(\/[^#]*)?)?$/.exec(String(given));
  if (unix !== null) {
    const [, scheme, path = '', rest = '/'] = unix;
    return { url: new URL(`${scheme}://localhost${rest}`), socketPath: decoded(path), authorization: undefined };
  }
  const url = parseUrl(given);
  const authorization = basicAuthorization(url, 'The URL');
  return { url: plainUrl(url), socketPath: undefined, authorization };
}

function parseUrl(given: string | URL): URL {
  if (typeof given !== 'string' && !(given instanceof URL)) {
    throw new InvalidOptionError(`The URL must be a string or a URL, not ${describe(given)}`);
  }
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    const [, port] = /^[^/]*\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(String(given)) ?? [];
    const why = Number(port) > 65_535 ? `: a port is at most 65535, not ${port}` : '';
    throw new InvalidOptionError(`${shownUrl(given)} is no URL such as ws://localhost:8080/path${why}`);
  }
  if (!Object.hasOwn(webSocketSchemes, url.protocol)) {
    throw new InvalidOptionError(`The URL must begin with ws:// or wss://, which ${shownUrl(given)} does not`);
  }
  // RFC 6455, section 3: fragment identifiers are meaningless here, and must not be used.
  if (url.href.includes('#')) {
    throw new InvalidOptionError(
      `The URL of a WebSocket has no fragment, but ${shownUrl(given)} has; '#' in a path is %23`,
    );
  }
  return url;
}

/** `ws:` or `wss:`, and without what is not for the eyes of everybody; undefined for other schemes. */
export function plainUrl(url: URL): URL {
  // A URL's scheme can be set to a related one only, so it is written anew.
  const plain = new URL(url.href.replace(url.protocol, webSocketSchemes[url.protocol] ?? url.protocol));
  plain.username = '';
  plain.password = '';
  plain.hash = '';
  return plain;
}

/** A URL as an error message may show it: its password is nobody's business. */
export function shownUrl(given: string | URL): string {
  return describe(String(given).replace(/\/\/[^/@]*@/, '//'));
}

/**
 * User and password of a URL as HTTP's Basic authentication has them (RFC 7617); undefined where there are none.
 *
 * @throws InvalidOptionError where they are not percent-encoded
 */
export function basicAuthorization(url: URL, what: string): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  let credentials: string;
  try {
    credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  } catch {
    throw new InvalidOptionError(`${what} has a user or password that is not percent-encoded: '%' is %25`);
  }
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** What error messages call a server: nothing of the path and query, which may hold a secret. */
export function nameOf({ url, socketPath }: Target): string {
  return socketPath === undefined ? url.origin : `the socket ${socketPath}`;
}

/** The same with the path, where what is wrong is often its path; never with its query, where secrets stand. */
export function endpointOf(target: Target): string {
  const { pathname } = target.url;
  if (pathname === '/') return nameOf(target);
  return `${nameOf(target)}${target.socketPath === undefined ? '' : ':'}${pathname}`;
}

/** The port of a URL, also where it is the scheme's own. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'wss:' || url.protocol === 'https:' ? 443 : 80;
}

/** The host of a URL as node:net takes it: an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
