/** What is told while it runs. */
export interface Phases {
  /** Something begins: so many milliseconds, or so many connections. */
  begin(name: string, total: number): void;
  /** So much of it is done. `live` is a rate or so, for people. */
  update(done: number, live: string): void;
  end(): void;
}

/** How often `update` is called, in milliseconds. */
export const updateInterval = 200;

/**
 * Waits, and tells about it; ends early when the signal is aborted.
 *
 * @returns how long it took, in milliseconds
 */
export function pass(
  phases: Phases,
  name: string,
  duration: number,
  live: () => string,
  signal: AbortSignal,
): Promise<number> {
  const began = performance.now();
  phases.begin(name, duration);
  return new Promise((resolve) => {
    const update = setInterval(
      () => phases.update(Math.min(duration, performance.now() - began), live()),
      updateInterval,
    );
    const end = () => {
      clearInterval(update);
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      const took = performance.now() - began;
      phases.update(Math.min(duration, took), live());
      phases.end();
      resolve(took);
    };
    const timer = setTimeout(end, duration);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
