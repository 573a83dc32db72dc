import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RoomRegistry, WebSocketConnection } from '../connection/websocket-connection';
import type { Counters } from '../diagnostics/counters';
import { acceptDeflate } from '../protocol/deflate-negotiation';
import type { DeflateSettings } from '../protocol/deflate-options';
import { ConnectionClosedError, InvalidStateError } from '../protocol/errors';
import { acceptHeaders, validateUpgradeRequest } from '../protocol/handshake';
import { type ExtensionOffer, serializeExtensions } from '../protocol/headers';
import { PerMessageDeflate } from '../protocol/permessage-deflate';
import { askIdentity } from './identify';
import type { ResolvedServerOptions } from './options';
import { checkOrigin, type HowReached } from './origin';
import { type PendingUpgrade, pendingUpgrade } from './pending-upgrade';
import { StreamSocket } from './stream-socket';

export interface AcceptInit {
  /** How the client reached this server. @default what the request itself says: right where there is no proxy */
  reached?: HowReached;
  /** Where `join` and `leave` of the connection go. @default none */
  rooms?: RoomRegistry;
  /** Where the connection is counted. @default nowhere */
  counters?: Counters;
  /** Takes what listeners of the connection throw, after it was failed with 1011. */
  onError?: (error: unknown, connection: WebSocketConnection) => void;
}

/** Headers that middleware may have set for a body, and that make no sense on a 101. */
const bodyHeaders = ['content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'etag'];

/**
 * Accepts a pending upgrade: checks the handshake, the origin and the subprotocol, answers 101 through the response, so
 * that whoever hooks into responses (sessions, loggers) sees it like any other, and takes the socket over.
 *
 * It is a promise because a session may be saved before its response leaves: no frame may overtake the 101.
 *
 * @returns an open connection whose messages wait until somebody listens, or `openGate()` is called
 * @throws HandshakeError that is the refusal; nothing has been answered then
 * @throws ConnectionClosedError when the client left before; there is nobody to answer
 * @throws InvalidStateError when the request is no pending upgrade of `receiveUpgrades`, or is answered already
 */
export async function acceptUpgrade(
  request: IncomingMessage,
  response: ServerResponse,
  options: ResolvedServerOptions,
  init: AcceptInit = {},
): Promise<WebSocketConnection> {
  const pending = pendingUpgrade(request);
  if (pending === undefined) throw notPending(request);
  const { key, protocols, extensions } = validateUpgradeRequest(request as IncomingMessage & { method: string });
  refuseAnswered(pending, response);
  // Before anything is waited for, so that those who come at the same time are counted.
  pending.seat?.take();
  const verdict = checkOrigin(options.origins, request, init.reached);
  if (verdict !== undefined) await verdict;
  let user = options.identify && askIdentity(options.identify, request);
  if (typeof user === 'object') user = await user;
  if (user !== undefined) pending.seat?.takeFor(user);
  const protocol = options.subprotocols(protocols, request);
  refuseAnswered(pending, response);
  const extension = options.perMessageDeflate === null ? null : agreeOnDeflate(extensions, options.perMessageDeflate);

  for (const name of bodyHeaders) if (response.hasHeader(name)) response.removeHeader(name);
  response.writeHead(101, acceptHeaders(key, { protocol, extensions: extension?.description ?? '' }));
  response.end();
  // Whoever wraps end() to wait for something (express-session for its store) has not ended it yet.
  if (!response.writableEnded) await finished(pending, response);

  const head = pending.release();
  const connection = new WebSocketConnection(transportOf(pending.socket), {
    role: 'server',
    options: options.connection,
    protocol,
    head,
    extension,
    ...(init.rooms && { rooms: init.rooms }),
    ...(init.counters && { counters: init.counters }),
    ...(init.onError && { onError: init.onError }),
  });
  connection.user = user;
  pending.seat?.opened(connection);
  pending.record.accepted(connection);
  return connection;
}

/** What carries the connection from now on: of a stream of HTTP/2 the stream itself. */
function transportOf(socket: Duplex): Duplex {
  if (socket instanceof StreamSocket) return socket.handOver();
  if (typeof (socket as Socket).setNoDelay === 'function') (socket as Socket).setNoDelay(true);
  return socket;
}

function agreeOnDeflate(offers: readonly ExtensionOffer[], settings: DeflateSettings): PerMessageDeflate | null {
  const accepted = acceptDeflate(offers, settings);
  if (accepted === null) return null;
  return new PerMessageDeflate('server', settings, accepted.agreement, serializeExtensions([accepted.answer]));
}

function notPending(request: IncomingMessage): InvalidStateError | ConnectionClosedError {
  if (request.socket.destroyed) return left();
  return new InvalidStateError(
    'This request is no pending upgrade: its server does not hand its upgrade requests over (receiveUpgrades, ' +
      'or attach() of a switchboard), or it was accepted before',
    { code: 'NOT_AN_UPGRADE' },
  );
}

function refuseAnswered(pending: PendingUpgrade, response: ServerResponse): void {
  if (pending.abandoned) throw left();
  if (response.headersSent) {
    throw new InvalidStateError('This upgrade request is answered already', { code: 'ALREADY_ANSWERED' });
  }
}

function finished(pending: PendingUpgrade, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once('finish', resolve);
    pending.socket.once('close', () => reject(left()));
  });
}

function left(): ConnectionClosedError {
  return new ConnectionClosedError('The client left before its upgrade was accepted');
}
