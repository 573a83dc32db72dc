import type { Http2Session, Http2Stream } from 'node:http2';
import { addAbortSignal, type Duplex } from 'node:stream';
import { ConnectionClosedError } from '../protocol/errors';

/** A session's `type` where it is a server's: NGHTTP2_SESSION_SERVER. */
const server = 0;

/** The most bytes that one write to a stream should have: until they are sent they count as the session's, which has a bound. */
export const underWay = 64 * 1024;

/** The session of each stream that carries a connection: the stream itself forgets it when it closes. */
const sessions = new WeakMap<Duplex, Http2Session>();

/** A transport that is a stream of node:http2, told by what only those have: it does not export their class. */
export function isHttp2Stream(transport: Duplex): transport is Http2Stream {
  return 'rstCode' in transport && 'session' in transport;
}

/** Remembers what `lossOf` will need. */
export function watchStream(transport: Duplex): void {
  if (isHttp2Stream(transport) && transport.session !== undefined) sessions.set(transport, transport.session);
}

/** Cuts a transport. RFC 8441, section 5: what is a TCP reset otherwise is RST_STREAM with CANCEL. */
export function cut(transport: Duplex): void {
  sessions.delete(transport);
  if (!isHttp2Stream(transport) || transport.closed) {
    transport.destroy();
    return;
  }
  // Not by close(), which says END_STREAM first: a peer that reads this before the reset takes it for an ordinary end. An
  // AbortError becomes CANCEL, and this is how to make one. And
  // not at once, since a reset overtakes what is still to be sent, be it the answer that opened the connection.
  setImmediate(() => addAbortSignal(AbortSignal.abort(), transport));
}

/**
 * Ends a transport in order. A server closes a stream behind its END_STREAM without waiting for the peer's, which neither
 * Firefox nor undici sends (RFC 9113, section 8.1: RST_STREAM with NO_ERROR).
 */
export function end(transport: Duplex): void {
  transport.end();
  if (isHttp2Stream(transport) && transport.session?.type === server && !transport.readableEnded) transport.close();
}

/** True for what a stream says when we cut it. */
export function isOwnCut(transport: Duplex, error: NodeJS.ErrnoException): boolean {
  return error.code === 'ABORT_ERR' && isHttp2Stream(transport);
}

/**
 * Why a stream has closed without a closing handshake, and not by us; null for other transports.
 *
 * @param error what the stream said, if anything: of a reset with CANCEL, and of a lost session, it says nothing
 */
export function lossOf(transport: Duplex, error?: Error): ConnectionClosedError | null {
  const session = sessions.get(transport);
  if (session === undefined) return null;
  const reason = error === undefined ? '' : `: ${error.message}`;
  const loss = (code: string, message: string) =>
    new ConnectionClosedError(message + reason, { code, ...(error && { cause: error }) });
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ERR_HTTP2_SESSION_ERROR') return loss('SESSION_CLOSED', 'The peer ended the HTTP/2 session (GOAWAY)');
  const hasSession = !session.destroyed;
  if (error === undefined && hasSession && (transport as Http2Stream).rstCode === 0) {
    return loss('STREAM_ENDED', 'The peer ended the HTTP/2 stream (END_STREAM) without a close frame');
  }
  const isReset = error === undefined ? hasSession : code === 'ERR_HTTP2_STREAM_ERROR';
  if (isReset) return loss('STREAM_RESET', 'The peer reset the HTTP/2 stream (RST_STREAM)');
  return loss('SESSION_LOST', 'The HTTP/2 session was lost: its connection, or by destroy() on this side');
}
