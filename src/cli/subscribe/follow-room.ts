import { once } from 'node:events';
import type { ChatMessage } from '../../browser';
import { ChatLink, closedWords, notLetIn } from '../chat-link';
import { toConnectOptions } from '../connect-options';
import { ExitCode } from '../exit-codes';
import { contentOf, formatSaid } from '../format';
import { Goal } from '../goal';
import { interruption } from '../interruption';
import { note } from '../note';
import { Output } from '../output';
import type { SubscribeFlags } from './command';
import { Deadline } from './deadline';

/** `switchboard subscribe --room`: the messages of a chat room. */
export async function followRoom(url: string, name: string, flags: SubscribeFlags): Promise<void> {
  const goal = new Goal(flags);
  const connect = await toConnectOptions(flags);
  const interrupted = interruption();
  const deadline = new Deadline(interrupted, flags.timeout);
  const output = new Output();
  const again = flags.reconnect === true;
  const link = new ChatLink({
    url,
    name: flags.name,
    connect,
    ready: () => output.ready(),
    reconnect: { whenLost: again, atFirst: again },
  });
  const isOver = new Promise<void>((resolve) => {
    const room = link.client.join(name);
    room.on('message', (message: ChatMessage) => {
      if (goal.isOver) return;
      void output.write(formatSaid(message, flags));
      goal.take(contentOf(message));
      if (goal.isOver) resolve();
    });
    room.on('gap', () => note(`Some messages in the room ${name} are missing here.`));
  });
  let wasOpen = false;
  link.client.on('state', (state) => {
    if (state.status === 'open') wasOpen = true;
    if (state.status === 'waiting' && again) {
      const { retryAt, code, reason, error } = state;
      const why = error instanceof Error ? error.message : closedWords(code, reason);
      note(`${why}; connecting again in ${(Math.max(0, retryAt - Date.now()) / 1000).toFixed(1)} s.`);
    }
  });
  const ended = deadline.signal.aborted ? Promise.resolve() : once(deadline.signal, 'abort');
  let isIn = false;
  const joined = link.join(name).then(() => {
    isIn = true;
    return link.failed;
  });
  await Promise.race([isOver, ended, joined]);
  await link.close();
  if (goal.isOver && !goal.isMet) throw goal.failure('All have come');
  if (wasOpen && !isIn && !goal.isOver && !interrupted.aborted) throw notLetIn(name, ExitCode.Unmet);
  deadline.judge(goal, wasOpen);
}
