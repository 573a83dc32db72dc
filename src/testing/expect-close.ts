import { types } from 'node:util';
import type { Closure } from '../connection/closure';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { closeCodeName } from '../protocol/close-code';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { checkConnection, type ExpectOptions, failure, Transcript, timeoutOf } from './expectation';
import { late, within } from './real-time';

/**
 * Waits until a connection is closed, and asserts with which code and reason.
 *
 * ```ts
 * socket.send('x'.repeat(2 ** 21));
 * await expectClose(socket, 1009, /maxMessageSize/);
 * ```
 *
 * @param code any, when undefined
 * @param reason the whole of it, or a RegExp; any, when undefined
 * @returns what `socket.closed` says
 * @throws AssertionError (of node:assert) when it was another code or reason, or is still open after `timeout`;
 *   InvalidOptionError for an argument that cannot be
 */
export async function expectClose(
  socket: WebSocketConnection,
  code?: number,
  reason?: string | RegExp,
  options: ExpectOptions = {},
): Promise<Closure> {
  checkConnection('expectClose()', socket);
  const timeout = timeoutOf('expectClose()', options);
  if (code !== undefined && !Number.isInteger(code)) {
    throw new InvalidOptionError(`The expected close code must be a number, as 1000, not ${describe(code)}`);
  }
  if (reason !== undefined && typeof reason !== 'string' && !types.isRegExp(reason)) {
    throw new InvalidOptionError(`The expected reason must be a string or a RegExp, not ${describe(reason)}`);
  }
  const words = `Expected the connection to close${wordsFor(code, reason)}`;
  const expected = { ...(code !== undefined && { code }), ...(reason !== undefined && { reason }) };
  const closure = await within(timeout, socket.closed);
  if (closure === late) {
    const unread = Transcript.of(socket).hasMore ? ', with messages that nobody has taken' : '';
    const instead = `it was still open after ${timeout} ms (option 'timeout')${unread}`;
    throw failure('expectClose', socket, `${words}, but ${instead}`, { expected });
  }
  const isReason = typeof reason === 'object' ? new RegExp(reason).test(closure.reason) : closure.reason === reason;
  if ((code === undefined || closure.code === code) && (reason === undefined || isReason)) return closure;
  const why = closure.reason === '' ? '' : ` ${JSON.stringify(closure.reason)}`;
  const cause = closure.cause === null ? '' : ` (${closure.cause.message})`;
  const actual = { code: closure.code, ...(reason !== undefined && { reason: closure.reason }) };
  const instead = `it closed with ${named(closure.code)}${why}${cause}`;
  throw failure('expectClose', socket, `${words}, but ${instead}`, { expected, actual });
}

function named(code: number): string {
  return `${code} (${closeCodeName(code)})`;
}

function wordsFor(code: number | undefined, reason: string | RegExp | undefined): string {
  const parts: string[] = [];
  if (code !== undefined) parts.push(named(code));
  if (typeof reason === 'string') parts.push(`the reason ${JSON.stringify(reason)}`);
  else if (reason !== undefined) parts.push(`a reason that matches ${reason}`);
  return parts.length === 0 ? '' : ` with ${parts.join(' and ')}`;
}
