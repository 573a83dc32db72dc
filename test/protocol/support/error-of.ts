import { WebSocketError } from '../../../src/protocol/errors';

/** The error of this package that the call throws; anything else fails the test. */
export function errorOf<Kind extends WebSocketError>(
  kind: abstract new (...args: never[]) => Kind,
  call: () => unknown,
): Kind {
  try {
    call();
  } catch (error) {
    if (error instanceof WebSocketError && error instanceof kind) return error;
    throw error;
  }
  throw new Error(`Nothing was thrown where a ${kind.name} is due`);
}
