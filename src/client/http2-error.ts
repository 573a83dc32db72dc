import { ConnectError, TimeoutError } from '../protocol/errors';
import { networkError, type TlsWords } from './network-error';

const http1Required = 'HTTP_1_1_REQUIRED';

/** RFC 9113, section 7, by number. */
const names = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  http1Required,
];

/**
 * The error for a session that ended while something of it was awaited.
 *
 * @param error what the session said, if anything
 * @param where what it was connected to
 * @param tls see `networkError()`
 */
export function sessionError(error: unknown, where: string, tls?: TlsWords): ConnectError {
  const { code, message = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const failed = (words: string, ours: string) =>
    new ConnectError(`Could not connect to ${where}: ${words}`, {
      code: ours,
      ...(error !== undefined && { cause: error }),
    });
  switch (code) {
    case undefined:
      return failed('it closed the connection without an answer', 'ECONNRESET');
    case 'ERR_HTTP2_SESSION_ERROR': {
      const number = Number(/\d+/.exec(message)?.[0]);
      return failed(`it ended the HTTP/2 session (GOAWAY ${names[number] ?? number})`, 'SESSION_CLOSED');
    }
    case 'ERR_HTTP2_GOAWAY_SESSION':
    case 'ERR_HTTP2_INVALID_SESSION':
      return failed('its HTTP/2 session is closed, and takes no more requests', 'SESSION_CLOSED');
    case 'ERR_HTTP2_ERROR':
      return failed(`what it answered is not HTTP/2 (${message}); without option 'http2' it is HTTP/1.1`, 'NO_HTTP2');
    default:
      // A session of our own begins behind TLS: this one is that of option 'http2'.
      if (refusesAlpn(error)) return noHttp2(where, { cause: error, instead: "connect without option 'http2'" });
      return networkError(error, where, tls);
  }
}

/** The error for a stream that was reset before it had an answer. */
export function resetError(error: unknown, rstCode: number, where: string): ConnectError {
  const name = names[rstCode] ?? String(rstCode);
  const words = `Could not connect to ${where}: the HTTP/2 stream was reset (RST_STREAM ${name})`;
  const code = name === http1Required ? http1Required : 'STREAM_RESET';
  return new ConnectError(words, { code, ...(error !== undefined && { cause: error }) });
}

/** RFC 8441, section 3. */
export function noExtendedConnect(where: string): ConnectError {
  const words = `Could not connect to ${where}: it allows no WebSockets over HTTP/2 (SETTINGS_ENABLE_CONNECT_PROTOCOL)`;
  return new ConnectError(`${words}; http2: 'auto' would open them over HTTP/1.1`, { code: 'NO_EXTENDED_CONNECT' });
}

export function noHttp2(where: string, details: { cause?: unknown; instead?: string } = {}): ConnectError {
  const { instead = "http2: 'auto' would take HTTP/1.1", ...cause } = details;
  const words = `Could not connect to ${where}: it does not speak HTTP/2 (ALPN h2); ${instead}`;
  return new ConnectError(words, { code: 'NO_HTTP2', ...cause });
}

/** True where a server chose none of the versions of HTTP that TLS offered it (RFC 7301, section 3.2). */
export function refusesAlpn(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).endsWith('NO_APPLICATION_PROTOCOL');
}

/** The error for a deadline that came while the server allowed no more streams (RFC 9113, section 5.1.2). */
export function tooManyStreams({ message, code }: TimeoutError, limit: number): TimeoutError {
  const words = `its HTTP/2 session has as many streams open as the server allows (${limit}, SETTINGS_MAX_CONCURRENT_STREAMS)`;
  return new TimeoutError(`${message}: ${words}; close some, or open another session`, { code });
}

/** True where the server would serve the same over HTTP/1.1: it has no extended CONNECT, or says so (RFC 9113, section 7). */
export function wantsHttp1(error: unknown): boolean {
  return error instanceof ConnectError && (error.code === 'NO_EXTENDED_CONNECT' || error.code === http1Required);
}
