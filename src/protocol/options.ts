import { InvalidOptionError } from './errors';
import { foreignHint } from './foreign-options';
import { safeJson } from './unprintable';

/**
 * Refuses option names nobody reads: a typing error must not pass as a default.
 * @throws InvalidOptionError that names the option, the place, and the nearest known name.
 */
export function refuseUnknownOptions(where: string, given: object, known: readonly string[]): void {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new InvalidOptionError(`The options of ${where} must be an object, not ${describe(given)}`);
  }
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint =
      foreignHint(name, known) ??
      (near === undefined ? `Known options: ${known.join(', ')}` : `Did you mean '${near}'?`);
    throw new InvalidOptionError(`Unknown option '${name}' in ${where}. ${hint}`, { code: 'UNKNOWN_OPTION' });
  }
}

/** @throws InvalidOptionError unless `value` is a whole number from `min` to `max`. */
export function checkInteger(name: string, value: unknown, range: { min: number; max?: number }): void {
  const max = range.max ?? Number.MAX_SAFE_INTEGER;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= range.min && value <= max) return;
  const bounds = range.max === undefined ? `of at least ${range.min}` : `from ${range.min} to ${range.max}`;
  throw new InvalidOptionError(`Option '${name}' must be a whole number ${bounds}, not ${describe(value)}`);
}

/** The longest delay that Node's timers can wait, in milliseconds; a longer one would fire at once. */
const longestDelay = 2 ** 31 - 1;

/** @throws InvalidOptionError unless `value` is a delay in milliseconds that a timer can wait, or `false` where that turns it off. */
export function checkMilliseconds(name: string, value: unknown, { allowFalse = false } = {}): void {
  if (allowFalse && value === false) return;
  if (typeof value === 'number' && value >= 1 && value <= longestDelay) return;
  const or = allowFalse ? ', or false to turn it off' : '';
  throw new InvalidOptionError(
    `Option '${name}' must be a number of milliseconds from 1 to ${longestDelay}${or}, not ${describe(value)}`,
  );
}

/** @throws InvalidOptionError unless `value` is true or false. */
export function checkBoolean(name: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new InvalidOptionError(`Option '${name}' must be true or false, not ${describe(value)}`);
}

/** @throws InvalidOptionError unless `value` is a function. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new InvalidOptionError(`Option '${name}' must be a function, not ${describe(value)}`);
}

/** A value as an error message shows it: short, and with its type where that is what is wrong. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return safeJson(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' ? `an object (${classOf(value)})` : `a ${typeof value}`;
}

function classOf(value: object): string {
  try {
    return value.constructor?.name ?? 'no prototype';
  } catch {
    return 'a proxy that fails';
  }
}

/** The words of somebody else for the middle of a message: as they are, but for control characters, and not too many. */
export function printable(words: string): string {
  return safeJson(words.slice(0, 80)).slice(1, -1);
}

/** The known name that differs in at most three letters, and in less than half of them, or in nothing but case. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 4;
  for (const candidate of known) {
    const distance = editDistance(name.slice(0, 64).toLowerCase(), candidate.toLowerCase());
    if (distance < least && distance < candidate.length / 2) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Letters to put in, to leave out, to replace, or to swap with their neighbours. */
function editDistance(a: string, b: string): number {
  let above: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? above[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    [above, row] = [row, next];
  }
  return row[b.length]!;
}
