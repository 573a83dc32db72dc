import type { IncomingMessage, Server } from 'node:http';
import { HandshakeError } from '../protocol/errors';
import { isWebSocketUpgrade, receiveUpgrades, type UpgradeReceiver } from '../server/receive-upgrades';
import type { Switchboard } from './switchboard';

const attached = new WeakMap<Server, AttachedServer>();

/**
 * A server with the boards that are attached to it, one for each app behind it: its upgrades are received once, and go
 * the way of its ordinary requests, so that a wrapper around the app, or a choice between several apps, counts for both.
 */
export class AttachedServer {
  private readonly boards = new Set<Switchboard>();
  private readonly receiver: UpgradeReceiver;
  private readonly restore: () => void;

  private constructor(
    private readonly server: Server,
    handshakeTimeout: number,
  ) {
    this.receiver = receiveUpgrades(server, {
      handshakeTimeout,
      claims: (request) => this.claims(request),
      dispatch: (request, response) => {
        server.emit('request', request, response);
      },
    });
    this.restore = this.closeWithServer();
  }

  /** Attaches a board; where another one is attached already, the handshake's deadline stays as that one has it. */
  static attach(server: Server, board: Switchboard): void {
    let known = attached.get(server);
    if (known === undefined) {
      known = new AttachedServer(server, board.options.handshakeTimeout);
      attached.set(server, known);
    }
    known.boards.add(board);
  }

  static detach(server: Server, board: Switchboard): void {
    const known = attached.get(server);
    if (known === undefined || !known.boards.delete(board) || known.boards.size > 0) return;
    attached.delete(server);
    known.receiver.detach();
    known.restore();
  }

  private claims(request: IncomingMessage): boolean {
    if (!isWebSocketUpgrade(request)) return false;
    if (this.server.listenerCount('upgrade') === 1) return true;
    // Somebody else listens too, and may want what no route of ours takes.
    for (const board of this.boards) if (board.takes(request)) return true;
    return false;
  }

  /**
   * `server.close()` waits for all connections, and a WebSocket does not end by itself: so it closes them, with 1001,
   * as it closes idle keep-alive connections; `closeAllConnections()` cuts them, as it does all others.
   */
  private closeWithServer(): () => void {
    const { server } = this;
    const { close, closeAllConnections } = server;
    const closeEverything: Server['close'] = (callback) => {
      this.receiver.refuseAll(serverClosing());
      for (const board of this.boards) board.closeOn(server);
      return close.call(server, callback);
    };
    const cutEverything = (): void => {
      this.receiver.cutAll();
      for (const board of this.boards) board.terminateOn(server);
      closeAllConnections.call(server);
    };
    const onListening = () => this.receiver.refuseAll(undefined);
    const onClose = () => {
      for (const board of this.boards) board.forget(server);
    };
    server.close = closeEverything;
    server.closeAllConnections = cutEverything;
    server.on('listening', onListening);
    server.on('close', onClose);
    return () => {
      if (server.close === closeEverything) server.close = close;
      if (server.closeAllConnections === cutEverything) server.closeAllConnections = closeAllConnections;
      server.off('listening', onListening);
      server.off('close', onClose);
    };
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
