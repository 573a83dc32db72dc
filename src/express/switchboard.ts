import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Application, Request } from 'express-serve-static-core';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { Counters } from '../diagnostics/counters';
import type { Metrics } from '../diagnostics/metrics';
import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { describe, refuseUnknownOptions } from '../protocol/options';
import type { DisconnectOptions } from '../rooms/disconnect';
import { Hub } from '../rooms/hub';
import { type AcceptInit, acceptUpgrade } from '../server/accept-upgrade';
import { Admission } from '../server/admission';
import { checkIdentified } from '../server/admission-options';
import { nameOfAddress } from '../server/client-address';
import {
  type CloseAllOptions,
  checkCloseAll,
  closeAllDefaults,
  type ResolvedCloseAll,
} from '../server/close-all-options';
import { ConnectionSet } from '../server/connection-set';
import { isHttp2Server } from '../server/http2-server';
import {
  type ResolvedServerOptions,
  resolveServerOptions,
  type ServerOptions,
  serverOptionNames,
} from '../server/options';
import { type PendingUpgrade, pendingUpgrade } from '../server/pending-upgrade';
import { admitFirst } from './admit-first';
import { type AnyServer, AttachedServer, serverClosing } from './attached-server';
import { boardOf, registerBoard } from './boards';
import { type App, checkApp, type ExpressRequest, type ExpressResponse, expressCopyOf } from './express-internals';
import { attachOnListen, watchServers } from './find-servers';
import { answerLast } from './last-answer';
import { passOverPages } from './pass-over';
import { addRouterMethod, routeMethod } from './registration';
import type { Reserve } from './reserve';
import { takesPath } from './taken-paths';
import { addressThroughExpress, reachedThroughExpress } from './trust-proxy';

/** Options of a whole app; functions among them get Express's request. */
export interface SwitchboardOptions extends ServerOptions<Request> {
  /**
   * The rooms that `socket.join()`, `socket.leave()` and `board.hub` are about: `new Hub({ adapter, … })` shares them with
   * other nodes. Boards may share a hub.
   * @default a hub of the board's own
   */
  hub?: Hub;
  /**
   * How connections are closed when a server of the app closes, and by `board.close()` where that does not say otherwise, as
   * `{ over: '30s', code: 1012 }`.
   * @default all at once with 1001, and ten seconds to answer
   */
  shutdown?: CloseAllOptions;
}

/** The events of a board, with what their listeners get. */
export interface SwitchboardEvents {
  /** A connection was accepted; its handler is called right after. */
  connection: [socket: WebSocketConnection, request: IncomingMessage];
  /**
   * A handler, or a listener on a connection, threw or rejected; that connection was failed with 1011. Without a
   * listener the error goes to the `logger`, or else to the console. It never ends the process.
   */
  error: [error: unknown, socket: WebSocketConnection];
}

/**
 * Lets an Express app, version 4 or 5, speak WebSocket: adds `app.ws`, and `router.ws` to the routers of the same
 * express, and receives the upgrade requests of its servers. Call it once, before the first `ws`.
 *
 * Servers that the app listens on by itself, or is the only listener of, are found; for others there is `attach()`.
 *
 * @throws InvalidOptionError for anything that is no Express app, and for options that cannot be
 * @throws InvalidStateError when the app has a board already
 */
export function switchboard(app: Application, options: SwitchboardOptions = {}): Switchboard {
  const checked = checkApp('switchboard()', app);
  if (boardOf(checked) !== undefined) {
    throw new InvalidStateError('switchboard() was called with this app before: keep the board that it returned', {
      code: 'SWITCHBOARD_EXISTS',
    });
  }
  refuseUnknownOptions('switchboard()', options, ['hub', 'shutdown', ...serverOptionNames]);
  const { hub = new Hub(), shutdown = {}, ...rest } = options;
  if (!(hub instanceof Hub)) throw new InvalidOptionError(`Option 'hub' must be a Hub, not ${describe(hub)}`);
  const resolved = resolveServerOptions('switchboard()', rest);
  checkIdentified('switchboard()', resolved.limits, resolved.identify);
  const howToClose = checkCloseAll("option 'shutdown'", shutdown);
  const board = new Switchboard(checked, resolved, hub, howToClose);
  if ('ws' in checked) {
    throw new InvalidStateError('This app has a method ws already, of express-ws perhaps: take that away first', {
      code: 'WS_TAKEN',
    });
  }
  const copy = expressCopyOf(checked);
  addRouterMethod(copy);
  passOverPages(copy);
  answerLast(checked);
  admitFirst(checked, board);
  Object.assign(checked, { ws: routeMethod('app.ws') });
  registerBoard(checked, board);
  attachOnListen(checked);
  watchServers();
  return board;
}

/** The open connections of a board, as they are while they are looked at. */
export interface OpenConnections extends Iterable<WebSocketConnection> {
  readonly size: number;
  has(connection: WebSocketConnection): boolean;
  forEach(callback: (connection: WebSocketConnection) => void): void;
}

/** The WebSockets of one app, all its servers together. */
export class Switchboard extends EventEmitter<SwitchboardEvents> {
  readonly connections: OpenConnections;
  /** By server, since a server that closes takes its own connections along, and no others. */
  private readonly open = new Map<Server, ConnectionSet>();
  /** Those that are attached, and not closed. */
  private readonly servers = new Set<AnyServer>();
  /** @internal */
  isClosing = false;
  private closing: Promise<void> | undefined;
  /** Those whose 101 is on its way. */
  private readonly accepting = new Map<Promise<WebSocketConnection>, Duplex>();
  /** @internal */
  readonly admission: Admission;
  /** For its dashboard, once it was shown. @internal */
  reserve: Reserve | undefined;
  /** @internal */
  readonly counters: Counters;
  /** One for all connections. */
  private readonly acceptInit: AcceptInit;

  /** @internal */
  constructor(
    private readonly app: App,
    /** @internal */
    readonly options: ResolvedServerOptions,
    /** The rooms that `socket.join()` and `socket.leave()` are about. */
    readonly hub: Hub,
    /** How connections are closed. */
    private shutdown: Partial<ResolvedCloseAll> = {},
  ) {
    super();
    this.counters = new Counters(options.log);
    this.counters.hubs.own(hub.counters, this.counters);
    this.admission = new Admission(options.limits);
    this.acceptInit = {
      reached: reachedThroughExpress,
      rooms: hub,
      counters: this.counters,
      onError: (error, connection) => this.report(error, connection),
    };
    const { open } = this;
    this.connections = {
      get size() {
        let size = 0;
        for (const connections of open.values()) size += connections.size;
        return size;
      },
      *[Symbol.iterator]() {
        for (const connections of open.values()) yield* connections;
      },
      has(connection) {
        for (const connections of open.values()) if (connections.has(connection)) return true;
        return false;
      },
      forEach(callback) {
        for (const connection of this) callback(connection);
      },
    };
    hub.alsoDisconnects(this.connections);
  }

  /**
   * Receives the upgrade requests of a server, and sends them the way of its ordinary requests. Needed where the app is
   * wrapped: `http.createServer((req, res) => app(req, res))`. A server without a `'request'` listener when it listens is
   * answered by the app. A second call does nothing.
   *
   * A server of node:http2 then serves the app over HTTP/2, WebSockets included (RFC 8441): its `'request'` listeners get
   * requests and responses of node:http, as Express needs them. Where its own `settings` do not say otherwise, 1,000
   * streams may be open at once in one session, and 128 KiB of each wait unread.
   *
   * From then on `server.close()` closes the WebSockets of this server as well, as the option `shutdown` says, and ends
   * HTTP/2 sessions.
   *
   * @throws InvalidOptionError for anything that is no server
   */
  attach(server: AnyServer): this {
    const given = server as { on?: unknown; closeAllConnections?: unknown } | null | undefined;
    const isServer = typeof given?.on === 'function' && typeof given.closeAllConnections === 'function';
    if (!isServer && !isHttp2Server(server)) {
      throw new InvalidOptionError(
        `attach() needs a server of node:http, node:https or node:http2, not ${describe(server)}`,
      );
    }
    AttachedServer.attach(server, this);
    this.serves(server);
    return this;
  }

  /**
   * Leaves the upgrade requests of a server alone from now on; its open connections stay. A server of node:http2 then has
   * requests of node:http2 again, which Express cannot take.
   */
  detach(server: AnyServer): this {
    AttachedServer.detach(server, this);
    this.servers.delete(server);
    return this;
  }

  /**
   * Closes all connections with the closing handshake, `over` some time if that is given, and refuses upgrades with 503 and
   * `Retry-After` from now on, also those that are on their way. What `socket.busy()` was told of may finish first. HTTP/2
   * sessions are told to go away, and end with what they still carry, or when `over` and `timeout` have passed. Otherwise
   * ordinary requests are answered as before: the servers belong to whoever made them, and so does the hub's adapter. Members
   * leave their rooms as they close.
   *
   * A further call makes it faster, never slower: the `over` and `timeout` that it gives count from now where that is sooner,
   * its `code` and `reason` for those whose turn is still to come. `close({ over: 0, timeout: 1 })` ends what is left.
   *
   * ```ts
   * process.once('SIGTERM', async () => {
   *   process.once('SIGTERM', () => process.exit(1));
   *   await board.close({ over: '30s', code: 1012 });
   *   server.close();
   * });
   * ```
   *
   * A `server.close()` before it has the WebSockets of that server closed as the option `shutdown` says; behind it, it
   * changes nothing.
   *
   * @returns a promise, the first call's, that resolves when the last connection has closed, or was cut at the timeout
   * @throws InvalidOptionError for a code or reason that cannot be sent, or what is no duration; then nothing is closed
   */
  close(options: CloseAllOptions = {}): Promise<void> {
    const given = checkCloseAll('close()', options);
    const how = { ...this.shutdown, ...given };
    this.shutdown = how;
    this.isClosing = true;
    const connections = [...this.open.values()].map((each) => each.closeAll(each.isClosing ? given : how));
    if (this.closing !== undefined && given.over === undefined && given.timeout === undefined) return this.closing;
    const { over, timeout } = { ...closeAllDefaults, ...how };
    const servers = [...this.servers].map((server) => AttachedServer.closeBoard(server, this, over + timeout));
    // A session may be being saved before its 101: that connection is closed as soon as it is one.
    // Whose client has left, it may wait for something that never comes.
    const late = Array.from(this.accepting, async ([accepted, socket]) => {
      const closed = accepted.then((connection) => connection.closed).catch(() => {});
      if (!socket.destroyed) await Promise.race([closed, once(socket, 'close').catch(() => {})]);
    });
    this.closing ??= Promise.all([...connections, ...servers, ...late]).then(() => {});
    return this.closing;
  }

  /**
   * Closes all connections of a user, those whose `socket.user` it is, whether they are in rooms or not: of this board, of
   * others that share its hub, and, where the hub has an adapter, of the boards with this hub on all other nodes. While the
   * broker is away those hear it when it is back; a node that is cut off from the broker alone does not hear it.
   *
   * @returns how many in this process
   * @throws InvalidOptionError for an option that is missing, unknown or wrong
   */
  disconnect(options: Omit<DisconnectOptions, 'room'>): number {
    return this.hub.disconnectUser(options);
  }

  /**
   * Counts an upgrade as one of this board: of whichever board it has come to last, where an app with a board is mounted in
   * another.
   *
   * @throws HandshakeError when it is one too many
   * @internal
   */
  admit(pending: PendingUpgrade): void {
    const { seat, request } = pending;
    pending.record.belongsTo(this.counters);
    if (seat?.admission === this.admission || pending.isOver) return;
    if (this.isClosing) throw serverClosing();
    seat?.release();
    pending.seat = undefined;
    pending.seat = this.admission.enter(() => nameOfAddress(addressThroughExpress(this.app, request)));
  }

  /**
   * What the board has done since it was made, and how it is now. Fast enough to be asked once a second with ten thousand
   * connections.
   */
  metrics(): Metrics {
    return this.counters.snapshot(this.connections);
  }

  /** Accepts an upgrade of this board, or throws the refusal. @param isReserved it is counted apart, as far as there is room @internal */
  async accept(
    request: IncomingMessage,
    response: ServerResponse,
    options: ResolvedServerOptions,
    isReserved = false,
  ): Promise<WebSocketConnection> {
    const pending = pendingUpgrade(request);
    // One that is refused already goes on, to be told so.
    if (this.isClosing && pending?.abandoned === false) throw serverClosing();
    if (pending !== undefined && !(isReserved && this.reserve?.enter(pending))) this.admit(pending);
    const server = pending?.server;
    const accepted = acceptUpgrade(request, response, options, this.acceptInit);
    this.accepting.set(accepted, pending?.socket ?? request.socket);
    let connection: WebSocketConnection;
    try {
      connection = await accepted;
    } finally {
      this.accepting.delete(accepted);
    }
    if (server !== undefined) this.add(connection, server);
    this.notify('connection', connection, request);
    return connection;
  }

  /** Has the app answer a request. @internal */
  answer(request: IncomingMessage, response: ServerResponse): void {
    this.app(request as ExpressRequest, response as ExpressResponse);
  }

  /** True when a WebSocket route of the app matches the request. @internal */
  takes(request: IncomingMessage): boolean {
    return takesPath(this.app, request);
  }

  /** @internal */
  closeOn(server: Server): void {
    const connections = this.open.get(server);
    if (connections !== undefined && !connections.isClosing) void connections.closeAll(this.shutdown);
  }

  /** @internal */
  terminateOn(server: Server): void {
    for (const connection of this.open.get(server) ?? []) connection.terminate();
  }

  /** A server listens, perhaps again. @internal */
  serves(server: AnyServer): void {
    this.servers.add(server);
  }

  /** A server is closed: nothing of it is kept, so that ten thousand short-lived ones leave nothing behind. @internal */
  forget(server: Server): void {
    this.open.delete(server);
    this.servers.delete(server as AnyServer);
  }

  private add(connection: WebSocketConnection, server: Server): void {
    const connections = this.connectionsOn(server);
    connections.add(connection);
    // It was closed while a session was being saved: too late for a refusal.
    const isTooLate = this.isClosing || AttachedServer.isClosing(server as AnyServer);
    if (isTooLate && !connections.isClosing) void connections.closeAll({ ...this.shutdown, over: 0 });
  }

  private connectionsOn(server: Server): ConnectionSet {
    let connections = this.open.get(server);
    if (connections === undefined) {
      connections = new ConnectionSet();
      this.open.set(server, connections);
    }
    return connections;
  }

  private report(error: unknown, connection: WebSocketConnection): void {
    this.counters.handlerErrors++;
    if (this.listenerCount('error') > 0) this.notify('error', error, connection);
    else this.options.log.mistake(error);
  }

  /** Like `emit`, but what a listener throws, or rejects with, goes to the console: it must not end the process. */
  private notify<Name extends keyof SwitchboardEvents>(name: Name, ...details: SwitchboardEvents[Name]): void {
    for (const listener of this.rawListeners(name)) {
      try {
        const result: unknown = Reflect.apply(listener, this, details);
        if (result instanceof Promise) result.catch(console.error);
      } catch (error) {
        console.error(error);
      }
    }
  }
}
