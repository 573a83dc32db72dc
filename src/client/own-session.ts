import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Attempt } from './attempt';
import { httpOrigin } from './session-origins';

/** Begins HTTP/2 on a socket: for one WebSocket, and what leads to it. The session has the socket from now on. */
export function beginSession(attempt: Attempt, socket: Socket, url: URL): ClientHttp2Session {
  attempt.release(socket);
  const session = http2.connect(httpOrigin(url), {
    createConnection: () => socket,
    settings: { enablePush: false },
  });
  // At an alert of TLS node:http2 destroys the session, and leaves the socket open.
  return attempt.keep(session, () => (session.destroyed ? socket.destroy() : session.destroy()));
}

/**
 * Has a session end with its only stream, and its socket with the session. After a clean end the server is given
 * `closeTimeout` milliseconds to read what was sent, and to close; otherwise that is what a write may take that is stuck.
 */
export function endWith(
  stream: ClientHttp2Stream,
  session: ClientHttp2Session,
  socket: Socket,
  closeTimeout: number,
): void {
  const end = () => {
    if (stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) session.close();
    else session.destroy();
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), closeTimeout);
    socket.once('close', () => clearTimeout(timer));
  };
  // The connection tells a lost session from a lost stream by whether the session is still there.
  stream.once('close', () => setImmediate(end));
}
