import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { Application, Request } from 'express-serve-static-core';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { CloseCode } from '../protocol/close-code';
import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { describe, refuseUnknownOptions } from '../protocol/options';
import { Hub } from '../rooms/hub';
import { type AcceptInit, acceptUpgrade } from '../server/accept-upgrade';
import { type CloseAllOptions, ConnectionSet, checkCloseAll } from '../server/connection-set';
import { isHttp2Server } from '../server/http2-server';
import {
  type ResolvedServerOptions,
  resolveServerOptions,
  type ServerOptions,
  serverOptionNames,
} from '../server/options';
import { pendingUpgrade } from '../server/pending-upgrade';
import { type AnyServer, AttachedServer, serverClosing } from './attached-server';
import { boardOf, registerBoard } from './boards';
import { type App, checkApp, type ExpressRequest, type ExpressResponse, expressCopyOf } from './express-internals';
import { attachOnListen, watchServers } from './find-servers';
import { answerLast } from './last-answer';
import { passOverPages } from './pass-over';
import { addRouterMethod, routeMethod } from './registration';
import { takesPath } from './taken-paths';
import { reachedThroughExpress } from './trust-proxy';

/** Options of a whole app; functions among them get Express's request. */
export interface SwitchboardOptions extends ServerOptions<Request> {
  /**
   * The rooms that `socket.join()`, `socket.leave()` and `board.hub` are about: `new Hub({ adapter, … })` shares them with
   * other nodes. Boards may share a hub.
   * @default a hub of the board's own
   */
  hub?: Hub;
}

/** The events of a board, with what their listeners get. */
export interface SwitchboardEvents {
  /** A connection was accepted; its handler is called right after. */
  connection: [socket: WebSocketConnection, request: IncomingMessage];
  /**
   * A handler, or a listener on a connection, threw or rejected; that connection was failed with 1011. Without a
   * listener the error is written to the console. It never ends the process.
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
  refuseUnknownOptions('switchboard()', options, ['hub', ...serverOptionNames]);
  const { hub = new Hub(), ...rest } = options;
  if (!(hub instanceof Hub)) throw new InvalidOptionError(`Option 'hub' must be a Hub, not ${describe(hub)}`);
  const board = new Switchboard(checked, resolveServerOptions('switchboard()', rest), hub);
  if ('ws' in checked) {
    throw new InvalidStateError('This app has a method ws already, of express-ws perhaps: take that away first', {
      code: 'WS_TAKEN',
    });
  }
  const copy = expressCopyOf(checked);
  addRouterMethod(copy);
  passOverPages(copy);
  answerLast(checked);
  Object.assign(checked, { ws: routeMethod('app.ws') });
  registerBoard(checked, board);
  attachOnListen(checked);
  watchServers();
  return board;
}

/** The open connections of a board, as they are while they are looked at. */
export interface OpenConnections extends Iterable<WebSocketConnection> {
  readonly size: number;
}

/** The WebSockets of one app, all its servers together. */
export class Switchboard extends EventEmitter<SwitchboardEvents> {
  readonly connections: OpenConnections;
  /** By server, since a server that closes takes its own connections along, and no others. */
  private readonly open = new Map<Server, ConnectionSet>();
  /** Servers whose sessions end with the board. */
  private readonly http2Servers = new Set<AnyServer>();
  /** @internal */
  isClosing = false;
  private closing: Promise<void> | undefined;
  /** One for all connections. */
  private readonly acceptInit: AcceptInit;

  /** @internal */
  constructor(
    private readonly app: App,
    /** @internal */
    readonly options: ResolvedServerOptions,
    /** The rooms that `socket.join()` and `socket.leave()` are about. */
    readonly hub: Hub,
  ) {
    super();
    this.acceptInit = {
      reached: reachedThroughExpress,
      rooms: hub,
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
    };
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
   * From then on `server.close()` closes the WebSockets of this server as well, with 1001, and ends HTTP/2 sessions.
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
    if (isHttp2Server(server)) this.http2Servers.add(server);
    return this;
  }

  /**
   * Leaves the upgrade requests of a server alone from now on; its open connections stay. A server of node:http2 then has
   * requests of node:http2 again, which Express cannot take.
   */
  detach(server: AnyServer): this {
    AttachedServer.detach(server, this);
    this.http2Servers.delete(server);
    return this;
  }

  /**
   * Closes all connections with the closing handshake, and refuses upgrades with 503 from now on. HTTP/2 sessions are told
   * to go away, and end with what they still carry, or at the timeout. Otherwise ordinary requests are answered as
   * before: the servers belong to whoever made them. Every further call returns the first one's promise.
   *
   * @returns a promise that resolves when the last connection has closed, or was cut at the timeout
   * @throws InvalidOptionError for a code or reason that cannot be sent; then nothing is closed
   */
  close(options: CloseAllOptions = {}): Promise<void> {
    if (this.closing !== undefined) return this.closing;
    const { timeout } = checkCloseAll(options);
    this.isClosing = true;
    const connections = [...this.open.values()].map((each) => each.closeAll(options));
    const sessions = [...this.http2Servers].map((server) => AttachedServer.closeSessions(server, timeout));
    this.closing = Promise.all([...connections, ...sessions]).then(() => {});
    return this.closing;
  }

  /** Accepts an upgrade of this board, or throws the refusal. @internal */
  async accept(
    request: IncomingMessage,
    response: ServerResponse,
    options: ResolvedServerOptions,
  ): Promise<WebSocketConnection> {
    if (this.closing !== undefined) throw serverClosing();
    const server = pendingUpgrade(request)?.server;
    const connection = await acceptUpgrade(request, response, options, this.acceptInit);
    if (server !== undefined) this.connectionsOn(server).add(connection);
    // The board was closed while a session was being saved: too late for a refusal.
    if (this.closing !== undefined) connection.close(CloseCode.GoingAway);
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
    void this.open.get(server)?.closeAll();
  }

  /** @internal */
  terminateOn(server: Server): void {
    for (const connection of this.open.get(server) ?? []) connection.terminate();
  }

  /** A server is closed: nothing of it is kept, so that ten thousand short-lived ones leave nothing behind. @internal */
  forget(server: Server): void {
    this.open.delete(server);
    this.http2Servers.delete(server as AnyServer);
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
    if (this.listenerCount('error') > 0) this.notify('error', error, connection);
    else console.error(error);
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
