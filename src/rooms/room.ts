import type { Membership } from './membership';
import type { Batches } from './shared-frame';
import type { SlowConsumerPolicy } from './slow-consumer';

/**
 * One room of a hub; it is there while somebody is in it.
 *
 * @internal
 */
export class Room {
  readonly memberships = new Set<Membership>();
  /** What was published in it in this event-loop iteration. Undefined while nothing was. */
  batches: Batches | undefined = undefined;
  /** Messages that members did not get because they were slow. */
  dropped = 0;

  constructor(
    readonly name: string,
    readonly policy: SlowConsumerPolicy,
  ) {}
}
