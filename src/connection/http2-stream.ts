import type { Http2Session, Http2Stream } from 'node:http2';
import { addAbortSignal, type Duplex } from 'node:stream';
import { ConnectionClosedError } from '../protocol/errors';

/** The session of each stream that carries a connection: the stream itself forgets it when it closes. */
const sessions = new WeakMap<Duplex, Http2Session>();

/** A transport that is a stream of node:http2; told by what only those have, so that node:http2 need not be loaded. */
function isHttp2Stream(transport: Duplex): transport is Http2Stream {
  return 'rstCode' in transport && 'session' in transport;
}

/** Remembers what `lossOf` will need. */
export function watchStream(transport: Duplex): void {
  if (isHttp2Stream(transport) && transport.session !== undefined) sessions.set(transport, transport.session);
}

/** Cuts a transport. RFC 8441, section 5: what is a TCP reset otherwise is RST_STREAM with CANCEL. */
export function cut(transport: Duplex): void {
  sessions.delete(transport);
  // Not by close(), which says END_STREAM first: a peer that reads this before the reset takes it for an ordinary end.
  if (isHttp2Stream(transport) && !transport.closed) addAbortSignal(AbortSignal.abort(), transport);
  else transport.destroy();
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
  if (error === undefined && (transport as Http2Stream).rstCode === 0) {
    return loss('STREAM_ENDED', 'The peer ended the HTTP/2 stream (END_STREAM) without a close frame');
  }
  const isReset = error === undefined ? !session.destroyed : code === 'ERR_HTTP2_STREAM_ERROR';
  if (isReset) return loss('STREAM_RESET', 'The peer reset the HTTP/2 stream (RST_STREAM)');
  return loss('SESSION_LOST', 'The connection below the HTTP/2 session was lost');
}
