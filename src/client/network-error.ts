import { ConnectError, HandshakeError } from '../protocol/errors';

/** What a code of OpenSSL or node:tls means to whoever wrote the call. */
const hints: ReadonlyArray<readonly [codes: readonly string[], hint: string]> = [
  [
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
    'tls: { ca } makes its authority a trusted one',
  ],
  [
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
      'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    ],
    'it wants another certificate of the client than it got: tls: { cert, key }',
  ],
  [
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
    'does it speak TLS at all? If not, its URL begins with ws://',
  ],
  [['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'], 'does it speak HTTP/2 only? Then option http2: true reaches it'],
];

/**
 * An error of node:net, node:tls or node:http as an error of ours: with the same code, and with words where Node has none.
 *
 * @param where what we could not connect to
 */
export function networkError(error: unknown, where: string): ConnectError {
  const { code = 'CONNECT_FAILED', message } = error as NodeJS.ErrnoException;
  // Several addresses were tried: Node's error for all of them says nothing itself.
  const reason =
    error instanceof AggregateError ? error.errors.map((each) => String(each?.message)).join('; ') : message;
  const hint = hints.find(([codes]) => codes.includes(code))?.[1];
  const words = `Could not connect to ${where}: ${reason.trim()}${hint === undefined ? '' : ` (${hint})`}`;
  return new ConnectError(words, { code, cause: error });
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
    return new HandshakeError(`The answer of ${where} is not HTTP (${message}); does it want wss:// or https://?`, {
      status: 502,
      code: 'INVALID_RESPONSE',
      cause: error,
    });
  }
  if (message === 'socket hang up') {
    return new ConnectError(
      `Could not connect to ${where}: it closed the connection without an answer${where.startsWith('ws:') ? '; does it want wss://?' : ''}`,
      {
        code: 'ECONNRESET',
        cause: error,
      },
    );
  }
  return networkError(error, where);
}
