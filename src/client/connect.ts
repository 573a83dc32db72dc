import { getMaxListeners, setMaxListeners } from 'node:events';
import { debug, isDebugging } from '../diagnostics/debug';
import { InvalidOptionError, TimeoutError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { Attempt } from './attempt';
import { ClientConnection } from './client-connection';
import { handshake } from './handshake';
import { agreedExtension, type Opened } from './offer';
import { type ConnectOptions, type ResolvedConnectOptions, resolveConnectOptions } from './options';
import { locationOf, redirected } from './redirect';
import { refusal } from './refusal';
import { endpointOf, nameOf, parseTarget, type Target } from './target';

/** How many calls at once may share a signal before Node warns of a leak. */
const manyCalls = 1000;

/** The class that a connection is to be of. */
type Kind<Connection> = new (...init: ConstructorParameters<typeof ClientConnection>) => Connection;

/**
 * Opens a WebSocket (RFC 6455, section 4.1), over HTTP/1.1 or, by option `http2`, over HTTP/2 (RFC 8441).
 *
 * The connection is open when the promise resolves. Its messages wait for a listener, or for `receive()`: nothing is
 * lost while you await something else first. Only when 64 KiB of them have waited for 5 seconds are they dropped, and
 * then every message without a listener, so that a client that only sends sees pings and the end.
 *
 * @param url `ws://` or `wss://`; `http://` and `https://` stand for these. User and password become
 *   `Authorization: Basic`. `ws+unix:///path/of/socket:/path` goes through a Unix socket
 * @throws HandshakeError when the server, or a proxy, answers something else than a valid 101 (over HTTP/2 a 2xx): what it answered is in `response`
 * @throws ConnectError when there is no connection: `code` and `cause` say why
 * @throws TimeoutError (`HANDSHAKE_TIMEOUT`) after `handshakeTimeout` milliseconds
 * @throws InvalidOptionError for a URL or an option that cannot be
 * @throws the signal's reason when that is aborted before
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<ClientConnection> {
  return connectAs(ClientConnection, url, resolveConnectOptions(options));
}

/** What `connect()` does with options that have been checked. */
export async function connectAs<Connection extends ClientConnection>(
  kind: Kind<Connection>,
  url: string | URL,
  resolved: ResolvedConnectOptions,
): Promise<Connection> {
  const target = firstTarget(url, resolved);
  const { handshakeTimeout, signal } = resolved;
  signal?.throwIfAborted();

  const ending = new AbortController();
  const attempt = new Attempt(ending.signal);
  const onAbort = () => ending.abort(signal?.reason);
  // One signal for many calls at once is no leak: the default of Node's warning is 10.
  if (signal !== undefined && getMaxListeners(signal) < manyCalls) setMaxListeners(manyCalls, signal);
  signal?.addEventListener('abort', onAbort, { once: true });
  const deadline = setTimeout(() => ending.abort(timedOut(target, handshakeTimeout)), handshakeTimeout);
  if (isDebugging) debug(`connecting to ${nameOf(target)}`);
  try {
    return await follow(kind, attempt, target, resolved);
  } catch (error) {
    attempt.abandon();
    if (isDebugging) debug(`not connected to ${nameOf(target)}: ${error}`);
    throw error;
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', onAbort);
  }
}

function firstTarget(url: string | URL, { socketPath, headers }: ResolvedConnectOptions): Target {
  const target = parseTarget(url);
  if (target.authorization !== undefined && headers.has('authorization')) {
    throw new InvalidOptionError(
      'The URL has a user or password, and the header Authorization is given: one is too many',
    );
  }
  return socketPath === undefined ? target : { ...target, socketPath };
}

/** Opens the target, or where it redirects to. */
async function follow<Connection extends ClientConnection>(
  kind: Kind<Connection>,
  attempt: Attempt,
  firstTarget: Target,
  firstOptions: ResolvedConnectOptions,
): Promise<Connection> {
  let [target, options] = [firstTarget, firstOptions];
  for (let followed = 0; ; followed++) {
    const answer = await handshake(attempt, target, options);
    if ('agreed' in answer) return opened(kind, attempt, answer, options);
    const location = locationOf(answer);
    if (location === undefined || options.maxRedirects === 0) {
      const hint = location && `: it redirects to ${describe(location)}, and followRedirects is off`;
      throw await refusal(attempt, answer, endpointOf(target), hint);
    }
    if (followed === options.maxRedirects) {
      const hint = `: a redirect more than followRedirects (${followed}) allows`;
      throw await refusal(attempt, answer, endpointOf(target), hint);
    }
    attempt.abandon();
    ({ target, options } = redirected(target, options, answer, location));
  }
}

/** The server has agreed: the connection takes the transport over. */
function opened<Connection extends ClientConnection>(
  kind: Kind<Connection>,
  attempt: Attempt,
  { transport, head, agreed, response }: Opened,
  options: ResolvedConnectOptions,
): Connection {
  const { protocol } = agreed;
  const extension = agreedExtension(agreed.extensions, options, response);
  attempt.release(transport);
  const init = { role: 'client' as const, options: options.connection, protocol, extension, ...(head && { head }) };
  return new kind(transport, init, response);
}

function timedOut(target: Target, handshakeTimeout: number): TimeoutError {
  const message = `The opening handshake with ${nameOf(target)} took longer than handshakeTimeout (${handshakeTimeout} ms)`;
  return new TimeoutError(message, { code: 'HANDSHAKE_TIMEOUT' });
}
