import type { Duplex } from 'node:stream';
import { WebSocketConnection, type WebSocketConnectionInit } from '../connection/websocket-connection';

/** The head of the response that opened a connection. */
export interface OpeningResponse {
  /** 101; over HTTP/2 it is 200. */
  readonly status: number;
  /** By lower-case name, as node:http has them: `set-cookie` is a list. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The version of HTTP that carried the opening handshake: `'2.0'` where the connection is a stream of HTTP/2. */
  readonly httpVersion: '1.1' | '2.0';
}

/** Milliseconds that messages which keep more from being read wait for somebody: less than servers wait for a pong. */
const patience = 5_000;

/**
 * A connection that `connect()` made. On a server messages wait for a listener until the handler has settled; a client has
 * no handler, and may listen whenever it likes. So its messages wait without a term, and once 64 KiB of them do, so does
 * what is behind them: pings, and the peer's close frame. A client that only sends would never see those.
 *
 * Therefore the gate opens when reading has been stalled for 5 seconds and nobody has listened for a message, taken one by
 * `receive()`, or paused the connection: nobody will. Who takes messages by `receive()` has the peer wait for as long as
 * it likes, as on a server.
 */
export class ClientConnection extends WebSocketConnection {
  private patienceTimer: NodeJS.Timeout | undefined;

  /** @internal */
  constructor(
    transport: Duplex,
    init: WebSocketConnectionInit,
    /** What the server said when it opened the connection: cookies, say. */
    readonly response: OpeningResponse,
  ) {
    super(transport, init);
  }

  protected override updateReading(): void {
    super.updateReading();
    const isStuck = this.isStuck;
    if (isStuck === (this.patienceTimer !== undefined)) return;
    if (isStuck) this.patienceTimer = setTimeout(() => this.lostPatience(), patience);
    else this.stopWaiting();
  }

  private get isStuck(): boolean {
    const isUnheard = this.gated && !this.pulled && !this.pausedByUser && this.listenerCount('message') === 0;
    return isUnheard && this.isStalled;
  }

  private lostPatience(): void {
    this.patienceTimer = undefined;
    if (this.isStuck) this.openGate();
  }

  private stopWaiting(): void {
    clearTimeout(this.patienceTimer);
    this.patienceTimer = undefined;
  }

  /** @internal */
  override transportClose(): void {
    this.stopWaiting();
    super.transportClose();
  }
}
