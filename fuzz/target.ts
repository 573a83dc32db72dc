import { WebSocketError } from '../src/protocol/errors';
import type { Random } from './random';

/** One part of the code, and how it is tried. */
export interface Target {
  readonly name: string;
  /** What it tries, in a few words. */
  readonly title: string;
  /** Its part of all inputs: 1 for the usual, less where an input takes long. */
  readonly share: number;
  /** Makes an input, of its own or by changing one of the stored ones. */
  generate(random: Random, corpus: readonly Buffer[]): Buffer;
  /**
   * Tries one input, and throws when something is wrong. All that happens is in the input's bytes, choices of options and
   * chunks included, so that the file alone replays it. The input may be changed.
   */
  run(input: Buffer): void | Promise<void>;
}

/** Something that must not be. */
export class Broken extends Error {
  override name = 'Broken';
}

/** @throws Broken unless the condition holds */
export function ensure(condition: boolean, what: string | (() => string)): asserts condition {
  if (!condition) throw new Broken(typeof what === 'string' ? what : what());
}

/** @throws Broken unless the two are the same value; the message shows both */
export function ensureSame(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return;
  throw new Broken(`${what}: ${shown(actual)}, expected ${shown(expected)}`);
}

/** @throws Broken unless the lists hold the same values in the same order */
export function ensureSameList(actual: readonly unknown[], expected: readonly unknown[], what: string): void {
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
    if (!Object.is(actual[i], expected[i])) ensureSame(actual[i], expected[i], `${what}, item ${i}`);
  }
}

/** The result of a call that reads what a peer sent, or the error that refuses it: one of ours, and the peer's fault. */
export function resultOrRefusal<Result>(
  call: () => Result,
): { result: Result; error?: never } | { result?: never; error: WebSocketError } {
  try {
    return { result: call() };
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
    ensure(error.fault === 'peer', () => `${error.name} ${error.code} blames '${error.fault}' for what the peer sent`);
    // Messages go into logs, close frames and HTTP answers: a peer must neither fill them nor break out of their line.
    ensure(error.message.length <= 500, () => `The message of ${error.name} has ${error.message.length} characters`);
    ensure(!/\p{Cc}/u.test(error.message), () => `A control character in the message ${JSON.stringify(error.message)}`);
    return { error };
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
}
