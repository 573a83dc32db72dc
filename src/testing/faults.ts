/** Which way bytes go on a link. */
export type Direction = 'toServer' | 'toClient' | 'both';

/**
 * What can go wrong on the way between a client of `connectTo()` and the server, as both ends would see it of a network.
 *
 * ```ts
 * const peer = await connectTo(app, '/feed');
 * peer.faults.stall('toClient');           // a client that does not read
 * …
 * await waitUntil(() => board.connections.size === 0);
 * ```
 */
export interface Faults {
  /**
   * Nothing arrives any more: what is written waits, until nothing more can be written. The other end learns nothing, not
   * even that this one has closed. @param direction default `'both'`
   */
  stall(direction?: Direction): void;
  /** Ends a stall: what has waited arrives. @param direction default `'both'` */
  resume(direction?: Direction): void;
  /** Has bytes arrive in pieces of at most `size`: 1 for byte by byte. @param direction default `'both'` */
  chunk(size: number, direction?: Direction): void;
  /**
   * Has what is written next arrive twice: one message, or as many as go out together. Where messages are compressed, that is
   * a violation of the protocol. @param direction default `'both'`
   */
  duplicate(direction?: Direction): void;
  /** Resets the connection: both ends fail with `ECONNRESET`, no close frame is said. */
  cut(): void;
  /** The client is gone, and the server is not told, as after a power cut: it can learn it by its heartbeat only. */
  vanish(): void;
}
