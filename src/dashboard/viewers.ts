import type { WebSocketConnection } from '../connection/websocket-connection';
import type { Metrics } from '../diagnostics/metrics';
import type { Counts } from './wire';

/** A page that leaves more unread, in bytes, gets nothing until it has caught up: it will miss seconds, and nobody memory. */
const maxUnread = 1024 * 1024;

/** Those who look at a board's dashboard, and what they add to its metrics, so that it can be left out of what they see. */
export class Viewers implements Iterable<WebSocketConnection> {
  readonly #open = new Set<WebSocketConnection>();
  readonly #closed: Record<string, number> = {};
  #opened = 0;
  #received = 0;
  #receivedBytes = 0;
  #sent = 0;
  #sentBytes = 0;

  get size(): number {
    return this.#open.size;
  }

  has(socket: WebSocketConnection): boolean {
    return this.#open.has(socket);
  }

  [Symbol.iterator](): IterableIterator<WebSocketConnection> {
    return this.#open.values();
  }

  add(socket: WebSocketConnection): void {
    this.#opened++;
    this.#open.add(socket);
    // A page asks whether we are there; the next second is the answer.
    socket.on('message', (data) => {
      this.#received++;
      this.#receivedBytes += Buffer.byteLength(data);
    });
    socket.on('close', (code) => {
      this.#open.delete(socket);
      this.#closed[code] = (this.#closed[code] ?? 0) + 1;
    });
  }

  /** Sends to one viewer. */
  send(socket: WebSocketConnection, text: string): void {
    if (socket.bufferedAmount > maxUnread) return;
    socket.send(text);
    this.#sent++;
    this.#sentBytes += Buffer.byteLength(text);
  }

  /** The metrics as they would be if nobody looked; the duration of handshakes is that of all. */
  without(metrics: Metrics): Metrics {
    const { connections, handshakes, messages, bytes } = metrics;
    let buffered = 0;
    for (const socket of this.#open) buffered += socket.bufferedAmount;
    return {
      ...metrics,
      connections: {
        ...connections,
        open: less(connections.open, this.size),
        opened: less(connections.opened, this.#opened),
        closed: lessBy(connections.closed, this.#closed),
      },
      handshakes: { ...handshakes, accepted: less(handshakes.accepted, this.#opened) },
      messages: { received: less(messages.received, this.#received), sent: less(messages.sent, this.#sent) },
      bytes: { received: less(bytes.received, this.#receivedBytes), sent: less(bytes.sent, this.#sentBytes) },
      buffered: less(metrics.buffered, buffered),
    };
  }
}

function less(all: number, own: number): number {
  return Math.max(0, all - own);
}

function lessBy(all: Counts, own: Counts): Counts {
  const entries = Object.entries(all).map(([code, count]) => [code, less(count, own[code] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}
