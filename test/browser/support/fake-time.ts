import { expect } from 'chai';

/** Time that passes when a test says so: timers, the clock, and what is drawn at random. */
export class FakeTime {
  now = 1_767_225_600_000;
  /** What `Math.random()` gives. */
  random = 1;
  #timers: { callback: () => void; at: number }[] = [];
  readonly #restore: (() => void)[] = [];

  /**
   * Replaces the real time for each test of this `describe`.
   *
   * @param end closes what the test has opened: no timer may run then
   */
  static use(end: () => void): FakeTime {
    const time = new FakeTime();
    beforeEach(() => time.#install());
    afterEach(() => {
      end();
      time.#uninstall();
      expect(time.timers, 'timers that still run').to.equal(0);
    });
    return time;
  }

  /** How many timers run. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Milliseconds until the next timer. */
  get next(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ at }) => at)) - this.now;
  }

  /** Lets so many milliseconds pass; after each timer, promises settle. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (;;) {
      await settled();
      const [due] = this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (due === undefined) break;
      this.#timers.splice(this.#timers.indexOf(due), 1);
      this.now = Math.max(this.now, due.at);
      due.callback();
    }
    this.now = end;
  }

  #install(): void {
    this.#timers = [];
    this.random = 1;
    this.#replace(globalThis, 'setTimeout', (callback: () => void, delay: number) => {
      const timer = { callback, at: this.now + delay };
      this.#timers.push(timer);
      return timer;
    });
    this.#replace(globalThis, 'clearTimeout', (timer: unknown) => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    });
    this.#replace(Date, 'now', () => this.now);
    this.#replace(Math, 'random', () => this.random);
  }

  #uninstall(): void {
    for (const restore of this.#restore.splice(0)) restore();
  }

  #replace<Target extends object>(target: Target, name: keyof Target, value: unknown): void {
    this.#restore.push(replace(target, name, value));
  }
}

/** Gives an object another property for a while; returns a function that restores it. */
export function replace<Target extends object>(target: Target, name: PropertyKey, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}

const { setImmediate } = globalThis;

/** Lets all promises settle. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
