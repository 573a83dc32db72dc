import type { Command } from 'commander';
import { addConnectOptions, type ConnectFlags } from '../connect-options';
import { addFormatOptions, type FormatFlags } from '../format-options';
import { addGoalOptions, type GoalFlags } from '../goal-options';

/** The options of `subscribe`, as the parser gives them. */
export interface SubscribeFlags extends ConnectFlags, GoalFlags, FormatFlags {
  room?: string;
  name?: string;
  reconnect?: true;
}

/** Adds `switchboard subscribe`. */
export function addSubscribe(program: Command): void {
  const command = program
    .command('subscribe')
    .summary('prints the messages that come')
    .description(
      'Prints each message on a line of its own, until the server closes or Ctrl-C: texts with their control characters ' +
        'escaped, binary messages in hexadecimal.',
    )
    .argument('<url>', 'ws:// or wss://; localhost:8765/path will do')
    .option('--room <name>', 'join a room of rooms() or ChatServer at this URL, and print `name: text`')
    .option('--name <name>', 'the name to be in the room with')
    .option(
      '--reconnect',
      'connect again when the connection is lost, after a growing delay; in a room nothing is missed',
    );
  addGoalOptions(
    command,
    'end after this time, as 500ms or 1m: with 4 if --expect or --count is not met, or the room not joined by then, else 0',
  );
  addFormatOptions(command);
  addConnectOptions(command)
    .addHelpText(
      'after',
      `
JSON lines are {"at", "text"}, or {"at", "base64"} for a binary message; in a room {"at", "room", "from", "text", "offset"}.
"at" is an ISO time: when it came, or in a room when it was said.

Examples:
  $ switchboard subscribe wss://example.org/feed
  $ switchboard subscribe localhost:8765 --room general --json | jq -r .text
  $ switchboard subscribe localhost:8765 --room alerts --reconnect >> alerts.log
  $ switchboard subscribe localhost:8765/feed --expect /ready/ --timeout 30s && ./next-step`,
    )
    .action(async (url: string, flags: SubscribeFlags) => {
      const { subscribe } = await import('./subscribe.js');
      await subscribe(url, flags);
    });
}
