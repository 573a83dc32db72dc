/**
 * The timers of Node as they were when this was loaded: what tests wait for by them comes also while a fake clock, ours or
 * somebody else's, has taken their place.
 */
export const realTime = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate };

/** Waits until the event loop has been round once. */
export function iteration(): Promise<void> {
  return new Promise((resolve) => realTime.setImmediate(resolve));
}

/** What a deadline gives instead of a result. */
export const late = Symbol('late');

/** The result of whatever comes first; `late` after so many milliseconds of real time. */
export async function within<Result>(milliseconds: number, result: Promise<Result>): Promise<Result | typeof late> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<typeof late>((resolve) => {
    timer = realTime.setTimeout(() => resolve(late), milliseconds);
  });
  try {
    return await Promise.race([result, deadline]);
  } finally {
    realTime.clearTimeout(timer);
  }
}
