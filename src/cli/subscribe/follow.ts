import { setTimeout as delay } from 'node:timers/promises';
import { isFinal, retryDelay } from '../../browser/retry';
import type { ClientConnection } from '../../client/client-connection';
import { connect } from '../../client/connect';
import type { ConnectOptions } from '../../client/options';
import type { Closure } from '../../connection/closure';
import { isFinalRefusal } from '../chat-link';
import { closureFailure, describeClosure, isOrderly } from '../closing';
import { toConnectOptions } from '../connect-options';
import { Goal } from '../goal';
import { interruption } from '../interruption';
import { note } from '../note';
import { Output } from '../output';
import { receive } from '../reception';
import { webSocketUrl } from '../values';
import type { SubscribeFlags } from './command';
import { Deadline } from './deadline';

/** As those of `ChatClient`, in milliseconds. */
const delays = { firstRetryDelay: 500, maxRetryDelay: 20_000 };

/** Milliseconds that a connection lives to have worked: the next delay is the first one again. */
const stableAfter = 5_000;

/** `switchboard subscribe` without a room. */
export async function follow(url: string, flags: SubscribeFlags): Promise<void> {
  const goal = new Goal(flags);
  const options = await toConnectOptions(flags);
  const deadline = new Deadline(interruption(), flags.timeout);
  const { signal } = deadline;
  const output = new Output();
  let wasOpen = false;
  for (let failures = 0; ; failures++) {
    const since = Date.now();
    const closure = await attempt(url, { ...options, signal }, flags, async (socket) => {
      wasOpen = true;
      const close = () => socket.close(1000);
      signal.addEventListener('abort', close);
      if (signal.aborted) close();
      await receive(socket, { goal, flags, output });
      signal.removeEventListener('abort', close);
    });
    if (goal.isSet && goal.isOver) break;
    if (signal.aborted) {
      deadline.judge(goal, wasOpen);
      return;
    }
    if (!flags.reconnect || isFinal(closure)) {
      if (!isOrderly(closure)) throw closureFailure(closure);
      if (!goal.isMet) throw goal.failure(describeClosure(closure));
      return;
    }
    if (Date.now() - since >= stableAfter) failures = 0;
    const wait = retryDelay(failures, closure, delays);
    note(`${describeClosure(closure)}; connecting again in ${(wait / 1000).toFixed(1)} s.`);
    await delay(wait, undefined, { signal }).catch(() => {});
  }
  if (!goal.isMet) throw goal.failure('All have come');
}

/**
 * Connects, has the connection used, and tells how it ended. A connection that cannot be made has ended, too, where it will be
 * tried again.
 */
async function attempt(
  url: string,
  options: ConnectOptions & { signal: AbortSignal },
  { reconnect }: SubscribeFlags,
  use: (socket: ClientConnection) => Promise<void>,
): Promise<Closure> {
  let socket: ClientConnection;
  try {
    socket = await connect(webSocketUrl(url), options);
  } catch (error) {
    const isOver = options.signal.aborted;
    if (!isOver && (!reconnect || isFinalRefusal(error))) throw error;
    return { code: 1006, reason: '', initiator: 'remote', cause: error as Error };
  }
  await use(socket);
  socket.close(1000);
  return socket.closed;
}
