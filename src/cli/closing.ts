/** How connections end, for people and for exit codes. */
import type { Closure } from '../connection/closure';
import { closeCodeName } from '../protocol/close-code';
import { ExitCode } from './exit-codes';
import { Failure } from './failure';

/** Codes of servers that have nothing to complain of: done, going away, and no code at all. */
const orderly: readonly number[] = [1000, 1001, 1005];

export function isOrderly({ code, cause }: Pick<Closure, 'code' | 'cause'>): boolean {
  return orderly.includes(code) && cause === null;
}

/** `The server closed the connection with 1001 (going away) "bye"`. */
export function describeClosure({ code, reason, initiator, cause }: Closure): string {
  const because = cause === null ? '' : `: ${cause.message}`;
  if (code === 1006) return `The connection was lost${because}`;
  const who = initiator === 'local' && cause !== null ? 'The connection failed' : 'The server closed the connection';
  return `${who} with ${code} (${closeCodeName(code)})${reason === '' ? '' : ` ${JSON.stringify(reason)}`}${because}`;
}

export function closureFailure(closure: Closure): Failure {
  return new Failure(`${describeClosure(closure)}.`, ExitCode.ConnectionLost);
}
