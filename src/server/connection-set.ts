import type { WebSocketConnection } from '../connection/websocket-connection';
import { closeAllDefaults, type ResolvedCloseAll } from './close-all-options';
import { GracefulClose } from './graceful-close';

/** The open connections of a server. One leaves by itself when it has closed. */
export class ConnectionSet implements Iterable<WebSocketConnection> {
  private readonly members = new Set<WebSocketConnection>();
  private closing: GracefulClose | undefined;
  /** One function for all of them: ten thousand idle connections hold no closure each. */
  private readonly forget = (connection: WebSocketConnection): void => {
    this.members.delete(connection);
  };

  get size(): number {
    return this.members.size;
  }

  /** `closeAll()` is under way. */
  get isClosing(): boolean {
    return this.closing?.isDone === false;
  }

  /** One that comes while all are closed is closed, too. */
  add(connection: WebSocketConnection): void {
    this.members.add(connection);
    connection.whenClosed(this.forget);
    if (this.closing?.isDone === false) this.closing.add(connection);
  }

  has(connection: WebSocketConnection): boolean {
    return this.members.has(connection);
  }

  [Symbol.iterator](): IterableIterator<WebSocketConnection> {
    return this.members.values();
  }

  /**
   * Closes those that are in it, with the closing handshake; of those in it while that is under way, all are closed. A further
   * call meanwhile makes it faster: what it gives counts from now on where that is sooner, and code and reason for those that
   * have not had their turn.
   *
   * @param options checked by `checkCloseAll`
   * @returns a promise that resolves when the last of them has closed, or was cut
   */
  closeAll(options: Partial<ResolvedCloseAll> = {}): Promise<void> {
    if (this.closing?.isDone === false) this.closing.hasten(options);
    else this.closing = new GracefulClose(this.members, { ...closeAllDefaults, ...options });
    return this.closing.done;
  }
}
