import { CloseCode } from '../protocol/close-code';
import { encodeClosePayload } from '../protocol/close-payload';
import { type Duration, readDuration } from '../protocol/duration';
import { refuseUnknownOptions } from '../protocol/options';

/**
 * How connections are closed. Each gets its close frame when its turn has come and nothing is under way that
 * `socket.busy()` was told of.
 */
export interface CloseAllOptions {
  /**
   * The time over which the close frames are spread, evenly and in random order, so that clients do not all come back at
   * the same moment: milliseconds, or `'30s'`.
   * @default 0, all at once
   */
  over?: Duration;
  /**
   * The close code for every connection. Clients of `switchboard/client` come back after any below 4000 but 1008; after 1012
   * (the service restarts) and 1013 (try again later) they wait ten times as long first.
   * @default 1001, going away
   */
  code?: number;
  /**
   * The close reason, at most 123 bytes; `retry-after=5` in it has clients of `switchboard/client` wait five seconds, and what
   * they draw by lot besides. None is made up.
   * @default none
   */
  reason?: string;
  /**
   * How long a connection has, from its own turn on, to finish what it is busy with and to answer the close frame; then it
   * is cut. So all of it takes `over` and `timeout` together at most.
   * @default '10s'
   */
  timeout?: Duration;
}

/** With nothing left open, and in milliseconds. */
export interface ResolvedCloseAll {
  readonly over: number;
  readonly code: number;
  readonly reason: string;
  readonly timeout: number;
}

/**
 * Checks how to close connections, so that a wrong code or reason closes nothing.
 *
 * @param where the call that took the options, for the error message
 * @returns what is given, and nothing else, durations in milliseconds
 * @throws InvalidOptionError
 */
export function checkCloseAll(where: string, given: CloseAllOptions): Partial<ResolvedCloseAll> {
  refuseUnknownOptions(where, given, ['over', 'code', 'reason', 'timeout']);
  const { over, code, reason, timeout } = given;
  encodeClosePayload(code ?? CloseCode.GoingAway, reason ?? '');
  return {
    ...(over !== undefined && { over: readDuration('over', over, 0) }),
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason }),
    ...(timeout !== undefined && { timeout: readDuration('timeout', timeout) }),
  };
}

export const closeAllDefaults: ResolvedCloseAll = Object.freeze({
  over: 0,
  code: CloseCode.GoingAway,
  reason: '',
  timeout: 10_000,
});
