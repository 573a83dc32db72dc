import type { WebSocketConnection } from '../connection/websocket-connection';
import { CloseCode } from '../protocol/close-code';
import { encodeClosePayload } from '../protocol/close-payload';
import { checkMilliseconds, refuseUnknownOptions } from '../protocol/options';

export interface CloseAllOptions {
  /** The close code for every connection. @default 1001, going away */
  code?: number;
  /** The close reason, at most 123 bytes. @default none */
  reason?: string;
  /** Milliseconds after which those that have not closed are cut. @default 10,000 */
  timeout?: number;
}

/** The open connections of a server. One leaves by itself when it has closed. */
export class ConnectionSet implements Iterable<WebSocketConnection> {
  private readonly members = new Set<WebSocketConnection>();
  /** One function for all of them: ten thousand idle connections hold no closure each. */
  private readonly forget = (connection: WebSocketConnection): void => {
    this.members.delete(connection);
  };

  get size(): number {
    return this.members.size;
  }

  add(connection: WebSocketConnection): void {
    this.members.add(connection);
    connection.whenClosed(this.forget);
  }

  has(connection: WebSocketConnection): boolean {
    return this.members.has(connection);
  }

  [Symbol.iterator](): IterableIterator<WebSocketConnection> {
    return this.members.values();
  }

  /**
   * Closes those that are in it now, with the closing handshake, and resolves when the last of them has closed or was
   * cut at the timeout.
   *
   * @throws InvalidOptionError for a code that must not be sent, or a reason that is too long
   */
  async closeAll(options: CloseAllOptions = {}): Promise<void> {
    const { code, reason, timeout } = checkCloseAll(options);
    const closing = [...this.members];
    if (closing.length === 0) return;
    for (const connection of closing) connection.close(code, reason);
    const cut = setTimeout(() => {
      for (const connection of closing) connection.terminate();
    }, timeout);
    await Promise.all(closing.map((connection) => connection.closed));
    clearTimeout(cut);
  }
}

const closeAllOptionNames = ['code', 'reason', 'timeout'];
const defaultTimeout = 10_000;

/**
 * Checks the options of `close()`, so that a wrong code or reason closes nothing.
 *
 * @throws InvalidOptionError
 */
export function checkCloseAll(options: CloseAllOptions): Required<CloseAllOptions> {
  refuseUnknownOptions('close()', options, closeAllOptionNames);
  const { code = CloseCode.GoingAway, reason = '', timeout = defaultTimeout } = options;
  checkMilliseconds('timeout', timeout);
  encodeClosePayload(code, reason);
  return { code, reason, timeout };
}
