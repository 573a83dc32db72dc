import type { ClientHttp2Session } from 'node:http2';
import { handled } from '../connection/handled';
import type { Attempt } from './attempt';
import { noExtendedConnect, sessionError } from './http2-error';
import { type TlsWords, unanswered } from './network-error';

/** One wait for all that wait for a session: each of its own would soon be more listeners than Node likes. */
const arrivals = new WeakMap<ClientHttp2Session, Promise<void>>();

/**
 * Waits for a server's SETTINGS, which say whether it takes WebSockets (RFC 8441, section 3). Without them a request could
 * only be tried, and would be a malformed one to a server that does not.
 *
 * @param where what the session is connected to
 * @param tls see `networkError()`
 * @throws ConnectError `NO_EXTENDED_CONNECT`, or for a session that ended before
 */
export async function allowExtendedConnect(
  attempt: Attempt,
  session: ClientHttp2Session,
  where: string,
  tls?: TlsWords,
): Promise<void> {
  if (!isSettled(session)) {
    const arrival = arrivals.get(session) ?? arrivalOf(session);
    try {
      await attempt.wait<void>((resolve, reject) => arrival.then(resolve, reject));
    } catch (error) {
      if (attempt.signal.aborted) throw attempt.signal.reason;
      throw error === undefined ? unanswered(where) : sessionError(error, where, tls);
    }
  }
  if (session.remoteSettings.enableConnectProtocol !== true) throw noExtendedConnect(where);
}

/**
 * Node does not tell whether the server's SETTINGS have come. But they are the first that a server sends: when it has
 * acknowledged ours, they are there.
 */
function isSettled(session: ClientHttp2Session): boolean {
  return session.remoteSettings?.enableConnectProtocol === true || (!session.connecting && !session.pendingSettingsAck);
}

function arrivalOf(session: ClientHttp2Session): Promise<void> {
  const arrival = new Promise<void>((resolve, reject) => {
    const look = () => {
      if (isSettled(session)) settle(resolve);
    };
    const onError = (error: Error) => settle(() => reject(error));
    // The session closes when its socket does, which a server that said this may take its time for.
    const onGoaway = (code: number) => onError(sessionClosed(code));
    const onClose = () => settle(() => reject(undefined));
    // An alert of TLS, as for a client without a certificate, ends the session, which would say so when its socket closes; and
    // nobody closes that. The methods are the socket's own, and bound to it: those of a session that has ended are not there.
    const { on: listen, off: ignore } = session.socket;
    const settle = (settled: () => void) => {
      session
        .off('remoteSettings', look)
        .off('localSettings', look)
        .off('error', onError)
        .off('close', onClose)
        .off('goaway', onGoaway);
      ignore('error', onError);
      arrivals.delete(session);
      settled();
    };
    session
      .on('remoteSettings', look)
      .on('localSettings', look)
      .on('error', onError)
      .on('close', onClose)
      .on('goaway', onGoaway);
    listen('error', onError);
  });
  arrivals.set(session, arrival);
  return handled(arrival);
}

/** What node:http2 says of a GOAWAY with an error. */
function sessionClosed(code: number): Error {
  return Object.assign(new Error(`Session closed with error code ${code}`), { code: 'ERR_HTTP2_SESSION_ERROR' });
}
