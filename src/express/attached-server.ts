import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { HandshakeError } from '../protocol/errors';
import { bridgeHttp2 } from '../server/http2-bridge';
import { type AnyHttp2Server, isHttp2Server } from '../server/http2-server';
import { Http2Sessions } from '../server/http2-sessions';
import { isWebSocketUpgrade, receiveUpgrades, type UpgradeReceiver } from '../server/receive-upgrades';
import type { Switchboard } from './switchboard';

/** What a board can be attached to. */
export type AnyServer = Server | AnyHttp2Server;

const attached = new WeakMap<AnyServer, AttachedServer>();

/**
 * A server with the boards that are attached to it, one for each app behind it: its upgrades are received once, and go
 * the way of its ordinary requests, so that a wrapper around the app, or a choice between several apps, counts for both.
 */
export class AttachedServer {
  private readonly boards = new Set<Switchboard>();
  private readonly receivers: UpgradeReceiver[] = [];
  /** Undoes what attaching did. */
  private readonly restorers: Array<() => void> = [];
  private sessions: Http2Sessions | undefined;
  private isClosing = false;

  private constructor(
    private readonly server: AnyServer,
    handshakeTimeout: number,
  ) {
    const http1 = server as Server;
    this.receive(http1, {
      handshakeTimeout,
      claims: (request) => this.claims(request),
      dispatch: (request, response) => http1.emit('request', request, response),
    });
    if (isHttp2Server(server)) this.receiveStreams(server, handshakeTimeout);
    this.closeWithServer(http1);
    this.answerWhereNobodyDoes(http1);
  }

  /** Attaches a board; where another one is attached already, the handshake's deadline stays as that one has it. */
  static attach(server: AnyServer, board: Switchboard): void {
    let known = attached.get(server);
    if (known === undefined) {
      known = new AttachedServer(server, board.options.handshakeTimeout);
      attached.set(server, known);
    }
    known.boards.add(board);
  }

  static detach(server: AnyServer, board: Switchboard): void {
    const known = attached.get(server);
    if (known === undefined || !known.boards.delete(board) || known.boards.size > 0) return;
    attached.delete(server);
    for (const restore of known.restorers) restore();
  }

  /** `close()` was called, and it has not begun to listen since. */
  static isClosing(server: AnyServer): boolean {
    return attached.get(server)?.isClosing === true;
  }

  /**
   * Refuses what is pending for a board that closes, and ends HTTP/2 sessions, unless they carry WebSockets of a board that
   * stays; see `Http2Sessions`.
   */
  static async closeBoard(server: AnyServer, board: Switchboard, timeout: number): Promise<void> {
    const known = attached.get(server);
    if (known === undefined) return;
    for (const receiver of known.receivers) {
      for (const pending of receiver.pending) {
        if (pending.seat?.admission === board.admission) pending.refuse(serverClosing());
      }
    }
    if ([...known.boards].every((each) => each.isClosing)) await known.sessions?.closeAll(timeout);
  }

  private receive(server: Server, init: Parameters<typeof receiveUpgrades>[1]): void {
    // Those of whichever board it is for, if that is another one, are known when it has come to its app.
    const counters = () => [...this.boards][0]?.counters;
    const receiver = receiveUpgrades(server, { ...init, counters });
    this.receivers.push(receiver);
    this.restorers.push(() => receiver.detach());
  }

  private receiveStreams(server: AnyHttp2Server, handshakeTimeout: number): void {
    const bridge = bridgeHttp2(server);
    const sessions = new Http2Sessions(server);
    this.sessions = sessions;
    this.receive(bridge.http1, { handshakeTimeout, dispatch: bridge.dispatch, countedOn: server });
    this.restorers.push(
      () => bridge.detach(),
      () => sessions.detach(),
    );
  }

  /** A server that has no listener for requests when it listens would answer nothing, upgrades included: its app does. */
  private answerWhereNobodyDoes(server: Server): void {
    const answer: RequestListener = (request, response) => {
      const [board] = this.boards;
      board?.answer(request, response);
    };
    const onListening = () => {
      // Who looks at streams, besides us, answers them.
      const looksAtStreams = server.listenerCount('stream') > 1;
      if (server.listenerCount('request') === 0 && !looksAtStreams) server.on('request', answer);
    };
    if (server.listening) onListening();
    else server.once('listening', onListening);
    this.restorers.push(() => server.off('listening', onListening).off('request', answer));
  }

  private claims(request: IncomingMessage): boolean {
    if (!isWebSocketUpgrade(request)) return false;
    if (this.server.listenerCount('upgrade') === 1) return true;
    // Somebody else listens too, and may want what no route of ours takes.
    for (const board of this.boards) if (board.takes(request)) return true;
    return false;
  }

  /**
   * `server.close()` waits for all connections, and a WebSocket does not end by itself: so it closes them, as the option
   * `shutdown` of their boards says, like idle keep-alive connections; `closeAllConnections()` cuts them, as it does all others. HTTP/2 has no
   * such method, and sessions that stay open as long as their client likes: they are told to go away.
   */
  private closeWithServer(server: Server): void {
    const { close, closeAllConnections } = server;
    const closeEverything: Server['close'] = (callback) => {
      this.isClosing = true;
      this.refuseAll(serverClosing());
      for (const board of this.boards) board.closeOn(server);
      this.sessions?.close();
      return close.call(server, callback);
    };
    const cutEverything = (): void => {
      for (const receiver of this.receivers) receiver.cutAll();
      for (const board of this.boards) board.terminateOn(server);
      closeAllConnections.call(server);
    };
    const onListening = () => {
      this.isClosing = false;
      this.refuseAll(undefined);
      for (const board of this.boards) board.serves(server);
    };
    const onClose = () => {
      for (const board of this.boards) board.forget(server);
    };
    server.close = closeEverything;
    if (closeAllConnections !== undefined) server.closeAllConnections = cutEverything;
    server.on('listening', onListening);
    server.on('close', onClose);
    this.restorers.push(() => {
      if (server.close === closeEverything) server.close = close;
      if (server.closeAllConnections === cutEverything) server.closeAllConnections = closeAllConnections;
      server.off('listening', onListening);
      server.off('close', onClose);
    });
  }

  private refuseAll(error: HandshakeError | undefined): void {
    for (const receiver of this.receivers) receiver.refuseAll(error);
  }
}

/** What upgrades are told while the server goes away; a client that comes back finds its successor. */
export function serverClosing(): HandshakeError {
  return new HandshakeError('The server is closing', {
    status: 503,
    code: 'SERVER_CLOSING',
    headers: { 'Retry-After': '1' },
  });
}
