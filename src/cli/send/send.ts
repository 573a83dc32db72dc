import { once } from 'node:events';
import type { ClientConnection } from '../../client/client-connection';
import { connect } from '../../client/connect';
import { ConnectionClosedError } from '../../protocol/errors';
import { closureFailure, describeClosure, isOrderly } from '../closing';
import { toConnectOptions } from '../connect-options';
import { ExitCode } from '../exit-codes';
import { Failure } from '../failure';
import { Goal } from '../goal';
import { interruption } from '../interruption';
import { Output } from '../output';
import { receive } from '../reception';
import { typedDuration, webSocketUrl } from '../values';
import type { SendFlags } from './command';
import { type Outgoing, outgoingOf } from './outgoing';

/** Milliseconds that answers are waited for. */
const defaultTimeout = 10_000;

/** Bytes that may wait to be sent: one message of this size at least can be. */
const maxBufferedAmount = 64 * 1024 * 1024;

/** `switchboard send`. */
export async function send(url: string, messages: readonly string[], flags: SendFlags): Promise<void> {
  const outgoing = outgoingOf(messages, flags);
  const goal = new Goal(flags);
  const options = await toConnectOptions(flags);
  const signal = interruption();
  const socket = await connect(webSocketUrl(url), { ...options, maxBufferedAmount, signal });
  const reception = receive(socket, { goal, flags, output: new Output() });
  const closeEarly = () => socket.close(1000);
  signal.addEventListener('abort', closeEarly);
  if (signal.aborted) closeEarly();

  let isSent = false;
  const sending = sendAll(socket, outgoing).then((sent) => {
    isSent = sent;
  });
  // The goal may be reached, or the server may close, while standard input goes on.
  // Whoever comes second is not heard any more.
  sending.catch(() => {});
  await Promise.race([sending, reception]);
  const timeout = flags.timeout ?? defaultTimeout;
  const late = AbortSignal.timeout(timeout);
  if (isSent && goal.isSet) await Promise.race([reception, once(late, 'abort')]);
  const isTimely = !late.aborted;
  socket.close(1000);
  const closure = await socket.closed;
  if (isTimely) await reception;

  signal.throwIfAborted();
  if (!isTimely) throw goal.failure(`Nothing more within ${typedDuration(timeout)}`);
  if (goal.isSet && goal.isMet) return;
  if (!isOrderly(closure)) throw closureFailure(closure);
  if (goal.isSet) throw goal.failure(goal.isOver ? 'All have come' : describeClosure(closure));
  if (!isSent) throw new Failure(`${describeClosure(closure)}, before everything was sent.`, ExitCode.ConnectionLost);
}

/** Returns false where the connection closed before. @throws what the sources throw; the connection is closed then */
async function sendAll(socket: ClientConnection, outgoing: readonly Outgoing[]): Promise<boolean> {
  try {
    for (const sendOne of outgoing) await sendOne(socket);
    return socket.readyState === socket.OPEN;
  } catch (error) {
    if (error instanceof ConnectionClosedError) return false;
    socket.close(1000);
    await socket.closed;
    throw error;
  }
}
