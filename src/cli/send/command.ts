import type { Command } from 'commander';
import { addConnectOptions, type ConnectFlags } from '../connect-options';
import { addFormatOptions, type FormatFlags } from '../format-options';
import { addGoalOptions, type GoalFlags } from '../goal-options';
import { collect } from '../values';

/** The options of `send`, as the parser gives them. */
export interface SendFlags extends ConnectFlags, GoalFlags, FormatFlags {
  binary?: true;
  file?: readonly string[];
  stdin?: true;
}

/** Adds `switchboard send`. */
export function addSend(program: Command): void {
  const command = program
    .command('send')
    .summary('sends messages, and prints the answers')
    .description(
      'Sends each argument as a message, prints what is answered meanwhile, and closes. `-` stands for the lines of standard ' +
        'input, a message each, and is what happens without a message where standard input is a pipe.',
    )
    .argument('<url>', 'ws:// or wss://; localhost:8765/path will do')
    .argument('[message...]', 'texts; - for the lines of standard input')
    .option('--binary', 'send binary messages instead of texts')
    .option('-f, --file <file>', 'send what is in a file as one message, behind the arguments; several times', collect)
    .option('--stdin', 'send all of standard input as one message, behind the files');
  addGoalOptions(command, 'give up waiting for --expect and --count after this time, as 500ms or 1m (default: 10s)');
  addFormatOptions(command);
  addConnectOptions(command)
    .addHelpText(
      'after',
      `
Without --expect and --count it waits for nothing but the closing handshake.

Examples:
  $ switchboard send localhost:8765/echo hello --count 1
  $ switchboard send localhost:8765/echo hello --expect hello --timeout 2s && echo fine
  $ switchboard send wss://example.org/feed '{"subscribe":"news"}' --expect '/"ok":\\s*true/' --bearer "$TOKEN"
  $ tail -f access.log | switchboard send localhost:8765/logs -
  $ switchboard send localhost:8765/upload --binary --file picture.png`,
    )
    .action(async (url: string, messages: readonly string[], flags: SendFlags) => {
      const { send } = await import('./send.js');
      await send(url, messages, flags);
    });
}
