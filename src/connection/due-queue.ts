/**
 * Those who each wait for the same time. As every one of them waits equally long, a queue in the order of arrival is a queue
 * in the order of what is due: none has a timer of its own.
 */
export class DueQueue<Waiting> {
  private readonly due = new Map<Waiting, number>();
  private timer: NodeJS.Timeout | undefined;
  private running = false;
  /** How much later it is than `performance.now()` says, going by timers: fake clocks of tests may leave that alone. */
  private ahead = 0;
  /** Those due this much later, in milliseconds, are served along, so that ten thousand do not make as many timers. */
  private readonly slack: number;

  /**
   * @param delay milliseconds
   * @param serve takes one whose time has come; it waits no more
   */
  constructor(
    private readonly delay: number,
    private readonly serve: (waiting: Waiting) => void,
  ) {
    this.slack = delay / 32;
  }

  add(waiting: Waiting): void {
    this.due.delete(waiting);
    // A whole number: a fraction would be an object on the heap for each connection.
    this.due.set(waiting, Math.ceil(this.now()) + this.delay);
    if (this.timer === undefined && !this.running) this.arm(this.delay);
  }

  has(waiting: Waiting): boolean {
    return this.due.has(waiting);
  }

  remove(waiting: Waiting): void {
    this.due.delete(waiting);
    if (this.due.size > 0 || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private now(): number {
    return performance.now() + this.ahead;
  }

  private arm(delay: number): void {
    const due = this.now() + delay;
    // A process that was busy for long finds its timers due before it has read what came meanwhile: that first.
    this.timer = setTimeout(() => setImmediate(() => this.run(due)), delay);
    // A program must be able to end with nothing left but those who wait.
    this.timer.unref();
  }

  /** @param armedFor when its timer was to fire */
  private run(armedFor: number): void {
    this.ahead += Math.max(armedFor - this.now(), 0);
    const now = this.now() + this.slack;
    // Another one, if all were removed and some added since it fired.
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = true;
    for (const [waiting, due] of this.due) {
      if (due > now) break;
      this.due.delete(waiting);
      this.serve(waiting);
    }
    this.running = false;
    const [next] = this.due.values();
    if (next !== undefined) this.arm(Math.max(next - now + this.slack, 1));
  }
}
