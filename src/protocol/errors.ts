import { CloseCode } from './close-code';

/** Who broke the rule: the other end, the code that called us, a server behind us, or nobody. */
export type Fault = 'peer' | 'caller' | 'backend' | 'none';

/** What every error of this package has: a stable `code` to branch on, and who is at fault. */
export class WebSocketError extends Error {
  /** Stable, in capitals: safe to compare with, unlike the message. */
  readonly code: string;
  readonly fault: Fault;
  /** The close code that this error becomes when it fails an open connection. */
  readonly closeCode: number;

  constructor(message: string, details: { code: string; cause?: unknown }) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
    this.code = details.code;
    const row = rowOf(new.target);
    this.fault = row.fault;
    this.closeCode = row.closeCode;
  }
}

/** What a server answered instead of a 101 that counts. */
export interface RefusedResponse {
  /** HTTP status; 101 where the answer was one, and wrong. */
  readonly status: number;
  /** By lower-case name, as node:http has them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The first 64 KiB, read as UTF-8; of a proxy's answer nothing. */
  readonly body: string;
}

/**
 * An opening handshake that is refused: carries the HTTP answer, in the form that Express's error handling knows.
 *
 * A server throws it to refuse a client. `connect()` rejects with it when the server refused us: then `status`, `headers`
 * and `body` are what that one answered.
 */
export class HandshakeError extends WebSocketError {
  /**
   * The HTTP status that this error becomes: 400, 401, 403, 404, 405, 408, 413, 426, 429, 431 or 503. From `connect()` the one that
   * was answered, also a 101 that was wrong; 502 for what was not HTTP.
   */
  readonly status: number;
  /**
   * Headers that belong to the answer, as `Sec-WebSocket-Version` to a 426. From `connect()` those that were answered, to be
   * looked up by lower-case name; all of them are in `response`.
   */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The message may be shown to the client (the convention of `http-errors`): not what another server told us. */
  readonly expose: boolean;
  /** What the server answered to `connect()`; undefined on a server, and where the answer was not HTTP. */
  readonly response: RefusedResponse | undefined;

  constructor(
    message: string,
    details: { code?: string; cause?: unknown } & (
      | { status: number; headers?: Record<string, string> }
      | { response: RefusedResponse }
    ),
  ) {
    super(message, { ...details, code: details.code ?? 'HANDSHAKE_REFUSED' });
    this.response = 'response' in details ? details.response : undefined;
    if ('response' in details) {
      this.status = details.response.status;
      // Error handlers of Express send an error's own headers: what another server told us must not be among them.
      this.headers = Object.create(details.response.headers);
      this.expose = false;
    } else {
      this.status = details.status;
      this.headers = details.headers ?? {};
      this.expose = details.status !== 502;
    }
  }

  /** From `connect()`: the first 64 KiB of the answer's body, read as UTF-8. */
  get body(): string | undefined {
    return this.response?.body;
  }

  /** The same number as `status`, under the other name in use. */
  get statusCode(): number {
    return this.status;
  }
}

/** The peer broke RFC 6455: the connection is failed with 1002. */
export class ProtocolError extends WebSocketError {}

/** Text or a close reason that is not UTF-8, or a payload that cannot be inflated: the connection is failed with 1007. */
export class InvalidPayloadError extends WebSocketError {
  constructor(message: string, details: { code?: string; cause?: unknown } = {}) {
    super(message, { ...details, code: details.code ?? 'INVALID_UTF8' });
  }
}

/** A message or frame above a limit, known from its header: the connection is failed with 1009. */
export class MessageTooBigError extends WebSocketError {}

/** The peer broke a limit or a rule of the application: the connection is failed with 1008. */
export class PolicyError extends WebSocketError {}

/** This side has no room for what the peer sends, though the peer did nothing wrong: the connection is failed with 1013. */
export class OverloadError extends WebSocketError {}

/** The call is not possible in this state; thrown at the call. */
export class InvalidStateError extends WebSocketError {
  constructor(message: string, details: { code?: string } = {}) {
    super(message, { code: details.code ?? 'INVALID_STATE' });
  }
}

/** An option or argument that cannot be; thrown at the call, or at construction. */
export class InvalidOptionError extends WebSocketError {
  constructor(message: string, details: { code?: string } = {}) {
    super(message, { code: details.code ?? 'INVALID_OPTION' });
  }
}

/**
 * The connection ended before what was asked for could happen. Not a mistake of anybody.
 *
 * As the `cause` of the end of a connection over HTTP/2, `code` says what happened to it: `'STREAM_RESET'`, `'STREAM_ENDED'`,
 * `'SESSION_CLOSED'` or `'SESSION_LOST'`; otherwise it is `'CONNECTION_CLOSED'`.
 */
export class ConnectionClosedError extends WebSocketError {
  constructor(message: string, details: { code?: string; cause?: unknown } = {}) {
    super(message, { ...details, code: details.code ?? 'CONNECTION_CLOSED' });
  }
}

/**
 * No connection could be made: the name is unknown, nobody listens, the certificate is not trusted, the server left
 * before it answered. `code` is the one of the error behind it (`'ECONNREFUSED'`, `'ENOTFOUND'`, `'CERT_HAS_EXPIRED'`, …),
 * which is the `cause`; over HTTP/2 also `'NO_HTTP2'`, `'NO_EXTENDED_CONNECT'`, `'HTTP_1_1_REQUIRED'`, `'STREAM_RESET'` or
 * `'SESSION_CLOSED'`.
 */
export class ConnectError extends WebSocketError {}

/** A deadline passed: handshake, closing handshake, or pong. */
export class TimeoutError extends WebSocketError {}

/** A server behind an adapter failed; local delivery goes on. */
export class AdapterError extends WebSocketError {}

interface Row {
  fault: Fault;
  closeCode: number;
}

const unlisted: Row = { fault: 'none', closeCode: CloseCode.InternalError };

/** The one place that turns a class of error into who is at fault and what the peer is told. */
const table = new Map<unknown, Row>([
  [HandshakeError, { fault: 'peer', closeCode: CloseCode.PolicyViolation }],
  [ProtocolError, { fault: 'peer', closeCode: CloseCode.ProtocolError }],
  [InvalidPayloadError, { fault: 'peer', closeCode: CloseCode.InvalidPayload }],
  [MessageTooBigError, { fault: 'peer', closeCode: CloseCode.MessageTooBig }],
  [PolicyError, { fault: 'peer', closeCode: CloseCode.PolicyViolation }],
  [OverloadError, { fault: 'none', closeCode: CloseCode.TryAgainLater }],
  [InvalidStateError, { fault: 'caller', closeCode: CloseCode.InternalError }],
  [InvalidOptionError, { fault: 'caller', closeCode: CloseCode.InternalError }],
  [ConnectionClosedError, { fault: 'none', closeCode: CloseCode.AbnormalClosure }],
  [ConnectError, { fault: 'none', closeCode: CloseCode.AbnormalClosure }],
  [TimeoutError, { fault: 'none', closeCode: CloseCode.AbnormalClosure }],
  [AdapterError, { fault: 'backend', closeCode: CloseCode.InternalError }],
]);

/** The row of a class, or of the nearest that it extends. Found by the class itself: a bundler may have changed its name. */
function rowOf(kind: unknown): Row {
  for (let each = kind; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    const row = table.get(each);
    if (row !== undefined) return row;
  }
  return unlisted;
}
