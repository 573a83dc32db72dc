import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { Counters } from '../diagnostics/counters';
import type { Metrics } from '../diagnostics/metrics';
import { serverClosing } from '../express/attached-server';
import { upgradeRequired } from '../express/gate';
import { CloseCode } from '../protocol/close-code';
import {
  ConnectionClosedError,
  HandshakeError,
  InvalidOptionError,
  InvalidStateError,
  WebSocketError,
} from '../protocol/errors';
import { validateUpgradeRequest } from '../protocol/handshake';
import { checkInteger, describe } from '../protocol/options';
import { Hub } from '../rooms/hub';
import { acceptUpgrade } from '../server/accept-upgrade';
import { Admission } from '../server/admission';
import { checkIdentified } from '../server/admission-options';
import { nameOfAddress } from '../server/client-address';
import { type CloseAllOptions, checkCloseAll, type ResolvedCloseAll } from '../server/close-all-options';
import { ConnectionSet } from '../server/connection-set';
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from '../server/options';
import { type PendingUpgrade, pendingUpgrade } from '../server/pending-upgrade';
import { isWebSocketUpgrade, receiveUpgrades, type UpgradeReceiver } from '../server/receive-upgrades';
import { refuseUpgrade } from '../server/refuse-upgrade';
import { Chat } from './chat';
import { type ChatOptions, splitChatOptions } from './options';

/**
 * Options of a `ChatServer`: those of the chat, and those of a server. An address is the one that the connection comes from:
 * behind a proxy the proxy's. Who `identify` knows is known when the connection is open: so one more than
 * `maxConnectionsPerUser` is closed with 1008.
 */
export interface ChatServerOptions<Data = unknown>
  extends ChatOptions<IncomingMessage, Data>,
    Omit<ServerOptions, 'slowConsumer' | 'identify'> {}

/** A server that listens, and what it is made of. */
interface Running {
  readonly server: Server;
  readonly upgrades: UpgradeReceiver;
}

/** The one room of everybody who is connected, in a hub of its own, so that it takes no name from the chat's rooms. */
const everyone = 'everyone';

/** How often Node looks for clients whose request never ends, at least: in milliseconds. */
const checkInterval = 1000;

/**
 * A chat server that stands alone: it speaks the chat protocol at every path, without an Express app.
 *
 * @example
 * const server = new ChatServer('localhost', 8765);
 * await server.start();
 * server.broadcast({ type: 'notice', text: 'We close at six' });
 * await server.stop();
 */
export class ChatServer<Data = unknown> extends Chat<Data> {
  readonly #host: string;
  readonly #port: number;
  readonly #options: ResolvedServerOptions;
  readonly #admission: Admission;
  protected override readonly counters: Counters;
  readonly #connections = new ConnectionSet();
  readonly #lobby = new Hub();
  #running: Running | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> = Promise.resolve();
  #howToStop: Partial<ResolvedCloseAll> = {};

  /**
   * @param host the name or address to listen on
   * @param port 0 for one that is free; `address` tells which
   * @throws InvalidOptionError for a host, a port or an option that cannot be
   */
  constructor(host: string, port: number, options: ChatServerOptions<Data> = {}) {
    const { chat, rest } = splitChatOptions<ServerOptions>('ChatServer', options, 'chat');
    const serverOptions = resolveServerOptions('ChatServer', rest);
    if (typeof host !== 'string' || host === '') {
      throw new InvalidOptionError(`The host of a ChatServer must be a name or an address, not ${describe(host)}`);
    }
    checkInteger('port', port, { min: 0, max: 65_535 });
    checkIdentified('ChatServer', serverOptions.limits, chat.identify);
    // It opens its rooms on the adapter: nothing must be wrong any more.
    super(chat);
    this.#host = host;
    this.#port = port;
    this.#options = serverOptions;
    this.#admission = new Admission(serverOptions.limits);
    this.counters = new Counters(serverOptions.log);
    this.#lobby.counters.isHidden = true;
    this.counters.hubs.own(this.roomCounters, this.counters);
  }

  /** Where it listens; null while it does not. */
  get address(): AddressInfo | null {
    return (this.#running?.server.address() as AddressInfo | null | undefined) ?? null;
  }

  /**
   * Starts listening. After `stop()` it may be started again.
   *
   * @returns a promise that resolves when clients can connect
   * @throws InvalidStateError when it is started already; WebSocketError with the system's code (`EADDRINUSE`) when it
   *   cannot listen, after which it may be started again
   */
  start(): Promise<void> {
    if (this.#starting !== undefined) {
      return Promise.reject(new InvalidStateError('This ChatServer is started already', { code: 'ALREADY_STARTED' }));
    }
    const starting = this.#listen(this.#stopping);
    this.#starting = starting;
    starting.catch(() => {
      if (this.#starting === starting) this.#starting = undefined;
    });
    return starting;
  }

  /**
   * Sends to everyone who is connected, whatever rooms they are in: a string as text, bytes as a binary message, any
   * other value as its JSON.
   *
   * @param exclude who does not get it
   * @throws InvalidOptionError for what has no JSON
   */
  broadcast(message: unknown, exclude?: WebSocketConnection): void {
    const all = this.#lobby.to(everyone);
    (exclude === undefined ? all : all.except(exclude)).publish(message);
  }

  /** What this server has done since it was made, and how it is now: as `board.metrics()` tells it of a board. */
  metrics(): Metrics {
    return this.counters.snapshot(this.#connections);
  }

  /**
   * Stops listening, and closes every connection, with 1001 if `options` do not say otherwise: see `board.close()`. A further
   * call makes it faster. Does nothing when it is not started.
   *
   * @returns a promise that resolves when the last connection has closed, or was cut: by default after ten seconds
   * @throws InvalidOptionError for what `board.close()` does not take; then nothing is stopped
   */
  stop(options: CloseAllOptions = {}): Promise<void> {
    const how = checkCloseAll('stop()', options);
    const starting = this.#starting;
    if (starting !== undefined) {
      this.#starting = undefined;
      this.#howToStop = how;
      this.#stopping = this.#shutDown(starting);
    } else {
      this.#howToStop = { ...this.#howToStop, ...how };
      if (this.#connections.isClosing) void this.#connections.closeAll(how);
    }
    return this.#stopping;
  }

  async #listen(earlier: Promise<void>): Promise<void> {
    // One that is still stopping has the port.
    await earlier;
    const { handshakeTimeout } = this.#options;
    const server = createServer(
      // Half a handshake that never ends is cut like a whole one that nobody answers.
      {
        headersTimeout: handshakeTimeout,
        requestTimeout: handshakeTimeout,
        connectionsCheckingInterval: checkInterval,
      },
      (request, response) => this.#refuseOrdinary(request, response),
    );
    await listen(server, this.#host, this.#port);
    server.on('error', (error) => this.report(error, undefined));
    const dispatch = (request: IncomingMessage, response: ServerResponse) => void this.#accept(request, response);
    const counters = () => this.counters;
    this.#running = { server, upgrades: receiveUpgrades(server, { handshakeTimeout, dispatch, counters }) };
  }

  async #shutDown(starting: Promise<void>): Promise<void> {
    await starting.catch(() => {});
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const closed = new Promise<void>((resolve) => running.server.close(() => resolve()));
    running.upgrades.refuseAll(serverClosing());
    running.server.closeAllConnections();
    await this.#connections.closeAll({ reason: 'The server is stopping', ...this.#howToStop });
    await closed;
  }

  async #accept(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let socket: WebSocketConnection;
    // Every request that is dispatched is one.
    const pending = pendingUpgrade(request)!;
    try {
      pending.seat = this.#admission.enter(() => nameOfAddress(request.socket.remoteAddress));
      socket = await acceptUpgrade(request, response, this.#options, {
        counters: this.counters,
        onError: (error, connection) => this.report(error, connection),
      });
    } catch (error) {
      this.#refuse(error, pending);
      return;
    }
    this.#connections.add(socket);
    this.#lobby.join(socket, everyone);
    this.open(socket, request);
    socket.openGate();
    // It was stopped while this client was on its way.
    if (this.#running === undefined) socket.close(CloseCode.GoingAway);
  }

  protected override admits(socket: WebSocketConnection): boolean {
    try {
      if (socket.user !== undefined) this.#admission.identify(socket, socket.user);
      return true;
    } catch (error) {
      // Its 101 is out: so it is closed, with 1008.
      socket.receivedViolation(error as HandshakeError);
      return false;
    }
  }

  #refuse(error: unknown, pending: PendingUpgrade): void {
    if (error instanceof HandshakeError && error.expose) {
      pending.refuse(error);
    } else if (!(error instanceof ConnectionClosedError) && !pending.response.headersSent) {
      // A function among the options failed; what it says is not for the client.
      pending.refuse(new HandshakeError('The server failed', { status: 500, code: 'HANDLER_FAILED' }));
      this.report(error, undefined);
    }
  }

  /** Ordinary requests have nothing to find here; one that wanted to be an upgrade learns what it lacks. */
  #refuseOrdinary(request: IncomingMessage, response: ServerResponse): void {
    let refusal = upgradeRequired();
    if (isWebSocketUpgrade(request)) {
      try {
        validateUpgradeRequest(request as IncomingMessage & { method: string });
      } catch (error) {
        refusal = error as HandshakeError;
      }
    }
    this.counters.handshakeRefused(request, refusal.status, refusal.code, refusal);
    refuseUpgrade(response, refusal);
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      const code = cause.code ?? 'LISTEN_FAILED';
      const why = reasons[code] ?? cause.message;
      reject(new WebSocketError(`The ChatServer cannot listen on ${host}:${port}: ${why}`, { code, cause }));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'the port is taken',
  EACCES: 'this user may not use the port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'no such host is known',
};
