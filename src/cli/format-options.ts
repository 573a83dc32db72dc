import { type Command, Option } from 'commander';

/** How messages are printed, as the parser gives it. */
export interface FormatFlags {
  json?: true;
  raw?: true;
}

/** Gives a command the options that say how messages are printed. */
export function addFormatOptions(command: Command): Command {
  return command
    .addOption(new Option('-j, --json', 'print each message as a line of JSON, with its time').conflicts('raw'))
    .option('-r, --raw', 'print messages as they are: nothing is escaped, and binary ones are bytes');
}
