import { hash } from 'node:crypto';
import { HandshakeError, InvalidOptionError } from './errors';
import { type ExtensionOffer, listIncludes, parseExtensions, parseTokenList } from './headers';
import { type HeaderValues, isRequestTarget, parseHead, serializeHead } from './http-head';
import { describe, refuseUnknownOptions } from './options';

/** RFC 6455, section 1.3. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The version of the protocol that RFC 6455 defines, and the only one we speak (section 4.1). */
export const protocolVersion = 13;

/** What an opening handshake asks for, once its headers have been checked. */
export interface UpgradeRequestFields {
  /** `Sec-WebSocket-Key`: the base64 form of 16 bytes. */
  key: string;
  version: typeof protocolVersion;
  /** The offered subprotocols, the client's favourite first. */
  protocols: string[];
  /** The offered extensions, in order. */
  extensions: ExtensionOffer[];
}

/** An opening handshake as the client sent it. */
export interface UpgradeRequest extends UpgradeRequestFields {
  method: 'GET';
  /** The request target: path and query. */
  path: string;
  /** By lower-case name, without a prototype. */
  headers: HeaderValues;
}

/** Headers as `node:http` has them, too. */
export type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface AcceptOptions {
  /** The chosen subprotocol. */
  protocol?: string;
  /** The chosen extensions, as they stand in the header. */
  extensions?: string;
  /** More headers for the response. */
  headers?: Readonly<Record<string, string>>;
}

/** The opening handshake as pure functions (RFC 6455, section 4.2): the server's side. */
export const WebSocketHandshake = {
  /**
   * Reads a whole request head and checks everything that section 4.2.1 demands.
   *
   * @throws HandshakeError with status 400 (405 for a method, 426 for another version)
   */
  parseUpgradeRequest(raw: Uint8Array | string): UpgradeRequest {
    const { startLine, headers } = parseHead(raw);
    const parts = startLine.split(' ');
    const [method = '', path = '', version = ''] = parts;
    if (parts.length !== 3 || !isRequestTarget(path) || !version.startsWith('HTTP/')) {
      throw refused(`The request line must be 'GET path HTTP/1.1', not ${describe(startLine)}`);
    }
    const httpVersion = version.slice('HTTP/'.length);
    // 4.2.1, 2: a Host header is part of every opening handshake.
    if (headers.host === undefined) throw refused('The request has no Host header');
    const fields = validateUpgradeRequest({ method, httpVersion, headers });
    return { method: 'GET', path, headers, ...fields };
  },

  /**
   * The 101 response for a client's key.
   *
   * @throws InvalidOptionError for a header that cannot be sent, as one with a line break
   */
  buildAcceptResponse(key: string, options: AcceptOptions = {}): Buffer {
    refuseUnknownOptions('buildAcceptResponse()', options, ['protocol', 'extensions', 'headers']);
    const headers = acceptHeaders(key, options);
    return serializeHead('HTTP/1.1 101 Switching Protocols', { ...headers, ...options.headers });
  },

  /** `Sec-WebSocket-Accept` for a key: base64 of the SHA-1 of key and GUID (section 4.2.2, 5.4). */
  computeAcceptKey(key: string): string {
    if (typeof key !== 'string') throw new InvalidOptionError(`The key must be a string, not ${describe(key)}`);
    return hash('sha1', key + guid, 'base64');
  },
} as const;

/** The headers that make a 101 the answer to this key. */
export function acceptHeaders(
  key: string,
  options: Pick<AcceptOptions, 'protocol' | 'extensions'>,
): Record<string, string> {
  const headers: Record<string, string> = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': WebSocketHandshake.computeAcceptKey(key),
  };
  if (options.protocol) headers['Sec-WebSocket-Protocol'] = options.protocol;
  if (options.extensions) headers['Sec-WebSocket-Extensions'] = options.extensions;
  return headers;
}

/**
 * Checks an opening handshake whose head somebody else has parsed, as node:http does.
 *
 * @throws HandshakeError with status 400 (405 for a method, 426 for another version)
 */
export function validateUpgradeRequest(request: {
  method: string | undefined;
  httpVersion: string;
  headers: ReceivedHeaders;
}): UpgradeRequestFields {
  const { method, httpVersion, headers } = request;
  const header = (name: string) => singleValue(headers, name);
  // 4.2.1, 1: an HTTP/1.1 or higher GET request.
  if (method !== 'GET') {
    throw new HandshakeError(`A WebSocket is opened by a GET request, not by ${describe(method)}`, {
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      headers: { Allow: 'GET' },
    });
  }
  if (!/^(1\.[1-9]|[2-9]\.\d)$/.test(httpVersion)) {
    throw refused(`A WebSocket needs HTTP/1.1 or higher, not ${describe(`HTTP/${httpVersion}`)}`);
  }
  // 4.2.1, 3 and 4.
  if (!listIncludes(header('upgrade'), 'websocket')) {
    throw refused(`The header Upgrade must hold 'websocket', not ${describe(header('upgrade'))}`);
  }
  if (!listIncludes(header('connection'), 'upgrade')) {
    throw refused(`The header Connection must hold 'Upgrade', not ${describe(header('connection'))}`);
  }
  // 4.2.1, 6, and 4.4: another version is answered with the versions that we speak.
  const version = header('sec-websocket-version');
  if (version !== String(protocolVersion)) {
    const message = `The header Sec-WebSocket-Version must be ${protocolVersion}, not ${describe(version)}`;
    if (version === undefined) throw refused(message);
    throw new HandshakeError(message, {
      status: 426,
      code: 'UNSUPPORTED_VERSION',
      headers: { 'Sec-WebSocket-Version': String(protocolVersion), Upgrade: 'websocket' },
    });
  }
  // 4.2.1, 5: base64 of a value that is 16 bytes in length.
  const key = header('sec-websocket-key');
  if (key === undefined || !isKey(key)) {
    throw new HandshakeError(`The header Sec-WebSocket-Key must be the base64 of 16 bytes, not ${describe(key)}`, {
      status: 400,
      code: 'INVALID_KEY',
    });
  }
  return {
    key,
    version: protocolVersion,
    protocols: parseTokenList('Sec-WebSocket-Protocol', header('sec-websocket-protocol')),
    extensions: parseExtensions(header('sec-websocket-extensions')),
  };
}

/** A header's value where it is the object's own; Node joins repeated headers, but for a few it makes lists of. */
export function singleValue(headers: ReceivedHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}

/** True for the base64 form of exactly 16 bytes: 22 digits and the padding. */
export function isKey(text: string): boolean {
  return text.length === 24 && /^[0-9A-Za-z+/]{22}==$/.test(text);
}

function refused(message: string): HandshakeError {
  return new HandshakeError(message, { status: 400, code: 'MALFORMED_HANDSHAKE' });
}
