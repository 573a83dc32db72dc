import { ConnectError, HandshakeError } from '../protocol/errors';

/** How a hint says where options for node:tls are given. */
export type TlsWords = (names: string) => string;

const ownTls: TlsWords = (names) => `tls: { ${names} }`;

/** For the session of option `http2`: it is connected by whoever made it. */
export const sessionTls: TlsWords = (names) => `http2.connect(url, { ${names} }) of node:http2`;

/** What a code of OpenSSL or node:tls means to whoever wrote the call. */
const hints: ReadonlyArray<readonly [codes: readonly string[], hint: (tls: TlsWords) => string]> = [
  [
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
    (tls) => `${tls('ca')} makes its authority a trusted one`,
  ],
  [
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
      'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    ],
    (tls) => `it wants another certificate of the client than it got: ${tls('cert, key')}`,
  ],
  [
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
    () => 'does it speak TLS at all? If not, its URL begins with ws://',
  ],
  [
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'],
    () => 'does it speak HTTP/2 only? Then option http2: true reaches it',
  ],
];

/**
 * An error of node:net, node:tls or node:http as an error of ours: with the same code, and with words where Node has none.
 *
 * @param where what we could not connect to
 * @param tls how hints say where options for node:tls are given
 */
export function networkError(error: unknown, where: string, tls: TlsWords = ownTls): ConnectError {
  const { code = 'CONNECT_FAILED', message } = error as NodeJS.ErrnoException;
  // Several addresses were tried: Node's error for all of them says nothing itself.
  const reason =
    error instanceof AggregateError
      ? error.errors.map((each) => String(each?.message)).join('; ')
      : withoutLocation(message);
  const hint = hints.find(([codes]) => codes.includes(code))?.[1](tls);
  const words = `Could not connect to ${where}: ${reason.trim()}${hint === undefined ? '' : ` (${hint})`}`;
  return new ConnectError(words, { code, cause: error });
}

/** What OpenSSL says, without where in its sources it says so; that stays in `cause`. */
function withoutLocation(message: string): string {
  const [, words] = /[\dA-F]+:error:[\dA-F]+:[^:]*:[^:]*:([^:\n]+)/i.exec(message) ?? [];
  return words === undefined ? message : `TLS failed: ${words}`;
}

/** The same for what happens while the answer is awaited: it may also be none of HTTP. */
export function answerError(error: unknown, where: string): ConnectError | HandshakeError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new HandshakeError(`The head of the answer of ${where} is larger than 16 KiB`, {
      status: 502,
      code: 'HEAD_TOO_LARGE',
      cause: error,
    });
  }
  if (code.startsWith('HPE_')) {
    // The option helps against no proxy, and against no server with TLS that did not choose HTTP/2 there.
    const isHttp2 = /^(ws:|the socket )/.test(where) && beginsWithSettings(error);
    const words = isHttp2
      ? 'is not HTTP/1.1: it speaks HTTP/2 without TLS; option http2: true reaches it'
      : `is not HTTP (${message}); does it want wss:// or https://?`;
    return new HandshakeError(`The answer of ${where} ${words}`, {
      status: 502,
      code: 'INVALID_RESPONSE',
      cause: error,
    });
  }
  return message === 'socket hang up' ? unanswered(where, { cause: error }) : networkError(error, where);
}

/** The error for a server that closed the connection, and has said nothing on it. */
export function unanswered(where: string, details: { cause?: unknown } = {}): ConnectError {
  const hint = where.startsWith('ws:') ? '; does it want wss://?' : '';
  const words = `Could not connect to ${where}: it closed the connection without an answer${hint}`;
  return new ConnectError(words, { code: 'ECONNRESET', ...details });
}

/** RFC 9113, section 3.4: a server of HTTP/2 begins with SETTINGS, a frame of type 4 on stream 0 of six bytes for each. */
function beginsWithSettings(error: unknown): boolean {
  const { rawPacket: bytes } = error as { rawPacket?: Buffer };
  if (bytes === undefined || bytes.length < 9) return false;
  return bytes.readUIntBE(0, 3) % 6 === 0 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0;
}
