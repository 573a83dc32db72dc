import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Counters } from '../diagnostics/counters';
import { HandshakeError } from '../protocol/errors';
import { singleValue } from '../protocol/handshake';
import { listIncludes } from '../protocol/headers';
import { asksBeforeUpgrading, handBack } from './ordinary-request';
import { PendingUpgrade } from './pending-upgrade';
import { afterEarlierResponses } from './upgrade-response';

export interface ReceiveUpgradesInit {
  /** Milliseconds from the arrival of an upgrade request to its answer; then it is refused with 503. */
  handshakeTimeout: number;
  /** Takes the request, as `'request'` takes an ordinary one; answers it through the response or by `acceptUpgrade`. */
  dispatch: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * False leaves an upgrade request to the server's other `'upgrade'` listeners, or to `'request'` where there are none.
   * @default every request whose Upgrade header holds `websocket`
   */
  claims?: (request: IncomingMessage) => boolean;
  /** The server that connections are counted on. @default the one whose upgrades are received */
  countedOn?: NetServer;
  /** Where upgrade requests are counted when they come. @default nowhere */
  counters?: () => Counters | undefined;
}

/** What goes on between a server and one receiver of its upgrade requests. */
export interface UpgradeReceiver {
  /** Upgrade requests that have no answer yet, and refused ones whose client has not left yet. */
  readonly pending: ReadonlySet<PendingUpgrade>;
  /** Answers what is pending with this error, and from now on everything that comes; undefined ends that. */
  refuseAll(error: HandshakeError | undefined): void;
  /** Cuts the sockets of all that is pending, and of what waits for its turn behind other requests. */
  cutAll(): void;
  /** Stops receiving; what is pending goes on. */
  detach(): void;
}

/** True where the client asks for a WebSocket, well-formed or not, rather than for h2c or nothing. */
export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return listIncludes(singleValue(request.headers, 'upgrade'), 'websocket');
}

/**
 * Receives the WebSocket upgrade requests of an HTTP or HTTPS server. Each is dispatched with a real response on its
 * socket, so that it can be answered like every other request until somebody accepts it.
 *
 * Other listeners for `'upgrade'` keep what is not claimed. Where there are none, requests that offer another
 * protocol (h2c) stay ordinary requests, as they were before.
 */
export function receiveUpgrades(server: Server, init: ReceiveUpgradesInit): UpgradeReceiver {
  const { handshakeTimeout, dispatch, claims = isWebSocketUpgrade, countedOn = server } = init;
  const pending = new Set<PendingUpgrade>();
  const waiting = new Set<Duplex>();
  const forget = (settled: PendingUpgrade) => pending.delete(settled);
  let refusal: HandshakeError | undefined;

  const begin = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const upgrade = new PendingUpgrade({
      server: countedOn,
      request,
      socket,
      head,
      handshakeTimeout,
      onSettled: forget,
      counters: init.counters?.(),
    });
    pending.add(upgrade);
    try {
      if (refusal !== undefined) upgrade.refuse(refusal);
      else if (hasBody(request)) upgrade.refuse(bodyRefused());
      else upgrade.record.run(() => dispatch(request, upgrade.response));
    } finally {
      upgrade.watch();
    }
  };

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const isAlone = server.listenerCount('upgrade') === 1;
    // Another receiver on this server may have been first.
    if (!isAlone && received.has(request)) return;
    if (!claims(request)) {
      if (isAlone) handBack(server, request, socket, head);
      return;
    }
    if (!isAlone) received.add(request);
    // A client that pipelines: its earlier requests are answered first, and the deadline waits for its turn.
    waiting.add(socket);
    afterEarlierResponses(socket, () => {
      waiting.delete(socket);
      if (!socket.destroyed) begin(request, socket, head);
    });
  };

  server.on('upgrade', onUpgrade);
  const stopAnswering = answerWhetherToUpgrade(server, claims);

  return {
    pending,
    refuseAll(error) {
      refusal = error;
      if (error !== undefined) for (const upgrade of pending) upgrade.refuse(error);
    },
    cutAll() {
      for (const { socket } of pending) socket.destroy();
      for (const socket of waiting) socket.destroy();
    },
    detach() {
      server.off('upgrade', onUpgrade);
      stopAnswering();
    },
  };
}

/** Requests that a receiver has taken, on servers with several listeners. */
const received = new WeakSet<IncomingMessage>();

/** Where Node asks which requests to upgrade, those that nobody wants stay ordinary requests. */
function answerWhetherToUpgrade(server: Server, claims: (request: IncomingMessage) => boolean): () => void {
  if (!asksBeforeUpgrading(server)) return () => {};
  const previous = server.shouldUpgradeCallback;
  const answer = function (this: Server, request: IncomingMessage): boolean {
    // Node's own callback says yes for every listener, so for ours alone it must not be asked.
    return claims(request) || (server.listenerCount('upgrade') > 1 && previous.call(server, request));
  };
  server.shouldUpgradeCallback = answer;
  return () => {
    if (server.shouldUpgradeCallback === answer) server.shouldUpgradeCallback = previous;
  };
}

/** RFC 6455, 4.1: the handshake is a GET without a body; where one is, frames could not be told from it. */
function hasBody(request: IncomingMessage): boolean {
  const length = singleValue(request.headers, 'content-length');
  return singleValue(request.headers, 'transfer-encoding') !== undefined || (length !== undefined && length !== '0');
}

function bodyRefused(): HandshakeError {
  return new HandshakeError('A request that asks for a WebSocket must not have a body', {
    status: 400,
    code: 'UNEXPECTED_BODY',
  });
}
