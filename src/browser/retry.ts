/** How long to wait before a connection that was lost is dialled again. */

/** How a connection ended: as its close event says, 1006 where there was no closing handshake. */
export interface Closure {
  readonly code: number;
  readonly reason: string;
}

/** In milliseconds. */
export interface RetryDelays {
  readonly firstRetryDelay: number;
  readonly maxRetryDelay: number;
}

/**
 * Codes after which the first delay is ten times as long: the server is overloaded or restarts (1012, 1013), or what went
 * wrong is likely to go wrong again (1002, 1003, 1007, 1009, 1010).
 */
const slowCodes = [1002, 1003, 1007, 1009, 1010, 1012, 1013];

/** The longest hint that is obeyed, in seconds: a day. */
const longestHint = 86_400;

/** Seconds before which the server does not want to see the client again, as the reason of its close frame says. */
export function hintIn(reason: string): number | undefined {
  const [, seconds] = /(?:^|[\s,;])retry-after=(\d+(?:\.\d+)?)/i.exec(reason) ?? [];
  return seconds === undefined ? undefined : Math.min(Number(seconds), longestHint);
}

/** The credentials have expired. */
const expired = 4401;

/**
 * Whether a closure means that coming back is no use: 1008, and the application's own codes, unless there is a hint.
 *
 * @param renews credentials come with the URL, which is asked for anew: then those that have expired are none of them
 */
export function isFinal({ code, reason }: Closure, renews = false): boolean {
  if (code === expired && renews) return false;
  return (code === 1008 || (code >= 4000 && code <= 4999)) && hintIn(reason) === undefined;
}

/**
 * Draws a delay between 0 and a limit that doubles with each failure ("full jitter"), so that the clients of a server that
 * restarts do not come back in the same moment. A hint of the server's is added to that.
 *
 * @param failures how many connections have failed before this one
 * @param random gives numbers from 0 to 1
 * @returns milliseconds
 */
export function retryDelay(
  failures: number,
  { code, reason }: Closure,
  { firstRetryDelay, maxRetryDelay }: RetryDelays,
  random: () => number = Math.random,
): number {
  const first = slowCodes.includes(code) ? 10 * firstRetryDelay : firstRetryDelay;
  return 1000 * (hintIn(reason) ?? 0) + random() * Math.min(maxRetryDelay, first * 2 ** failures);
}
