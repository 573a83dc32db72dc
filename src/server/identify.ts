import type { IncomingMessage } from 'node:http';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/** Says who connects: the name of a user, or undefined, at once or by a promise. */
export type Identify<Request = IncomingMessage> = (
  request: Request,
) => string | undefined | Promise<string | undefined>;

/**
 * Asks who connects.
 *
 * @returns the user, or a promise of it where the answer is one
 * @throws InvalidOptionError for an answer that is no name
 */
export function askIdentity(identify: Identify, request: IncomingMessage): ReturnType<Identify> {
  const user: unknown = identify(request);
  const isThenable = typeof (user as PromiseLike<unknown> | null | undefined)?.then === 'function';
  return isThenable ? Promise.resolve(user).then(checkUser) : checkUser(user);
}

function checkUser(user: unknown): string | undefined {
  if (user === undefined || (typeof user === 'string' && user !== '')) return user;
  throw new InvalidOptionError(
    `The function 'identify' must return a string, or undefined, or a promise of it, not ${describe(user)}`,
  );
}
