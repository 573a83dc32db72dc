/** The command line of the fuzzer. */

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { FuzzError } from './errors';
import type { Target } from './target';
import { targets } from './targets';

export const usage = `npm run fuzz -- [options]

  --target NAME      only this target; may be repeated
  --inputs N         inputs of all targets together (10,000,000); slow targets get a smaller part
  --seconds N        stops after that time, divided among the targets
  --seed S           repeats a run; each run prints its own
  --replay FILE      tries the input in this file alone; its folder names the target, or --target does
  --list             prints the targets
  --help

What breaks something is written to fuzz/corpus/<target>/, and the exit code is 1.`;

export interface FuzzOptions {
  targets: readonly Target[];
  inputs: number;
  seconds: number;
  seed: number;
  replay?: string;
  list: boolean;
  help: boolean;
}

/** @throws FuzzError that names the wrong argument */
export function readOptions(args: readonly string[]): FuzzOptions {
  const { values } = parse(args);
  return {
    targets: chooseTargets(values.target),
    inputs: wholeNumber('inputs', values.inputs, 10_000_000),
    seconds: wholeNumber('seconds', values.seconds, Number.POSITIVE_INFINITY),
    seed: wholeNumber('seed', values.seed, randomInt(1, 2 ** 31)),
    ...(values.replay !== undefined && { replay: values.replay }),
    list: values.list ?? false,
    help: values.help ?? false,
  };
}

function chooseTargets(names: readonly string[] | undefined): readonly Target[] {
  if (names === undefined) return targets;
  return names.map((name) => {
    const found = targets.find((target) => target.name === name);
    if (found === undefined) {
      throw new FuzzError(
        `No target is called '${name}'. There are: ${targets.map((target) => target.name).join(', ')}`,
      );
    }
    return found;
  });
}

function wholeNumber(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value.replaceAll(/[_,]/g, ''));
  if (Number.isSafeInteger(number) && number >= 1 && number < 2 ** 31) return number;
  throw new FuzzError(`--${name} needs a whole number from 1 to ${2 ** 31 - 1}, not '${value}'`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        target: { type: 'string', multiple: true },
        inputs: { type: 'string' },
        seconds: { type: 'string' },
        seed: { type: 'string' },
        replay: { type: 'string' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new FuzzError(`${(error as Error).message}\n\n${usage}`);
  }
}
