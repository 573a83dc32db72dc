import type { Command } from 'commander';
import { addConnectOptions, type ConnectFlags } from '../connect-options';

/** The options of `chat`, as the parser gives them. */
export interface ChatFlags extends ConnectFlags {
  room: string;
  name?: string;
}

/** Adds `switchboard chat`. */
export function addChat(program: Command): void {
  const command = program
    .command('chat')
    .summary('takes part in a chat')
    .description(
      'Joins a room of rooms() or ChatServer, prints what is said there, and says what you type. When the connection is ' +
        'lost it comes back, and prints what was missed. Standard input may be a pipe, whose lines are said.',
    )
    .argument('<url>', 'of the mount, as localhost:8765 or wss://example.org/support')
    .option('--room <name>', 'the room to begin with', 'general')
    .option('--name <name>', 'your name (default: the server gives one)');
  addConnectOptions(command)
    .addHelpText(
      'after',
      `
What you type is said in the room joined last; a line that begins with / is a command:
  /join ROOM      goes into a room
  /leave          leaves it, and goes back to the one before
  /who            who is here
  /history [N]    the N messages (10) before those that you have seen
  /name NAME      takes another name
  /quit           ends; so do Ctrl-C and Ctrl-D
  //text          says /text

Examples:
  $ switchboard chat localhost:8765 --name Ann
  $ switchboard chat wss://example.org/support --room billing --bearer "$TOKEN"
  $ echo 'deployed' | switchboard chat localhost:8765 --room releases --name CI`,
    )
    .action(async (url: string, flags: ChatFlags) => {
      const { chat } = await import('./chat.js');
      await chat(url, flags);
    });
}
