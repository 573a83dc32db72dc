import type { SharedEncoding } from '../protocol/extension';
import type { Batch } from './batch';
import type { Membership } from './membership';

/**
 * One room of a hub; it is there while somebody is in it.
 *
 * @internal
 */
export class Room {
  readonly memberships = new Set<Membership>();
  /**
   * What was published in it in this event-loop iteration, by what encoded it; null is for frames as they are.
   * Undefined while nothing was.
   */
  batches: Map<SharedEncoding | null, Batch> | undefined = undefined;

  constructor(readonly name: string) {}
}
