import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/**
 * The longest room name, in UTF-16 code units: a name is kept once per room and travels with every chat message, so a
 * peer that may choose names must not choose ten megabytes.
 */
export const maxRoomNameLength = 256;

/** Any other string is a name, `__proto__` too. @throws InvalidOptionError unless it is a string of 1 to 256 characters. */
export function checkRoomName(name: unknown): asserts name is string {
  if (typeof name !== 'string') {
    const hint = Array.isArray(name) ? '; name several one by one: to(a, b), join(a), join(b)' : '';
    throw new InvalidOptionError(`A room name must be a string, not ${describe(name)}${hint}`);
  }
  if (name.length === 0) throw new InvalidOptionError('A room name must not be empty');
  if (name.length > maxRoomNameLength) {
    throw new InvalidOptionError(
      `A room name has at most ${maxRoomNameLength} characters; this one has ${name.length}: ${describe(name)}`,
    );
  }
}

/** @throws InvalidOptionError for no room at all, or what is no room name */
export function checkRoomNames(method: string, rooms: readonly string[]): readonly string[] {
  if (rooms.length === 0) throw new InvalidOptionError(`${method} needs the name of at least one room`);
  for (const room of rooms) checkRoomName(room);
  return rooms;
}
