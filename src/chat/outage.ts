import type { WebSocketConnection } from '../connection/websocket-connection';
import type { Position } from '../rooms/adapter';

/** A message that some members got before it had its place in the log. */
interface Early {
  /** Those whose seats have larger numbers came later, and do not have it. */
  readonly lastSeat: number;
  placed: boolean;
}

/**
 * What one room has to remember of the time in which the broker is away: which messages its members have already, and who
 * came meanwhile and waits for what it missed.
 */
export class Outage {
  readonly #early = new Map<string, Early>();
  /** With what each has seen last. Until they have what they missed, they get nothing of the log. */
  readonly parked = new Map<WebSocketConnection, Position | undefined>();

  /** There is nothing to remember any more. */
  get isOver(): boolean {
    if (this.parked.size > 0) return false;
    // Who was parked may have had a message early that the others have in its place: that is over now.
    for (const [id, early] of this.#early) if (early.placed) this.#early.delete(id);
    return this.#early.size === 0;
  }

  wasEarly(id: string): boolean {
    return this.#early.has(id);
  }

  toldEarly(id: string, lastSeat: number): void {
    this.#early.set(id, { lastSeat, placed: false });
  }

  /** Whether who has the seat of this number has the message already. */
  hasEarly(id: string, seat: number): boolean {
    const early = this.#early.get(id);
    return early !== undefined && seat <= early.lastSeat;
  }

  placed(id: string): void {
    const early = this.#early.get(id);
    if (early !== undefined) early.placed = true;
  }

  givenUp(id: string): void {
    this.#early.delete(id);
  }

  /** Messages were lost: of those that are not on their way any more nothing will come. */
  lost(waiting: ReadonlySet<string>): void {
    for (const id of this.#early.keys()) if (!waiting.has(id)) this.#early.delete(id);
  }
}
