import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/**
 * What becomes of a room's messages for a member that is slow: more than its `highWaterMark` waits to be sent to it. Except
 * with `'close'`, they wait aside, within its `maxBufferedAmount`, until no more than its `lowWaterMark` waits.
 *
 * - `'close'`: nothing of the room is left out. Its messages wait, and a member with more than `maxBufferedAmount` is
 *   closed with 1008.
 * - `'drop-newest'`: what waits is kept, and what does not fit is dropped.
 * - `'drop-oldest'`: what waited longest makes place.
 * - `'coalesce'`: a publish with a `key` takes the place of an earlier one with that key which still waits. Publishes
 *   without a key wait as with `'drop-oldest'`; the latest of each key is dropped only when nothing but keys is left.
 */
export type SlowConsumerPolicy = 'close' | 'drop-newest' | 'drop-oldest' | 'coalesce';

/** One policy for all rooms, or what says which a room has; it is asked once, when the room is made. */
export type SlowConsumer = SlowConsumerPolicy | ((room: string) => SlowConsumerPolicy);

const policies: readonly unknown[] = ['close', 'drop-newest', 'drop-oldest', 'coalesce'] satisfies SlowConsumerPolicy[];

/** @throws InvalidOptionError for what is neither a policy nor a function */
export function checkSlowConsumer(given: unknown): asserts given is SlowConsumer {
  if (typeof given === 'function' || policies.includes(given)) return;
  throw new InvalidOptionError(
    `Option 'slowConsumer' must be 'close', 'drop-newest', 'drop-oldest', 'coalesce', or a function that returns one of them, not ${describe(given)}`,
  );
}

/** @throws InvalidOptionError when the function returns what is no policy, and whatever it throws */
export function policyOf(room: string, slowConsumer: SlowConsumer): SlowConsumerPolicy {
  if (typeof slowConsumer !== 'function') return slowConsumer;
  const policy: unknown = slowConsumer(room);
  if (policies.includes(policy)) return policy as SlowConsumerPolicy;
  throw new InvalidOptionError(
    `Option 'slowConsumer' must return 'close', 'drop-newest', 'drop-oldest' or 'coalesce'; for room ${describe(room)} it returned ${describe(policy)}`,
  );
}
