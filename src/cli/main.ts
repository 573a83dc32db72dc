#!/usr/bin/env node
/** `switchboard`: the command line. Parses, and loads a command's code when that is used. */
import { Command, CommanderError } from 'commander';
import { addBench } from './bench/command';
import { addChat } from './chat/command';
import { ExitCode, exitCodeHelp } from './exit-codes';
import { exitCodeOf, words } from './failure';
import { printableLines } from './printable';
import { endQuietlyWithPipes, exit } from './process-end';
import { addSend } from './send/command';
import { addServe } from './serve/command';
import { addSubscribe } from './subscribe/command';
import { durationHelp } from './values';

/** What package.json says: put in by the bundler. */
declare const packageVersion: string;

function makeProgram(): Command {
  const program = new Command('switchboard')
    .description('WebSockets from the command line: a server, a client, a chat, a benchmark.')
    .version(packageVersion, '-V, --version')
    .helpCommand('help [command]', 'shows the help of a command')
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  for (const add of [addServe, addSend, addSubscribe, addChat, addBench]) add(program);
  for (const command of program.commands) command.addHelpText('after', `\n${durationHelp}`);
  program.addHelpText(
    'after',
    `
Examples:
  $ switchboard serve                                    a chat server on ws://localhost:8765
  $ switchboard chat localhost:8765                      take part in it
  $ switchboard send wss://example.org/echo hello --count 1
  $ switchboard subscribe localhost:8765 --room general --json | jq .text

${exitCodeHelp}`,
  );
  return program;
}

async function main(): Promise<void> {
  endQuietlyWithPipes();
  try {
    await makeProgram().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it already, and has codes of its own.
      process.exitCode = error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
    } else {
      // Who has interrupted it knows why it ended.
      const said = words(error);
      if (said !== '') console.error(`switchboard: ${printableLines(said)}`);
      process.exitCode = exitCodeOf(error);
    }
  }
  await exit();
}

void main();
