import type { ClientHttp2Session } from 'node:http2';
import { ConnectError, InvalidOptionError } from '../protocol/errors';
import type { Attempt } from './attempt';
import { allowExtendedConnect } from './http2-settings';
import { sessionTls } from './network-error';
import { httpOrigin, originsOf, serves } from './session-origins';
import { nameOf, type Target } from './target';

/** Sessions whose errors end no process: whoever has a connection over one is told by that. */
const inCare = new WeakSet<ClientHttp2Session>();

/**
 * Waits until the session of option `http2` can carry a WebSocket to the target.
 *
 * @throws InvalidOptionError for a target that the session is not for
 * @throws ConnectError for a session that is closed, or a server without WebSockets over HTTP/2
 */
export async function joinSession(attempt: Attempt, session: ClientHttp2Session, target: Target): Promise<void> {
  const { url, socketPath } = target;
  if (socketPath !== undefined) {
    throw new InvalidOptionError("The URL names a Unix socket, but option 'http2' brings the session of a connection");
  }
  // A session that got GOAWAY is closed, too, or destroyed.
  if (session.closed || session.destroyed) {
    const words =
      "the session of option 'http2' is closed, by this side or by GOAWAY; a new one is made by http2.connect()";
    throw new ConnectError(`Could not connect to ${nameOf(target)}: ${words}`, { code: 'SESSION_CLOSED' });
  }
  if (!inCare.has(session)) {
    inCare.add(session);
    session.on('error', ignore);
  }
  await allowExtendedConnect(attempt, session, nameOf(target), sessionTls);
  if (!serves(session, url)) {
    throw new InvalidOptionError(
      `The session of option 'http2' is for ${originsOf(session).join(', ')}, not for ${httpOrigin(url)}`,
    );
  }
}

function ignore(): void {}
