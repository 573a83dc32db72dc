import { InvalidOptionError } from './errors';
import { describe } from './options';

/** How long something takes: a number of milliseconds, or a number with its unit, as `'500ms'`, `'30s'`, `'2m'` or `'1h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest that can be asked for: a day. Timers can wait for longer, two of them one after the other too. */
const longest = 24 * 3_600_000;

/**
 * Reads a duration.
 *
 * @param least milliseconds
 * @returns milliseconds
 * @throws InvalidOptionError for what is no duration, shorter than `least`, or longer than a day
 */
export function readDuration(name: string, value: unknown, least = 1): number {
  const milliseconds = millisecondsOf(value);
  if (milliseconds >= least && milliseconds <= longest) return milliseconds;
  throw new InvalidOptionError(
    `Option '${name}' must be a duration from ${least} ms to 24 h, in milliseconds or as '500ms', '30s', '2m' or '1h', ` +
      `not ${describe(value)}`,
  );
}

/** NaN for what is no duration. */
function millisecondsOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const [, digits, unit] = typeof value === 'string' ? (/^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(value) ?? []) : [];
  return digits === undefined ? Number.NaN : Number(digits) * units[unit!]!;
}
