import { DueQueue } from './due-queue';

/** What a heartbeat needs of a connection. */
export interface Heart {
  /** True when something has been heard since the last `beat`, or when nothing could be heard because reading is paused. */
  readonly alive: boolean;
  /** Sends a ping, and forgets what was heard before. */
  beat(): void;
  /** Nothing was heard within the pong timeout. */
  stopped(): void;
}

/** Pings all connections that have the same interval from one timer. */
export class Heartbeat {
  private readonly pings: DueQueue<Heart>;
  private readonly deadlines: DueQueue<Heart>;

  private constructor(
    private readonly interval: number,
    private readonly timeout: number,
  ) {
    this.deadlines = new DueQueue(timeout, (heart) => {
      if (!heart.alive) heart.stopped();
    });
    this.pings = new DueQueue(interval, (heart) => {
      this.pings.add(heart);
      // One ping at a time: while it is unanswered, its deadline must not move.
      if (this.deadlines.has(heart) && !heart.alive) return;
      heart.beat();
      this.deadlines.add(heart);
    });
  }

  /** The heartbeat of this rhythm; both in milliseconds. */
  static of(interval: number, timeout: number): Heartbeat {
    // Nearly all connections of a process have the same rhythm.
    if (latest?.interval === interval && latest.timeout === timeout) return latest;
    const key = `${interval}/${timeout}`;
    latest = heartbeats.get(key) ?? new Heartbeat(interval, timeout);
    heartbeats.set(key, latest);
    return latest;
  }

  add(heart: Heart): void {
    this.pings.add(heart);
  }

  remove(heart: Heart): void {
    this.pings.remove(heart);
    this.deadlines.remove(heart);
  }
}

const heartbeats = new Map<string, Heartbeat>();
let latest: Heartbeat | undefined;
