import type { ClientHttp2Session } from 'node:http2';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import {
  type ConnectionOptions,
  connectionOptionNames,
  pickConnectionOptions,
  type ResolvedConnectionOptions,
  resolveConnectionOptions,
} from '../connection/options';
import { checkSubprotocols } from '../protocol/client-handshake';
import { type DeflateSettings, type PerMessageDeflateOptions, resolveDeflate } from '../protocol/deflate-options';
import { InvalidOptionError } from '../protocol/errors';
import { checkHeader } from '../protocol/http-head';
import { checkFunction, checkInteger, checkMilliseconds, describe, refuseUnknownOptions } from '../protocol/options';
import { resolveHttp2 } from './http2-option';
import { parseProxy } from './proxy';
import { type HeaderList, parseRequestHeaders, type RequestHeaders } from './request-headers';

/** What `connect()` takes beside the URL. */
export interface ConnectOptions extends Partial<ConnectionOptions> {
  /**
   * More headers for the opening handshake, as `Authorization` or `Cookie`: an object, a `Headers`, or pairs. `Host` may
   * be set; what the handshake itself sets may not. @default none
   */
  headers?: RequestHeaders;
  /** Subprotocols to offer, the favourite first; the chosen one is the connection's `protocol`. @default none */
  subprotocols?: string | readonly string[];
  /**
   * Offers to compress messages (RFC 7692), in both directions: `true`, or an object of options. Whether the server agreed
   * is in the connection's `extensions`. @default false
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** The header `Origin`, as `https://app.example`: what a browser would say. @default none */
  origin?: string;
  /** Milliseconds for everything until the connection is open: name, TCP, TLS, proxy, redirects. @default 10,000 */
  handshakeTimeout?: number;
  /**
   * Opens the connection over HTTP/2 (RFC 8441).
   *
   * - `true`: over HTTP/2 or not at all, on a connection of its own; for `ws:` without asking (prior knowledge)
   * - `'auto'`: over HTTP/2 where a `wss:` server has it and takes WebSockets over it, otherwise over HTTP/1.1. For `ws:`
   *   there is nothing to decide by: it is HTTP/1.1
   * - a session that `http2.connect()` of node:http2 made: many connections share it, and it stays open when they close. It
   *   must be for the origin of the URL, and excludes the options that say how to connect (`proxy`, `tls`, …). What it says by
   *   `'error'` ends no process from then on
   *
   * The connection's `response.httpVersion` says what it became.
   * @default false
   */
  http2?: boolean | 'auto' | ClientHttp2Session;
  /** Gives up when it is aborted before the connection is open: `connect()` rejects with its reason. Later it has no effect. */
  signal?: AbortSignal;
  /**
   * Follows redirects (301, 302, 303, 307, 308): how many at most, or true for 5. Never from `wss:` to `ws:`. To another
   * origin go neither `Authorization`, `Cookie`, `Proxy-Authorization` and `Host` nor the certificate and key of
   * `tls`; headers of your own naming do.
   * @default false
   */
  followRedirects?: boolean | number;
  /**
   * The HTTP proxy to go through, by CONNECT, for `ws:` as for `wss:`: `http://user:password@proxy:3128`, or `https://…`
   * for TLS to the proxy as well. False for none.
   * @default what `HTTPS_PROXY` (for `wss:`), `HTTP_PROXY` (for `ws:`), `ALL_PROXY` and `NO_PROXY` say; none for loopback addresses
   */
  proxy?: string | URL | false;
  /**
   * Options for node:tls: `ca`, `cert`, `key`, `servername`, `rejectUnauthorized`, … A proxy with TLS gets those that say
   * whom to trust. `ALPNProtocols` is refused beside option `http2`, which sets it. @default Node's own
   */
  tls?: TlsOptions;
  /** Path of a Unix socket, or name of a Windows pipe, to connect to instead of the URL's host. @default none */
  socketPath?: string;
  /** Finds the addresses of a host name, as `dns.lookup` does. @default `dns.lookup` */
  lookup?: LookupFunction;
  /** The address of this machine to connect from. @default the system chooses */
  localAddress?: string;
  /** 4 or 6: addresses of this version only; 0 for both. @default 0 */
  family?: 0 | 4 | 6;
}

/** Options that have been checked. */
export interface ResolvedConnectOptions {
  readonly connection: ResolvedConnectionOptions;
  readonly headers: HeaderList;
  readonly subprotocols: readonly string[];
  /** Null where nothing is offered. */
  readonly perMessageDeflate: DeflateSettings | null;
  readonly handshakeTimeout: number;
  readonly signal: AbortSignal | undefined;
  readonly maxRedirects: number;
  readonly http2: boolean | 'auto' | ClientHttp2Session;
  /** Undefined: the environment says. */
  readonly proxy: URL | false | undefined;
  readonly tls: TlsOptions;
  readonly socketPath: string | undefined;
  /** What node:net gets as it is. */
  readonly network: { lookup?: LookupFunction; localAddress?: string; family?: number };
  /** Opens a transport that is no socket of the system, in place of dialling: for `switchboard/testing`. */
  readonly dial?: () => Duplex;
}

const ownNames = [
  'headers',
  'subprotocols',
  'perMessageDeflate',
  'origin',
  'handshakeTimeout',
  'signal',
  'followRedirects',
  'http2',
  'proxy',
  'tls',
  'socketPath',
  'lookup',
  'localAddress',
  'family',
] as const;

/** The names of all that `connect()` takes. */
export const connectOptionNames: readonly string[] = [...connectionOptionNames, ...ownNames];

/** How many redirects `true` stands for. */
const usualRedirects = 5;

/**
 * Checks the options of `connect()`.
 *
 * @throws InvalidOptionError
 */
export function resolveConnectOptions(given: ConnectOptions): ResolvedConnectOptions {
  refuseUnknownOptions('connect()', given, connectOptionNames);
  const { handshakeTimeout = 10_000, followRedirects = false, proxy, tls = {}, socketPath, signal } = given;
  checkMilliseconds('handshakeTimeout', handshakeTimeout);
  if (typeof followRedirects !== 'boolean') {
    if (typeof followRedirects !== 'number') {
      throw new InvalidOptionError(
        `Option 'followRedirects' must be true, false, or how many at most, not ${describe(followRedirects)}`,
      );
    }
    checkInteger('followRedirects', followRedirects, { min: 0 });
  }
  if (tls === null || typeof tls !== 'object') {
    throw new InvalidOptionError(`Option 'tls' must be an object of options for node:tls, not ${describe(tls)}`);
  }
  if (socketPath !== undefined && (typeof socketPath !== 'string' || socketPath === '')) {
    throw new InvalidOptionError(`Option 'socketPath' must be a path, not ${describe(socketPath)}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new InvalidOptionError(`Option 'signal' must be an AbortSignal, not ${describe(signal)}`);
  }
  return {
    connection: resolveConnectionOptions('connect()', pickConnectionOptions(given)),
    headers: withOrigin(parseRequestHeaders(given.headers ?? {}), given.origin),
    subprotocols: resolveSubprotocols(given.subprotocols),
    perMessageDeflate: resolveDeflate('connect()', 'client', given.perMessageDeflate),
    handshakeTimeout,
    signal,
    maxRedirects: followRedirects === true ? usualRedirects : Number(followRedirects),
    http2: resolveHttp2(given),
    proxy: resolveProxy(proxy),
    tls,
    socketPath,
    network: resolveNetwork(given),
  };
}

function withOrigin(headers: HeaderList, origin: string | undefined): HeaderList {
  if (origin === undefined) return headers;
  if (headers.has('origin')) throw new InvalidOptionError("The header Origin is given twice: also as option 'origin'");
  checkHeader('Origin', origin);
  return new Map([...headers, ['origin', ['Origin', origin]]]);
}

function resolveSubprotocols(given: ConnectOptions['subprotocols'] = []): readonly string[] {
  const list: unknown = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(list)) {
    throw new InvalidOptionError(`Option 'subprotocols' must be a name or a list of names, not ${describe(given)}`);
  }
  checkSubprotocols(list);
  return [...list];
}

function resolveProxy(given: ConnectOptions['proxy']): URL | false | undefined {
  if (given === undefined || given === false) return given;
  if (typeof given !== 'string' && !(given instanceof URL)) {
    throw new InvalidOptionError(`Option 'proxy' must be a URL, or false for none, not ${describe(given)}`);
  }
  return parseProxy(given, "Option 'proxy'");
}

function resolveNetwork({ lookup, localAddress, family }: ConnectOptions): ResolvedConnectOptions['network'] {
  if (lookup !== undefined) checkFunction('lookup', lookup);
  if (localAddress !== undefined && isIP(localAddress) === 0) {
    throw new InvalidOptionError(`Option 'localAddress' must be an IP address, not ${describe(localAddress)}`);
  }
  if (family !== undefined && ![0, 4, 6].includes(family)) {
    throw new InvalidOptionError(`Option 'family' must be 4, 6, or 0 for both, not ${describe(family)}`);
  }
  return {
    ...(lookup && { lookup }),
    ...(localAddress !== undefined && { localAddress }),
    ...(family !== undefined && { family }),
  };
}
