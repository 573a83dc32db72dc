import { randomBytes } from 'node:crypto';
import { HandshakeError, InvalidOptionError } from './errors';
import { protocolVersion, type ReceivedHeaders, singleValue, WebSocketHandshake } from './handshake';
import {
  type ExtensionOffer,
  isToken,
  listIncludes,
  parseExtensions,
  serializeExtensions,
  trimBlanks,
} from './headers';
import { describe } from './options';

/** What a client's opening handshake asks for, over whatever HTTP. */
export interface HandshakeOffer {
  /** Subprotocols, the favourite first. */
  protocols?: readonly string[];
  /** Extensions, the favourite first. */
  extensions?: readonly ExtensionOffer[];
}

/** The same over HTTP/1.1. */
export interface UpgradeOffer extends HandshakeOffer {
  /** See `createKey`. */
  key: string;
}

/** What the server agreed to. */
export interface AgreedHandshake {
  /** The chosen subprotocol, or an empty string. */
  protocol: string;
  extensions: ExtensionOffer[];
}

/** The answer to an opening handshake, as node:http has it. */
export interface UpgradeResponse {
  status: number;
  /** @default '1.1' */
  httpVersion?: string;
  headers: ReceivedHeaders;
}

/** A fresh `Sec-WebSocket-Key`: 16 random bytes in base64 (RFC 6455, section 4.1, 7). */
export function createKey(): string {
  return randomBytes(16).toString('base64');
}

/** The headers that make a GET request an opening handshake (RFC 6455, section 4.1); `Host` is not among them. */
export function offerHeaders(offer: UpgradeOffer): Record<string, string> {
  const headers: Record<string, string> = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': offer.key,
    'Sec-WebSocket-Version': String(protocolVersion),
  };
  if (offer.protocols?.length) headers['Sec-WebSocket-Protocol'] = offer.protocols.join(', ');
  if (offer.extensions?.length) headers['Sec-WebSocket-Extensions'] = serializeExtensions(offer.extensions);
  return headers;
}

/**
 * The headers that an extended CONNECT of HTTP/2 has for a WebSocket (RFC 8441, section 5): `:protocol` stands for Upgrade
 * and Connection, and there is no key. Names are in lower case there.
 */
export function connectHeaders(offer: HandshakeOffer): Record<string, string> {
  const headers: Record<string, string> = { 'sec-websocket-version': String(protocolVersion) };
  if (offer.protocols?.length) headers['sec-websocket-protocol'] = offer.protocols.join(', ');
  if (offer.extensions?.length) headers['sec-websocket-extensions'] = serializeExtensions(offer.extensions);
  return headers;
}

/**
 * RFC 6455, section 4.1, 10: non-empty tokens, all unique.
 *
 * @throws InvalidOptionError
 */
export function checkSubprotocols(protocols: readonly unknown[]): asserts protocols is readonly string[] {
  for (const [index, protocol] of protocols.entries()) {
    if (typeof protocol !== 'string' || !isToken(protocol)) {
      throw new InvalidOptionError(
        `A subprotocol must be a token of HTTP (letters, digits and !#$%&'*+-.^_\`|~), which ${describe(protocol)} is not`,
      );
    }
    if (protocols.indexOf(protocol) !== index) {
      throw new InvalidOptionError(`The subprotocol ${describe(protocol)} is offered twice`);
    }
  }
}

/**
 * Checks the server's answer to a handshake of ours (RFC 6455, section 4.1, second half).
 *
 * @throws HandshakeError that says which of its headers is wrong, with the answer as its `response`
 */
export function verifyUpgradeResponse(response: UpgradeResponse, asked: UpgradeOffer): AgreedHandshake {
  const { status, httpVersion = '1.1', headers } = response;
  const header = (name: string) => singleValue(headers, name);
  const refuse = refusing(response);
  // 1: everything but a 101 goes by the rules of HTTP.
  if (status !== 101) refuse(`The server answered ${status} instead of 101`, 'HANDSHAKE_REFUSED');
  // RFC 9110, 7.8: HTTP/1.0 has no Upgrade.
  if (httpVersion === '1.0') refuse('The server answered with HTTP/1.0, which has no WebSockets');
  // 2
  if (header('upgrade')?.toLowerCase() !== 'websocket') {
    refuse(`The header Upgrade of the response must be 'websocket', not ${describe(header('upgrade'))}`);
  }
  // 3
  if (!listIncludes(header('connection'), 'upgrade')) {
    refuse(`The header Connection of the response must hold 'Upgrade', not ${describe(header('connection'))}`);
  }
  // 4: blanks around it do not count. Two of them were joined, and match nothing.
  const accept = header('sec-websocket-accept');
  if (accept === undefined || trimBlanks(accept) !== WebSocketHandshake.computeAcceptKey(asked.key)) {
    refuse(`The header Sec-WebSocket-Accept does not answer our key: ${describe(accept)}`, 'INVALID_ACCEPT');
  }
  return agreement(response, asked);
}

/**
 * Checks the server's answer to an extended CONNECT of ours (RFC 8441, section 5): what is said there of a 101, its headers
 * Upgrade and Connection, and the key's answer, any 2xx says (RFC 9110, section 9.3.6).
 *
 * @throws HandshakeError that says which of its headers is wrong, with the answer as its `response`
 */
export function verifyConnectResponse(response: UpgradeResponse, asked: HandshakeOffer): AgreedHandshake {
  const { status } = response;
  if (status < 200 || status > 299) {
    refusing(response)(`The server answered ${status} instead of 200`, 'HANDSHAKE_REFUSED');
  }
  return agreement(response, asked);
}

/** What is left to be checked of an answer that opens the connection. */
function agreement(response: UpgradeResponse, asked: HandshakeOffer): AgreedHandshake {
  const header = (name: string) => singleValue(response.headers, name);
  const refuse = refusing(response);
  // 6: the value is compared as a whole, so that two chosen ones are none that we offered.
  const protocol = header('sec-websocket-protocol') ?? '';
  if (protocol !== '' && !asked.protocols?.includes(protocol)) {
    refuse(`The server chose the subprotocol ${describe(protocol)}, which we did not offer`, 'UNEXPECTED_SUBPROTOCOL');
  }
  // 5
  let extensions: ExtensionOffer[] = [];
  try {
    // An empty header chooses nothing.
    extensions = parseExtensions(header('sec-websocket-extensions') || undefined);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    refuse(error.message, error.code, error);
  }
  for (const { name } of extensions) {
    if (!asked.extensions?.some((offer) => offer.name === name)) {
      refuse(`The server chose the extension '${name}', which we did not offer`, 'UNEXPECTED_EXTENSION');
    }
  }
  return { protocol, extensions };
}

function refusing({ status, headers }: UpgradeResponse) {
  return (message: string, code = 'INVALID_RESPONSE', cause?: unknown): never => {
    const response = { status, headers, body: '' };
    throw new HandshakeError(message, { code, response, ...(cause ? { cause } : {}) });
  };
}
