import type { IncomingMessage } from 'node:http';
import { HandshakeError, InvalidOptionError } from '../protocol/errors';
import { singleValue } from '../protocol/handshake';
import { describe } from '../protocol/options';

/**
 * Origins that may connect besides the server's own, or a function that decides alone. In a string, `*.` before a host
 * stands for one or more labels, and `*` after the colon for any port.
 */
export type AllowedOrigins<Request = IncomingMessage> =
  | string
  | readonly (string | RegExp)[]
  | ((origin: string, request: Request) => boolean | Promise<boolean>);

/** How the client reached this server, as far as it is known behind a proxy. */
export interface Reached {
  /** Host and port as in the `Host` header. */
  host: string | undefined;
  /** The client's own hop was encrypted. False means "not, or not known". */
  secure: boolean;
}

/** Finds out how a client reached this server; asked only where there is an `Origin` to compare with. */
export type HowReached = (request: IncomingMessage) => Reached;

/**
 * Decides on the `Origin` of an opening handshake: true, false, or a promise of it. A WebSocket is not under the
 * same-origin policy of browsers, and is opened with the person's cookies: without this check every site could read
 * and speak in its visitor's name (RFC 6455, section 10.2).
 */
export type OriginPolicy = (origin: string, request: IncomingMessage, reached: Reached) => boolean | Promise<boolean>;

/** What `dangerouslyAllowAnyOrigin` means. */
export const anyOrigin: OriginPolicy = () => true;

/**
 * Turns the option into the check that is made at every handshake.
 *
 * @throws InvalidOptionError for an entry that could never match, as a host without a scheme
 */
export function compileOriginPolicy<Request extends IncomingMessage>(
  option: AllowedOrigins<Request> | undefined,
): OriginPolicy {
  if (option === undefined) return (origin, _request, reached) => isSameOrigin(origin, reached);
  if (typeof option === 'function') {
    const decide = option as (origin: string, request: IncomingMessage) => boolean | Promise<boolean>;
    return (origin, request) => decide(origin, request);
  }
  const list: unknown = typeof option === 'string' ? [option] : option;
  if (!Array.isArray(list)) {
    throw new InvalidOptionError(
      `Option 'allowedOrigins' must be an origin, a list of them, or a function, not ${describe(option)}`,
    );
  }
  const matchers = list.map(compileEntry);
  return (origin, _request, reached) => isSameOrigin(origin, reached) || matchers.some((matches) => matches(origin));
}

/**
 * Refuses an opening handshake whose `Origin` the policy does not let in.
 *
 * @throws HandshakeError 403, at once or as a rejection where the policy is asynchronous
 */
export function checkOrigin(
  policy: OriginPolicy,
  request: IncomingMessage,
  reached: HowReached = reachedDirectly,
): void | Promise<void> {
  const origin = singleValue(request.headers, 'origin');
  // Every browser sends Origin with a WebSocket handshake; a program that has none has no person's cookies either.
  if (origin === undefined) return;
  const allowed = policy(origin, request, reached(request));
  if (allowed === true) return;
  if (typeof allowed === 'object' && allowed !== null && typeof allowed.then === 'function') {
    return allowed.then((answer) => {
      if (answer !== true) throw foreign(origin);
    });
  }
  throw foreign(origin);
}

/** Without a proxy, the request itself tells how it came. */
export function reachedDirectly(request: IncomingMessage): Reached {
  return {
    host: singleValue(request.headers, 'host'),
    secure: (request.socket as { encrypted?: boolean } | null)?.encrypted === true,
  };
}

/**
 * True when a page of this origin was served from where its WebSocket goes: same host and same port. The scheme can
 * not be compared in full, since behind a proxy an encrypted connection looks like a plain one; but a plain page
 * reaching a server that is known to be encrypted is foreign, for whoever sits on the wire may have written it.
 */
export function isSameOrigin(origin: string, reached: Reached): boolean {
  if (reached.host === undefined) return false;
  // What nearly every browser sends, without parsing a URL.
  if (origin === `https://${reached.host}` || (!reached.secure && origin === `http://${reached.host}`)) return true;
  const page = parseOrigin(origin);
  if (page === undefined || !/^https?:$/.test(page.protocol)) return false;
  if (reached.secure && page.protocol !== 'https:') return false;
  // Parsed with the page's scheme, so that a default port is left out on both sides, or on neither.
  const own = parseOrigin(`${page.protocol}//${reached.host}`);
  return own !== undefined && own.host === page.host;
}

function foreign(origin: string): HandshakeError {
  return new HandshakeError(`Pages of the origin ${describe(origin)} may not open a WebSocket here (allowedOrigins)`, {
    status: 403,
    code: 'FOREIGN_ORIGIN',
  });
}

/** An origin is scheme, host and port, and nothing else (RFC 6454, section 7). */
function parseOrigin(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const bare = url.host !== '' && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return bare && (url.pathname === '/' || url.pathname === '') && !text.endsWith('/') ? url : undefined;
}

type Matcher = (origin: string) => boolean;

function compileEntry(entry: unknown): Matcher {
  if (entry instanceof RegExp) {
    // With these flags a RegExp remembers where it stopped, and refuses every other handshake.
    if (entry.global || entry.sticky) {
      throw new InvalidOptionError(`Option 'allowedOrigins' holds ${entry}: remove the flag g or y`);
    }
    return (origin) => entry.test(origin);
  }
  if (typeof entry !== 'string') throw malformed(entry);
  if (entry === '*') {
    throw new InvalidOptionError(
      "Option 'allowedOrigins' holds '*': to let pages of every site connect, set dangerouslyAllowAnyOrigin",
    );
  }
  // What pages without an origin send, as sandboxed frames: only where somebody asks for it by name.
  if (entry === 'null') return (origin) => origin === 'null';
  return entry.includes('*') ? compilePattern(entry) : compileExact(entry);
}

function compileExact(entry: string): Matcher {
  const { protocol, host } = parseOrigin(entry) ?? fail(entry);
  return (origin) => {
    const page = parseOrigin(origin);
    return page !== undefined && page.protocol === protocol && page.host === host;
  };
}

/** `scheme://*.host`, `scheme://host:*`, or both. */
function compilePattern(entry: string): Matcher {
  const anyPort = entry.endsWith(':*');
  const withPort = anyPort ? entry.slice(0, -2) : entry;
  const anyHost = withPort.includes('://*.');
  const plain = parseOrigin(withPort.replace('://*.', '://')) ?? fail(entry);
  if (withPort.replace('://*.', '').includes('*') || (anyPort && plain.port !== '')) throw malformed(entry);
  return (origin) => {
    const page = parseOrigin(origin);
    if (page === undefined || page.protocol !== plain.protocol) return false;
    if (!anyPort && page.port !== plain.port) return false;
    return anyHost ? page.hostname.endsWith(`.${plain.hostname}`) : page.hostname === plain.hostname;
  };
}

function fail(entry: unknown): never {
  throw malformed(entry);
}

function malformed(entry: unknown): InvalidOptionError {
  const slash = typeof entry === 'string' && /[^/]\/$/.test(entry) ? 'leave out the slash at the end; ' : '';
  return new InvalidOptionError(
    `Option 'allowedOrigins' holds ${describe(entry)}: ${slash}an origin is written 'https://app.example', ` +
      "'https://*.example', 'http://localhost:*', or as a RegExp",
  );
}
