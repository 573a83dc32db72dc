/** What the codes mean that are seen most, for who does not know them by heart. */
const meanings: Readonly<Record<string, string>> = {
  // Close codes
  1000: 'normal end',
  1001: 'going away: page left, or server shut down',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'closed without a code',
  1006: 'lost without a closing handshake',
  1007: 'invalid data',
  1008: 'against a policy',
  1009: 'message too big',
  1011: 'error in a handler',
  1012: 'server restarts',
  1013: 'try again later',
  4401: 'credentials expired',
  // Handshakes
  FOREIGN_ORIGIN: 'a page of another site (allowedOrigins)',
  HANDSHAKE_TIMEOUT: 'no answer in time (handshakeTimeout)',
  HTTP_401: 'not signed in, says middleware',
  HTTP_403: 'forbidden, says middleware',
  HTTP_404: 'no such path',
  HTTP_429: 'too many requests, says middleware',
  SERVER_CLOSING: 'the server shuts down',
  TOO_MANY_CONNECTIONS: 'maxConnections',
  TOO_MANY_CONNECTIONS_FROM_ADDRESS: 'maxConnectionsPerAddress',
  TOO_MANY_CONNECTIONS_OF_USER: 'maxConnectionsPerUser',
  TOO_MANY_HANDSHAKES: 'maxPendingHandshakes',
  TOO_MANY_HANDSHAKES_FROM_ADDRESS: 'maxPendingHandshakesPerAddress',
  UNSUPPORTED_VERSION: 'not version 13 of the protocol',
  DASHBOARD_NOT_LOCAL: 'somebody elsewhere asked for this dashboard',
  // Connections
  BYTE_RATE: 'maxBytesPerSecond',
  CLOSE_TIMEOUT: 'no close frame in time',
  CONTROL_RATE: 'too many pings',
  FIRST_MESSAGE_TIMEOUT: 'no first message in time (firstMessageTimeout)',
  FRAME_TOO_BIG: 'maxFrameSize',
  HANDLER_ERROR: 'a handler or listener threw',
  INCOMPLETE_BYTES: 'maxIncompleteBytes of the process',
  INVALID_UTF8: 'text that is no UTF-8',
  MESSAGE_RATE: 'maxMessagesPerSecond',
  MESSAGE_TOO_BIG: 'maxMessageSize',
  PONG_TIMEOUT: 'no pong in time (pongTimeout)',
  SLOW_CONSUMER: 'left too much unread (maxBufferedAmount)',
  UNENDED_MESSAGE: 'a message in fragments that does not end',
  RESERVED_BITS: 'no WebSocket frames, or an extension that was not agreed on',
  RESERVED_OPCODE: 'no WebSocket frames',
  UNMASKED_FRAME: 'a client that does not mask',
};

/** Empty for a code that is not known here: applications have their own. */
export function meaningOf(code: string): string {
  if (Object.hasOwn(meanings, code)) return meanings[code]!;
  return /^4\d{3}$/.test(code) ? "the application's own" : '';
}
