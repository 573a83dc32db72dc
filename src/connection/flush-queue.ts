/** As it is now: a fake clock that a test puts in its place later must not hold what is to be sent. */
const atEndOfIteration = setImmediate;

/** Something that holds bytes back until the event loop has been round once. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];
let callbacks: Array<() => void> = [];
let scheduled = false;

/**
 * Flushes at the end of this iteration of the event loop, behind everything that its I/O callbacks, promises and ticks
 * will still do: so that all that is said to a connection in one iteration goes out in one write.
 */
export function flushAtEndOfIteration(flushable: Flushable): void {
  waiting.push(flushable);
  schedule();
}

/** Calls back once everything of this iteration has been flushed. */
export function afterFlush(callback: () => void): void {
  callbacks.push(callback);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  atEndOfIteration(flushAll);
}

function flushAll(): void {
  scheduled = false;
  const flushables = waiting;
  const after = callbacks;
  waiting = [];
  callbacks = [];
  for (const flushable of flushables) flushable.flush();
  for (const callback of after) callback();
}
