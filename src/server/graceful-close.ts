import type { WebSocketConnection } from '../connection/websocket-connection';
import type { ResolvedCloseAll } from './close-all-options';

/** A connection, and when it has its turn; by the clock that never goes back. */
interface Turn {
  readonly connection: WebSocketConnection;
  /** When it gets its close frame, or is waited for. */
  at: number;
  /** When it is cut; known when it has had its turn. */
  end: number;
}

/** How often is looked who has a turn, in milliseconds: so many closes are at once as fall into it. */
const grain = 25;

/**
 * Closes connections one after the other, in an order drawn by lot, so that their clients do not come back at once: the time is
 * divided evenly among them, and each is closed at a random moment of its share.
 */
export class GracefulClose {
  /** Resolves when the last of them has closed. */
  readonly done: Promise<void>;
  /** In the order of their turns; of those that have had it, the ends are in order, too. */
  private readonly turns: Turn[] = [];
  private begun = 0;
  private ended = 0;
  private open = 0;
  private code: number;
  private reason: string;
  private timeout: number;
  private timer: NodeJS.Timeout | undefined;
  private resolve!: () => void;
  /** All have closed. */
  isDone = false;

  constructor(connections: Iterable<WebSocketConnection>, { over, code, reason, timeout }: ResolvedCloseAll) {
    this.code = code;
    this.reason = reason;
    this.timeout = timeout;
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    for (const connection of shuffled([...connections])) this.watch(this.turns.length, connection);
    this.spread(over);
    this.timer = setInterval(() => this.look(), grain);
    this.look();
    if (this.open === 0) this.finish();
  }

  /** Makes it faster, never slower: what is given counts from now on where that is sooner. */
  hasten({ over, code, reason, timeout }: Partial<ResolvedCloseAll>): void {
    this.code = code ?? this.code;
    this.reason = reason ?? this.reason;
    if (timeout !== undefined) {
      this.timeout = Math.min(this.timeout, timeout);
      const end = performance.now() + timeout;
      for (const turn of this.turns.slice(this.ended, this.begun)) turn.end = Math.min(turn.end, end);
    }
    if (over !== undefined) this.spread(over);
    this.look();
  }

  /** One that has come since is the next to have its turn, at once. */
  add(connection: WebSocketConnection): void {
    this.watch(this.begun, connection).at = performance.now();
    this.look();
  }

  private watch(index: number, connection: WebSocketConnection): Turn {
    const turn = { connection, at: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };
    this.turns.splice(index, 0, turn);
    this.open++;
    connection.whenClosed(this.closed);
    return turn;
  }

  /** Gives those that have not had their turn another one, unless theirs is sooner. */
  private spread(over: number): void {
    const now = performance.now();
    const waiting = this.turns.slice(this.begun);
    waiting.forEach((turn, index) => {
      turn.at = Math.min(turn.at, now + (over * (index + Math.random())) / waiting.length);
    });
  }

  private readonly closed = (): void => {
    if (--this.open === 0) this.finish();
  };

  private look(): void {
    const now = performance.now();
    for (let turn = this.turns[this.begun]; turn !== undefined && turn.at <= now; turn = this.turns[this.begun]) {
      this.begun++;
      turn.end = now + this.timeout;
      turn.connection.closeWhenIdle(this.code, this.reason);
    }
    while (this.ended < this.begun && this.turns[this.ended]!.end <= now) {
      const { connection } = this.turns[this.ended++]!;
      // Whoever was busy until now has not been told anything.
      connection.close(this.code, this.reason);
      connection.terminate();
    }
  }

  private finish(): void {
    this.isDone = true;
    clearInterval(this.timer);
    this.turns.length = 0;
    this.resolve();
  }
}

/** Draws an order by lot (Fisher and Yates). */
function shuffled<Item>(items: Item[]): Item[] {
  for (let last = items.length - 1; last > 0; last--) {
    const drawn = Math.floor(Math.random() * (last + 1));
    [items[last], items[drawn]] = [items[drawn]!, items[last]!];
  }
  return items;
}
