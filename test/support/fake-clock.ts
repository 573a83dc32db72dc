interface Timer {
  due: number;
  readonly interval: number;
  readonly callback: () => void;
  readonly unref: () => Timer;
}

/** Takes the place of `setInterval` and of the clocks, until it is given back: time passes when a test says so. */
export class FakeClock {
  readonly #real = { setInterval, clearInterval, performanceNow: performance.now, dateNow: Date.now };
  readonly #timers = new Set<Timer>();
  #now = 1000;
  /** How much the wall clock differs: it may be set. */
  wallClock = 1_800_000_000_000;

  constructor() {
    const every = (callback: () => void, interval: number): Timer => {
      const timer: Timer = { due: this.#now + interval, interval, callback, unref: () => timer };
      this.#timers.add(timer);
      return timer;
    };
    globalThis.setInterval = every as unknown as typeof setInterval;
    globalThis.clearInterval = ((timer: Timer) => this.#timers.delete(timer)) as unknown as typeof clearInterval;
    performance.now = () => this.#now;
    Date.now = () => this.#now + this.wallClock;
  }

  readonly now = (): number => this.#now;

  /** Timers that run. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, and the timers do what is due. */
  pass(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((one, other) => one.due - other.due);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due);
      next.due += next.interval;
      next.callback();
    }
    this.#now = end;
  }

  /** Time passes while the process stands still: what was due is done once, afterwards. */
  stall(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers]) {
      if (timer.due > this.#now) continue;
      timer.due = this.#now + timer.interval;
      timer.callback();
    }
  }

  giveBack(): void {
    globalThis.setInterval = this.#real.setInterval;
    globalThis.clearInterval = this.#real.clearInterval;
    performance.now = this.#real.performanceNow;
    Date.now = this.#real.dateNow;
  }
}
