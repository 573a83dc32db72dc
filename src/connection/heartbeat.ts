/** What a heartbeat needs of a connection. */
export interface Heart {
  /** True when something has been heard since the last `beat`, or when nothing could be heard because reading is paused. */
  readonly alive: boolean;
  /** Sends a ping, and forgets what was heard before. */
  beat(): void;
  /** Nothing was heard within the pong timeout. */
  stopped(): void;
}

/**
 * Pings all connections that have the same interval from one timer. As every one of them waits equally long, a queue in
 * the order of arrival is a queue in the order of what is due: no connection has a timer of its own.
 */
export class Heartbeat {
  private readonly pings: DueQueue;
  private readonly deadlines: DueQueue;

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

/** Hearts that each wait for the same time. */
class DueQueue {
  private readonly due = new Map<Heart, number>();
  private timer: NodeJS.Timeout | undefined;
  private running = false;
  /** Hearts due this much later, in milliseconds, are served along, so that ten thousand do not make as many timers. */
  private readonly slack: number;

  constructor(
    private readonly delay: number,
    private readonly serve: (heart: Heart) => void,
  ) {
    this.slack = delay / 32;
  }

  add(heart: Heart): void {
    this.due.delete(heart);
    // A whole number: a fraction would be an object on the heap for each connection.
    this.due.set(heart, Math.ceil(performance.now()) + this.delay);
    if (this.timer === undefined && !this.running) this.arm(this.delay);
  }

  has(heart: Heart): boolean {
    return this.due.has(heart);
  }

  remove(heart: Heart): void {
    this.due.delete(heart);
    if (this.due.size > 0 || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(delay: number): void {
    // A process that was busy for long finds its timers due before it has read what came meanwhile: that first.
    this.timer = setTimeout(() => setImmediate(() => this.run()), delay);
    // A program must be able to end with nothing left but heartbeats.
    this.timer.unref();
  }

  private run(): void {
    const now = performance.now() + this.slack;
    // Another one, if all were removed and some added since it fired.
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = true;
    for (const [heart, due] of this.due) {
      if (due > now) break;
      this.due.delete(heart);
      this.serve(heart);
    }
    this.running = false;
    const [next] = this.due.values();
    if (next !== undefined) this.arm(Math.max(next - now + this.slack, 1));
  }
}
