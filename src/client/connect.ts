import { getMaxListeners, setMaxListeners } from 'node:events';
import { createKey, offerHeaders, verifyUpgradeResponse } from '../protocol/client-handshake';
import { checkDeflateAnswer, offerDeflate } from '../protocol/deflate-negotiation';
import { HandshakeError, InvalidOptionError, type RefusedResponse, TimeoutError } from '../protocol/errors';
import { type ExtensionOffer, serializeExtensions } from '../protocol/headers';
import { describe } from '../protocol/options';
import { PerMessageDeflate } from '../protocol/permessage-deflate';
import { Attempt } from './attempt';
import { ClientConnection } from './client-connection';
import { type Answer, exchange } from './exchange';
import { type ConnectOptions, type ResolvedConnectOptions, resolveConnectOptions } from './options';
import { locationOf, redirected } from './redirect';
import { refusal } from './refusal';
import { nameOf, parseTarget, type Target } from './target';
import { openTransport } from './transport';

/** How many calls at once may share a signal before Node warns of a leak. */
const manyCalls = 1000;

/**
 * Opens a WebSocket (RFC 6455, section 4.1).
 *
 * The connection is open when the promise resolves. Its messages wait for a listener, or for `receive()`: nothing is
 * lost while you await something else first. Only when 64 KiB of them have waited for 5 seconds are they dropped, and
 * then every message without a listener, so that a client that only sends sees pings and the end.
 *
 * @param url `ws://` or `wss://`; `http://` and `https://` stand for these. User and password become
 *   `Authorization: Basic`. `ws+unix:///path/of/socket:/path` goes through a Unix socket
 * @throws HandshakeError when the server, or a proxy, answers something else than a valid 101: what it answered is in `response`
 * @throws ConnectError when there is no connection: `code` and `cause` say why
 * @throws TimeoutError (`HANDSHAKE_TIMEOUT`) after `handshakeTimeout` milliseconds
 * @throws InvalidOptionError for a URL or an option that cannot be
 * @throws the signal's reason when that is aborted before
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<ClientConnection> {
  const resolved = resolveConnectOptions(options);
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
  try {
    return await follow(attempt, target, resolved);
  } catch (error) {
    attempt.abandon();
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
async function follow(
  attempt: Attempt,
  firstTarget: Target,
  firstOptions: ResolvedConnectOptions,
): Promise<ClientConnection> {
  let [target, options] = [firstTarget, firstOptions];
  for (let followed = 0; ; followed++) {
    const key = createKey();
    const socket = await openTransport(attempt, target, options);
    const answer = await exchange(attempt, socket, handshake(target, options, key), nameOf(target));
    const { body } = answer;
    if (body === undefined) return opened(attempt, answer, options, key);
    const location = locationOf(body);
    if (location === undefined || options.maxRedirects === 0) {
      const hint = location && `: it redirects to ${describe(location)}, and followRedirects is off`;
      throw await refusal(attempt, body, nameOf(target), hint);
    }
    if (followed === options.maxRedirects) {
      const hint = `: a redirect more than followRedirects (${followed}) allows`;
      throw await refusal(attempt, body, nameOf(target), hint);
    }
    attempt.abandon();
    const { statusCode: status = 0, headers } = body;
    ({ target, options } = redirected(target, options, { status, headers, location }));
  }
}

function handshake(target: Target, options: ResolvedConnectOptions, key: string) {
  const { url, authorization } = target;
  const { subprotocols } = options;
  const own = Object.fromEntries(options.headers.values());
  const headers = {
    ...(!options.headers.has('host') && { Host: url.host }),
    ...own,
    ...(authorization && { Authorization: authorization }),
    ...offerHeaders({ key, protocols: subprotocols, extensions: offers(options) }),
  };
  return { method: 'GET' as const, path: url.pathname + url.search, headers };
}

/** The server has answered 101: checks it, and takes the socket over. */
function opened(attempt: Attempt, answer: Answer, options: ResolvedConnectOptions, key: string): ClientConnection {
  const { statusCode: status = 0, headers, httpVersion } = answer.response;
  const asked = { key, protocols: options.subprotocols, extensions: offers(options) };
  const { protocol, extensions } = verifyUpgradeResponse({ status, headers, httpVersion }, asked);
  const response = { status, headers, body: '' };
  const extension = agreedExtension(extensions, options, response);
  const { socket, head } = answer;
  if (socket === undefined) {
    const message = "The server's 101 does not end the HTTP of its connection";
    throw new HandshakeError(message, { code: 'INVALID_RESPONSE', response });
  }
  attempt.release(socket);
  const init = { role: 'client' as const, options: options.connection, protocol, extension, ...(head && { head }) };
  return new ClientConnection(socket, init, { status, headers });
}

function offers({ perMessageDeflate }: ResolvedConnectOptions): readonly ExtensionOffer[] {
  return perMessageDeflate === null ? [] : [offerDeflate(perMessageDeflate)];
}

/** What the server took of the one extension that we offer. */
function agreedExtension(
  answers: readonly ExtensionOffer[],
  { perMessageDeflate: settings }: ResolvedConnectOptions,
  response: RefusedResponse,
): PerMessageDeflate | null {
  const [answer] = answers;
  if (answer === undefined || settings === null) return null;
  const refuse = (message: string, cause?: unknown) =>
    new HandshakeError(message, { code: 'INVALID_EXTENSION', response, ...(cause ? { cause } : {}) });
  if (answers.length > 1) throw refuse(`The server chose '${answer.name}' twice`);
  try {
    return new PerMessageDeflate(
      'client',
      settings,
      checkDeflateAnswer(answer, settings),
      serializeExtensions(answers),
    );
  } catch (error) {
    throw error instanceof HandshakeError ? refuse(error.message, error) : error;
  }
}

function timedOut(target: Target, handshakeTimeout: number): TimeoutError {
  const message = `The opening handshake with ${nameOf(target)} took longer than handshakeTimeout (${handshakeTimeout} ms)`;
  return new TimeoutError(message, { code: 'HANDSHAKE_TIMEOUT' });
}
