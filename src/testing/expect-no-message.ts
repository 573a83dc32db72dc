import type { ClientConnection } from '../client/client-connection';
import { ConnectionClosedError, InvalidStateError } from '../protocol/errors';
import { checkConnection, type ExpectOptions, failure, Transcript, timeoutOf } from './expectation';
import { shown } from './message-test';
import { late, within } from './real-time';

/**
 * Asserts that the server has sent nothing that was not taken yet. It does not wait and see: it sends a ping, and what the
 * server had sent before it answered that has come before its pong.
 *
 * ```ts
 * socket.send('to the others');
 * await other.expectMessage('to the others');
 * await expectNoMessage(socket);          // the sender itself gets nothing
 * ```
 *
 * What a handler sends later, when it has waited for a database, say, comes later: wait first for what shows that it is done.
 *
 * @throws AssertionError (of node:assert) when there was a message, or no pong within `timeout`; InvalidStateError where
 *   the connection has `'message'` listeners, which get them; InvalidOptionError for an option that cannot be
 */
export async function expectNoMessage(socket: ClientConnection, options: ExpectOptions = {}): Promise<void> {
  checkConnection('expectNoMessage()', socket);
  const timeout = timeoutOf('expectNoMessage()', options);
  if (socket.listenerCount('message') > 0) {
    throw new InvalidStateError("expectNoMessage() sees nothing while there are 'message' listeners, which get all");
  }
  const transcript = Transcript.of(socket);
  const before = transcript.size;
  const fail = (words: string, actual?: unknown) => {
    return failure('expectNoMessage', socket, `Expected no message, but ${words}`, { actual }, before);
  };
  try {
    if ((await within(timeout, socket.ping())) === late) {
      throw fail(`the ping that would prove it was not answered within ${timeout} ms (option 'timeout')`);
    }
  } catch (error) {
    // Closed: what has not come by now never will.
    if (!(error instanceof ConnectionClosedError)) throw error;
  }
  const waiting = await transcript.waiting();
  if (waiting !== undefined) throw fail(`got ${shown(waiting)}`, waiting);
}
