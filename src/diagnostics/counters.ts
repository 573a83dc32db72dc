import type { IncomingMessage } from 'node:http';
import { incompleteBytes } from '../protocol/incomplete-bytes';
import { channels } from './channels';
import { debug, isDebugging } from './debug';
import { durationBounds, Histogram } from './histogram';
import { Log } from './logger';
import type { Metrics } from './metrics';
import { NamedCounts } from './named-counts';
import { HubCounters } from './room-counters';

/** How a connection has ended, as far as it is counted. */
export interface ClosedConnection {
  readonly code: number;
  readonly reason: string;
  readonly cause: Error | null;
}

/**
 * What one board, or ChatServer, has done. Everything that is counted comes here, and is told from here to the channels and the
 * log. Plain numbers, as some are added to for every message.
 */
export class Counters {
  /** Upgrade requests that have no answer yet. */
  pending = 0;
  accepted = 0;
  readonly refused = new NamedCounts();
  readonly handshakes = new Histogram(durationBounds);
  opened = 0;
  readonly closed = new NamedCounts();
  readonly failed = new NamedCounts();
  messagesReceived = 0;
  messagesSent = 0;
  bytesReceived = 0;
  bytesSent = 0;
  readonly limits = new NamedCounts();
  handlersRunning = 0;
  handlerErrors = 0;
  readonly hubs = new HubCounters();

  constructor(readonly log = new Log(undefined)) {}

  /** A limit has held something up, or refused it, without closing a connection. */
  limited(code: string): void {
    this.limits.add(code);
    this.log.limit(code);
  }

  /** An upgrade request has come. */
  handshakeBegan(request: IncomingMessage): void {
    this.pending++;
    if (channels.handshake.hasSubscribers) channels.handshake.publish({ request });
    if (isDebugging) debug(`upgrade of ${pathOf(request)} requested`);
  }

  /**
   * An upgrade request is not accepted.
   *
   * @param status of the answer; 0 where the client has left before
   * @param code of the error behind it, or what stands for it
   */
  handshakeRefused(request: IncomingMessage, status: number, code: string, error?: Error): void {
    this.refused.add(code);
    if (channels.refusal.hasSubscribers) {
      channels.refusal.publish({ request, status, code, ...(error && { error }) });
    }
    this.log.debug('An upgrade request was refused', () => ({ code, status, ...told(request) }));
    if (isDebugging) debug(`upgrade of ${pathOf(request)} refused: ${status} ${code}`);
    if (status === 429 || status === 503) this.log.limit(code);
  }

  connectionOpened(socket: object, request: IncomingMessage): void {
    if (channels.open.hasSubscribers) channels.open.publish({ socket, request });
    this.log.debug('A connection was opened', () => told(request));
    if (isDebugging) debug(`upgrade of ${pathOf(request)} accepted`);
  }

  /**
   * @param failure the code of the error that this side failed it with
   * @param isPeersChoice the peer has chosen the close code, out of thousands
   */
  connectionClosed(socket: object, closure: ClosedConnection, failure: string | null, isPeersChoice: boolean): void {
    const { code, reason, cause } = closure;
    this.closed.add(String(code), isPeersChoice);
    if (failure !== null) this.failed.add(failure);
    if (channels.close.hasSubscribers) channels.close.publish({ socket, code, reason, cause });
    this.log.debug('A connection was closed', () => ({
      code,
      ...(reason !== '' && { reason }),
      ...(failure !== null && { failure }),
      ...(cause !== null && { err: cause }),
    }));
  }

  /** @param policy what becomes of it, or of what it is sent */
  slowConsumer(socket: object, policy: string, room?: string): void {
    const where = room === undefined ? {} : { room };
    if (channels.slowConsumer.hasSubscribers) channels.slowConsumer.publish({ socket, ...where, policy });
    this.log.slowConsumer(policy, where);
  }

  /** The status of the adapter of a hub that connections of this board are in. */
  adapterChanged(status: string, problem: Error | undefined): void {
    if (status === 'degraded') this.log.degraded(problem);
    else this.log.info('The adapter has another status', () => ({ status }));
  }

  /** @param connections those that are open */
  snapshot(connections: Iterable<{ readonly bufferedAmount: number }>): Metrics {
    // Before what was sent is read: it encodes what waits to be encoded, and so is counted.
    let buffered = 0;
    for (const { bufferedAmount } of connections) buffered += bufferedAmount;
    return {
      at: Date.now(),
      connections: {
        open: this.opened - this.closed.total,
        opened: this.opened,
        closed: this.closed.snapshot(),
        failed: this.failed.snapshot(),
      },
      handshakes: {
        pending: this.pending,
        accepted: this.accepted,
        refused: this.refused.snapshot(),
        duration: this.handshakes.snapshot(),
      },
      messages: { received: this.messagesReceived, sent: this.messagesSent },
      bytes: { received: this.bytesReceived, sent: this.bytesSent },
      limited: this.limits.snapshot(),
      handlers: { running: this.handlersRunning, errors: this.handlerErrors },
      buffered,
      incomplete: incompleteBytes(),
      rooms: this.hubs.snapshot(),
    };
  }
}

/** What connections count that belong to no board: nobody reads it. */
export const uncounted = new Counters();

/** Enough of a request to find it again. */
function told(request: IncomingMessage): { path: string; address: string | undefined } {
  return { path: pathOf(request), address: request.socket.remoteAddress };
}

/** Without the query, nor what an absolute URL has before the path: there may be a token, a ticket or a password in them. */
function pathOf({ url = '' }: IncomingMessage): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const end = path.search(/[?#]|%3f/i);
  return end === -1 ? path : path.slice(0, end);
}
