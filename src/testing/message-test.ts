import { inspect, isDeepStrictEqual, types } from 'node:util';
import type { Message } from '../connection/inbox';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/**
 * What a message may be expected to be: this text, these bytes, a text that matches, or one for which a function returns
 * true. Any other object stands for a text that is its JSON.
 */
export type MessageTest = string | Uint8Array | RegExp | ((message: Message) => boolean);

/** An expectation, ready to be asked. */
export interface MessageMatcher {
  /** Ends the sentence 'Expected …'. */
  readonly words: string;
  /** For test runners, to show the difference; undefined where nothing can be compared. */
  readonly expected: unknown;
  /** What stands against it in the difference, and is what the caller gets. */
  read(message: Message): unknown;
  matches(message: Message): boolean;
}

/**
 * Reads what was given as expected message.
 *
 * @param partial of an object, more properties than those given may be there
 * @throws InvalidOptionError for what cannot be
 */
export function matcherOf(expected: unknown, partial: boolean): MessageMatcher {
  if (partial && !isJson(expected)) {
    throw new InvalidOptionError(`Option 'partial' is for an object, not for ${describe(expected)}`);
  }
  const plain = (words: string, matches: (message: Message) => boolean): MessageMatcher => {
    return { words, expected, read: (message) => message, matches };
  };
  if (expected === undefined) return plain('a message', () => true);
  if (typeof expected === 'string') return plain(`the message ${shown(expected)}`, (message) => message === expected);
  if (types.isUint8Array(expected)) {
    return plain(
      `the message ${shown(Buffer.from(expected))}`,
      (message) => typeof message !== 'string' && message.equals(expected),
    );
  }
  if (types.isRegExp(expected)) {
    return plain(`a message that matches ${expected}`, (message) => {
      // The next search of a global or sticky one would begin where the last has ended.
      expected.lastIndex = 0;
      return typeof message === 'string' && expected.test(message);
    });
  }
  if (typeof expected === 'function') {
    const { name } = expected;
    const matcher = plain(`a message for which ${name === '' ? 'the function' : `${name}()`} returns true`, (message) =>
      answerOf(expected(message)),
    );
    return { ...matcher, expected: undefined };
  }
  if (isJson(expected)) return jsonMatcher(expected, partial);
  throw new InvalidOptionError(
    `The expected message must be a string, bytes, a RegExp, a function, or an object for its JSON, not ${describe(expected)}`,
  );
}

function isJson(expected: unknown): expected is object {
  return (
    typeof expected === 'object' && expected !== null && !types.isUint8Array(expected) && !types.isRegExp(expected)
  );
}

/** A function that asserts by itself, and returns nothing, would otherwise pass for one that says no. */
function answerOf(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new InvalidOptionError(
    `The function for an expected message must return true or false, not ${describe(answer)}: ` +
      'to assert something of a message, take it, as in assert.match(await expectMessage(socket), /…/)',
  );
}

function jsonMatcher(given: object, partial: boolean): MessageMatcher {
  // As it would come: dates as text, nothing undefined.
  const expected: unknown = JSON.parse(JSON.stringify(given));
  const read = (message: Message): unknown => {
    if (typeof message !== 'string') return message;
    try {
      return JSON.parse(message);
    } catch {
      return message;
    }
  };
  const isEqual = partial ? isPart : isDeepStrictEqual;
  const words = `${partial ? 'JSON with at least' : 'the JSON'} ${shown(expected)}`;
  return { words, expected, read, matches: (message) => isEqual(expected, read(message)) };
}

/** All that is in `part` is in `whole`; lists have the same length. */
function isPart(part: unknown, whole: unknown): boolean {
  if (part === null || typeof part !== 'object') return part === whole;
  if (whole === null || typeof whole !== 'object' || Array.isArray(part) !== Array.isArray(whole)) return false;
  if (Array.isArray(part) && part.length !== (whole as unknown[]).length) return false;
  return Object.entries(part).every(
    ([name, value]) => Object.hasOwn(whole, name) && isPart(value, whole[name as keyof typeof whole]),
  );
}

/** A message, or its JSON, as errors show it. */
export function shown(value: unknown): string {
  return inspect(value, { depth: 8, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 500 });
}
