import { ChatError } from '../../browser';
import { ChatLink, closedWords } from '../chat-link';
import { toConnectOptions } from '../connect-options';
import { ExitCode } from '../exit-codes';
import { Failure } from '../failure';
import { interruption } from '../interruption';
import { printable } from '../printable';
import type { ChatFlags } from './command';
import { Conversation } from './conversation';
import { parseLine } from './line';
import { Screen } from './screen';

/** `switchboard chat`. */
export async function chat(url: string, flags: ChatFlags): Promise<void> {
  const connect = await toConnectOptions(flags);
  const signal = interruption();
  let interrupt = () => {};
  const interrupted = new Promise<void>((resolve) => {
    interrupt = resolve;
  });
  signal.addEventListener('abort', interrupt);
  const screen = new Screen(interrupt);
  const link = new ChatLink({
    url,
    name: flags.name,
    connect,
    ready: () => screen.ready(),
    reconnect: { whenLost: true, atFirst: false },
  });
  const conversation = new Conversation(link, screen);
  try {
    await Promise.race([link.failed, interrupted, takePart(link, conversation, screen, flags.room)]);
  } finally {
    screen.close();
    await link.close();
  }
  // Whoever is in front of a terminal ends it like this; a program that is interrupted has not said everything.
  if (!screen.isInteractive) signal.throwIfAborted();
}

/** Until the last line is said. */
async function takePart(link: ChatLink, conversation: Conversation, screen: Screen, room: string): Promise<void> {
  await conversation.join(room);
  let isLost = false;
  link.client.on('state', (state) => {
    if (state.status === 'waiting' && !isLost) {
      isLost = true;
      const why = state.error instanceof Error ? state.error.message : closedWords(state.code, state.reason);
      screen.complain(`${printable(why)}; connecting again`);
    } else if (state.status === 'open' && isLost) {
      isLost = false;
      screen.complain('Connected again');
    }
  });
  link.client.on('error', (error) => screen.complain(printable(error.message)));
  let refused = 0;
  for await (const typed of screen.lines()) {
    const line = parseLine(typed);
    if (line.kind === 'command' && line.command === 'quit') break;
    const done = perform(line, conversation).catch((error: unknown) => {
      if (!(error instanceof ChatError || error instanceof Failure)) throw error;
      refused++;
      screen.complain(printable(error.message));
    });
    // A pipe's next line waits until this one is said; who types may want to quit meanwhile.
    if (!screen.isInteractive) await done;
  }
  if (!screen.isInteractive && refused > 0) {
    throw new Failure(`${refused} of the lines could not be said or done.`, ExitCode.Unmet);
  }
}

async function perform(line: ReturnType<typeof parseLine>, conversation: Conversation): Promise<void> {
  if (line.kind === 'say') await conversation.say(line.text);
  else if (line.kind === 'command') await conversation.run(line.command, line.argument);
  else if (line.kind === 'unknown')
    throw new Failure(`There is no command /${line.command}: see /help`, ExitCode.Usage);
}
