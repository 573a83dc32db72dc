import type { WebSocketConnection } from '../connection/websocket-connection';
import { ConnectionClosedError } from '../protocol/errors';
import { formatMessage } from './format';
import type { FormatFlags } from './format-options';
import type { Goal } from './goal';
import type { Output } from './output';

/**
 * Prints messages, each when the one before is on its way out, until the goal is over or the connection is closed. How it
 * closed is for `socket.closed` to say.
 */
export async function receive(
  socket: WebSocketConnection,
  { goal, flags, output }: { goal: Goal; flags: FormatFlags; output: Output },
): Promise<void> {
  try {
    for await (const message of socket.messages()) {
      await output.write(formatMessage(message, flags, new Date()));
      goal.take(message);
      if (goal.isOver) return;
    }
  } catch (error) {
    if (!(error instanceof ConnectionClosedError)) throw error;
  }
}
