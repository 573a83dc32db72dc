/** What time is read from, and waited with. */
export interface Clock {
  /** In milliseconds. */
  now(): number;
  /** Calls back in no more than `delay` milliseconds, if the process is not busy. */
  soon(delay: number, callback: () => void): void;
}

/** Timers of Node are late by up to this, in milliseconds: what is due sooner is waited for by looking at the clock. */
const timerLateness = 2;

/** The signal is looked at as often as this, in milliseconds. */
const patience = 50;

const realClock: Clock = {
  now: () => performance.now(),
  soon: (delay, callback) => {
    if (delay > timerLateness) setTimeout(callback, delay - timerLateness);
    else setImmediate(callback);
  },
};

/** Something that is due again and again: the first at the beginning, the others `interval` milliseconds apart. */
export interface Timetable {
  /** In milliseconds; 0 where all is due at once. */
  readonly interval: number;
  /** How often; Infinity without end. */
  readonly count: number;
}

/** How much of it is due `elapsed` milliseconds after the beginning. */
export function dueBy({ interval, count }: Timetable, elapsed: number): number {
  if (elapsed < 0) return 0;
  return interval === 0 ? count : Math.min(count, Math.floor(elapsed / interval) + 1);
}

/**
 * Follows a timetable: does each thing when it is due, and, when the process was busy meanwhile, all that is overdue.
 *
 * @param act gets the number, from 0, and when it was due, by the clock
 * @returns resolves after the last, or when the signal is aborted
 */
export function follow(
  timetable: Timetable,
  act: (index: number, due: number) => void,
  signal: AbortSignal,
  clock: Clock = realClock,
): Promise<void> {
  const beginning = clock.now();
  const { interval, count } = timetable;
  let done = 0;
  return new Promise((resolve) => {
    const step = () => {
      if (signal.aborted) return resolve();
      const due = dueBy(timetable, clock.now() - beginning);
      for (; done < due; done++) act(done, beginning + done * interval);
      if (done === count) return resolve();
      clock.soon(Math.min(patience, beginning + done * interval - clock.now()), step);
    };
    step();
  });
}
