import { InvalidOptionError } from '../protocol/errors';
import { checkInteger, checkMilliseconds, describe, refuseUnknownOptions } from '../protocol/options';
import type { HistoryLimits } from './adapter';

/** How much of each room's log is kept: so many entries, or limits of each kind. What is reached first ends it. */
export interface HistoryOptions {
  /** Entries of a room. @default 100 */
  count?: number;
  /** Bytes of a room's entries together. @default 1 MiB */
  bytes?: number;
  /** Milliseconds that an entry is kept. @default 24 hours */
  age?: number;
}

const kept: HistoryLimits = { count: 100, bytes: 1024 * 1024, age: 24 * 60 * 60 * 1000 };

/** Most that a room may keep: all of it may have to go to one client at once. */
const maxCount = 100_000;

/**
 * @param history the option as it was given: false or 0 keeps nothing
 * @throws InvalidOptionError for what is neither a number of entries nor limits
 */
export function resolveHistory(history: number | false | HistoryOptions | undefined): HistoryLimits {
  if (history === undefined || history === false || history === 0) return { ...kept, count: 0 };
  if (typeof history === 'number') {
    checkInteger('history', history, { min: 0, max: maxCount });
    return { ...kept, count: history };
  }
  if (typeof history !== 'object' || history === null) {
    throw new InvalidOptionError(
      `Option 'history' must be a number of entries, or { count, bytes, age }, not ${describe(history)}`,
    );
  }
  refuseUnknownOptions("the option 'history'", history, Object.keys(kept));
  const { count = kept.count, bytes = kept.bytes, age = kept.age } = history;
  checkInteger('history.count', count, { min: 1, max: maxCount });
  checkInteger('history.bytes', bytes, { min: 1 });
  checkMilliseconds('history.age', age);
  return { count, bytes, age };
}
