import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { iteration, realTime } from './real-time';

interface FakeTimer {
  due: number;
  /** Of `setInterval`; undefined for a timer that fires once. */
  readonly interval: number | undefined;
  readonly fire: () => void;
}

/** Iterations of the event loop in which what timers have sent goes through a link, and is answered. */
const settling = 16;

/** One at a time: each gives back what it has found. */
let current: FakeClock | null = null;

/**
 * Time that passes when a test says so: see `useFakeClock()`.
 */
export class FakeClock {
  private readonly timers = new Map<NodeJS.Timeout, FakeTimer>();
  private readonly real = {
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    clearTimeout: globalThis.clearTimeout,
    clearInterval: globalThis.clearInterval,
    Date: globalThis.Date,
  };
  private readonly realNow = Object.getOwnPropertyDescriptor(performance, 'now');
  private readonly wallClock: number;
  private time: number;

  /** @internal */
  constructor() {
    // Both go on from where they are, so that what was measured before stays right.
    this.time = performance.now();
    this.wallClock = Date.now() - this.time;
    const clear = (real: (timer?: NodeJS.Timeout) => void) => (timer?: NodeJS.Timeout) => {
      if (timer !== undefined) this.timers.delete(timer);
      real(timer);
    };
    const fakes = {
      setTimeout: (callback: (...given: unknown[]) => void, delay?: number, ...given: unknown[]) =>
        this.add(() => callback(...given), delay, false),
      setInterval: (callback: (...given: unknown[]) => void, delay?: number, ...given: unknown[]) =>
        this.add(() => callback(...given), delay, true),
      clearTimeout: clear(this.real.clearTimeout),
      clearInterval: clear(this.real.clearInterval),
      Date: fakeDate(() => this.wallClock + this.time),
    };
    Object.assign(globalThis, fakes);
    Object.defineProperty(performance, 'now', { configurable: true, writable: true, value: () => this.time });
  }

  /** Timers that have not fired, and were not cleared. */
  get pending(): number {
    return this.timers.size;
  }

  /**
   * Lets time pass. Timers fire in order, and behind each moment that has some the event loop goes round a few times: what
   * they have sent over a link of `connectTo()` has then been received, and answered.
   *
   * @throws InvalidOptionError for what is no number of milliseconds
   */
  async pass(milliseconds: number): Promise<void> {
    if (!(milliseconds >= 0 && Number.isFinite(milliseconds))) {
      throw new InvalidOptionError(`pass() needs a number of milliseconds, not ${describe(milliseconds)}`);
    }
    const end = this.time + milliseconds;
    await settle();
    for (;;) {
      const next = Math.min(...Array.from(this.timers.values(), ({ due }) => due));
      if (next > end) break;
      this.time = Math.max(this.time, next);
      this.fireDue();
      await settle();
    }
    this.time = end;
    await settle();
  }

  /** Gives the real clock back. Timers that are pending begin anew, in real time, without keeping the process. */
  restore(): void {
    if (current !== this) return;
    current = null;
    Object.assign(globalThis, this.real);
    if (this.realNow === undefined) Reflect.deleteProperty(performance, 'now');
    else Object.defineProperty(performance, 'now', this.realNow);
    for (const timer of this.timers.keys()) {
      Reflect.deleteProperty(timer, 'refresh');
      timer.refresh();
    }
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.restore();
  }

  private fireDue(): void {
    for (const [handle, timer] of [...this.timers]) {
      // Cleared by one that fired before it.
      if (timer.due > this.time || !this.timers.has(handle)) continue;
      if (timer.interval === undefined) this.timers.delete(handle);
      else timer.due = this.time + timer.interval;
      timer.fire();
    }
  }

  /** A handle is a real timer, which has all methods of one, does nothing while this clock rules, and takes over after it. */
  private add(fire: () => void, given: number | undefined, repeats: boolean): NodeJS.Timeout {
    // As Node has it.
    const delay = given !== undefined && given >= 1 && given <= 2 ** 31 - 1 ? given : 1;
    const onReal = () => {
      if (current !== this) fire();
    };
    const handle = (repeats ? realTime.setInterval : realTime.setTimeout)(onReal, delay).unref();
    const timer: FakeTimer = { due: this.time + delay, interval: repeats ? delay : undefined, fire };
    this.timers.set(handle, timer);
    handle.refresh = () => {
      timer.due = this.time + delay;
      this.timers.set(handle, timer);
      return handle;
    };
    return handle;
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < settling; i++) await iteration();
}

function fakeDate(now: () => number): DateConstructor {
  return new Proxy(Date, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
    apply: (target) => new target(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}

/**
 * Takes the place of `setTimeout`, `setInterval`, `performance.now` and `Date` until it is restored: heartbeats, deadlines,
 * rates and expiries of Switchboard, and the app's own timers, come when the test lets time pass, and never before.
 *
 * ```ts
 * using clock = useFakeClock();                       // or clock.restore() in afterEach
 * const socket = await connectTo(app, '/feed');
 * socket.faults.vanish();                             // the server is not told
 * await clock.pass(40_000);                           // pingInterval, then pongTimeout
 * assert.equal(board.connections.size, 0);
 * ```
 *
 * What Node does by itself goes on: node:http, node:net, promises, `setImmediate` and `process.nextTick`; so do
 * node:timers/promises, `AbortSignal.timeout()`, timers that were made before, and the timeouts of expectations. The fake
 * clocks of node:test, Jest, Vitest and Sinon work with Switchboard as well, as long as they leave `process.nextTick`
 * alone; those that do not fake `performance.now` do not refill rates.
 *
 * @throws InvalidStateError when another one is in use
 */
export function useFakeClock(): FakeClock {
  if (current !== null) {
    throw new InvalidStateError('useFakeClock() was called before: restore() that clock first');
  }
  current = new FakeClock();
  return current;
}
