import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/**
 * Two hubs with one name on one adapter would be one node twice.
 *
 * @param spaces those that the adapter has open, by name
 * @throws InvalidOptionError for a name that is among them
 */
export function checkNotOpen(name: string, spaces: ReadonlyMap<string, unknown>): void {
  if (!spaces.has(name)) return;
  throw new InvalidOptionError(
    `The rooms ${describe(name)} of this adapter are open already: give one of the two another name (option name)`,
  );
}
