import { type Command, InvalidArgumentError } from 'commander';
import { duration, positive } from './values';

/** When a command that receives messages is done, as the parser gives it. */
export interface GoalFlags {
  /** What a message must be, or match. */
  expect?: string | RegExp;
  count?: number;
  timeout?: number;
}

/** Gives a command the options that say when it is done. */
export function addGoalOptions(command: Command, ofTimeout: string): Command {
  return command
    .option(
      '-e, --expect <text>',
      'wait for a message that is this text, or matches this /regular expression/',
      textOrPattern,
    )
    .option('-n, --count <number>', 'wait for this many messages', positive)
    .option('-t, --timeout <duration>', ofTimeout, duration);
}

/** `/pattern/flags` is a regular expression, anything else a text. */
export function textOrPattern(text: string): string | RegExp {
  const [, pattern, flags] = /^\/(.+)\/([dimsuvy]*)$/s.exec(text) ?? [];
  if (pattern === undefined) return text;
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
