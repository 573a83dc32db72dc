import { randomBytes } from 'node:crypto';
import { HandshakeError, InvalidOptionError } from './errors';
import { protocolVersion, type ReceivedHeaders, singleValue, WebSocketHandshake } from './handshake';
import { type ExtensionOffer, isToken, listIncludes, parseExtensions, serializeExtensions } from './headers';
import { isRequestTarget, serializeHead } from './http-head';
import { describe } from './options';

/** What a client's opening handshake says. */
export interface UpgradeRequestInit {
  /** Host, with the port where it is not the scheme's own. */
  host: string;
  /** Path and query. Default `/`. */
  path?: string;
  /** See `createKey`. */
  key: string;
  origin?: string;
  /** Subprotocols, the favourite first. */
  protocols?: readonly string[];
  extensions?: readonly ExtensionOffer[];
  /** More headers, as `Authorization` or `Cookie`. */
  headers?: Readonly<Record<string, string>>;
}

/** What the server agreed to. */
export interface AgreedHandshake {
  /** The chosen subprotocol, or an empty string. */
  protocol: string;
  extensions: ExtensionOffer[];
}

/** A fresh `Sec-WebSocket-Key`: 16 random bytes in base64 (RFC 6455, section 4.1, 7). */
export function createKey(): string {
  return randomBytes(16).toString('base64');
}

/**
 * The client's half of the opening handshake (RFC 6455, section 4.1).
 *
 * @throws InvalidOptionError for a header that cannot be sent, or a subprotocol that is no token or named twice
 */
export function buildUpgradeRequest(init: UpgradeRequestInit): Buffer {
  const headers: Record<string, string> = {
    Host: init.host,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': init.key,
    'Sec-WebSocket-Version': String(protocolVersion),
  };
  if (init.origin !== undefined) headers.Origin = init.origin;
  checkSubprotocols(init.protocols ?? []);
  if (init.protocols?.length) headers['Sec-WebSocket-Protocol'] = init.protocols.join(', ');
  if (init.extensions?.length) headers['Sec-WebSocket-Extensions'] = serializeExtensions(init.extensions);
  const path = init.path ?? '/';
  if (!path.startsWith('/') || !isRequestTarget(path)) {
    throw new InvalidOptionError(`The path must begin with '/' and be percent-encoded, not ${describe(path)}`);
  }
  return serializeHead(`GET ${path} HTTP/1.1`, { ...headers, ...init.headers });
}

/** RFC 6455, section 4.1, 10: non-empty tokens, all unique. */
function checkSubprotocols(protocols: readonly string[]): void {
  for (const [index, protocol] of protocols.entries()) {
    if (typeof protocol !== 'string' || !isToken(protocol) || protocols.indexOf(protocol) !== index) {
      throw new InvalidOptionError(
        `A subprotocol must be a token of HTTP, and offered once, which ${describe(protocol)} is not`,
      );
    }
  }
}

/**
 * Checks the server's answer to a handshake of ours (RFC 6455, section 4.1, second half).
 *
 * @throws HandshakeError that says which of its headers is wrong; its `status` is the one received
 */
export function verifyUpgradeResponse(
  response: { status: number; headers: ReceivedHeaders },
  asked: Pick<UpgradeRequestInit, 'key' | 'protocols' | 'extensions'>,
): AgreedHandshake {
  const { status } = response;
  const header = (name: string) => singleValue(response.headers, name);
  const refuse = (message: string, code = 'INVALID_RESPONSE'): never => {
    throw new HandshakeError(message, { status, code });
  };
  if (status !== 101) refuse(`The server answered ${status} instead of 101`, 'HANDSHAKE_REFUSED');
  if (header('upgrade')?.toLowerCase() !== 'websocket') {
    refuse(`The header Upgrade of the response must be 'websocket', not ${describe(header('upgrade'))}`);
  }
  if (!listIncludes(header('connection'), 'upgrade')) {
    refuse(`The header Connection of the response must hold 'Upgrade', not ${describe(header('connection'))}`);
  }
  const accept = header('sec-websocket-accept');
  if (accept !== WebSocketHandshake.computeAcceptKey(asked.key)) {
    refuse(`The header Sec-WebSocket-Accept does not answer our key: ${describe(accept)}`, 'INVALID_ACCEPT');
  }
  const protocol = header('sec-websocket-protocol') ?? '';
  if (protocol !== '' && !asked.protocols?.includes(protocol)) {
    refuse(`The server chose the subprotocol ${describe(protocol)}, which we did not offer`, 'UNEXPECTED_SUBPROTOCOL');
  }
  const extensions = agreedExtensions(header('sec-websocket-extensions'), status);
  for (const { name } of extensions) {
    if (!asked.extensions?.some((offer) => offer.name === name)) {
      refuse(`The server chose the extension '${name}', which we did not offer`, 'UNEXPECTED_EXTENSION');
    }
  }
  return { protocol, extensions };
}

/** What the header says, with our status rather than the one that a server would answer a malformed header with. */
function agreedExtensions(header: string | undefined, status: number): ExtensionOffer[] {
  try {
    return parseExtensions(header);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    throw new HandshakeError(error.message, { status, code: error.code, cause: error });
  }
}
