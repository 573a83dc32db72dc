import { InvalidOptionError } from '../protocol/errors';
import { checkInteger, checkMilliseconds, describe } from '../protocol/options';
import type { Adapter, HistoryLimits } from './adapter';
import { type HistoryOptions, resolveHistory } from './history';
import { memoryAdapter } from './memory-adapter';
import { checkRoomName } from './room-name';

/** How rooms are shared with other nodes, and what is kept of what is said in them. */
export interface SharedRoomsOptions {
  /**
   * Joins the rooms of several nodes: `redisAdapter()`, `natsAdapter()`. One adapter serves several mounts and hubs, each
   * with a `name` of its own.
   * @default memory of this process
   */
  adapter?: Adapter;
  /**
   * What the rooms are called on the adapter: nodes that say the same name share them. 1 to 256 characters.
   * @default 'rooms' for `rooms()`, 'chat' for a ChatServer, 'hub' for a Hub
   */
  name?: string;
  /** How much of each room's log is kept: a number of messages, or `{ count, bytes, age }`. @default nothing */
  history?: number | false | HistoryOptions;
  /** Milliseconds within which the members of a node that was killed have left. @default 30,000 */
  presenceTtl?: number;
  /** Messages that may wait while the broker is away; more are refused. @default 10,000 */
  maxQueued?: number;
  /** Bytes of the messages that may wait while the broker is away. @default 16 MiB */
  maxQueuedBytes?: number;
  /** Milliseconds that a message may wait for the broker: then its sender gets an error. At most 90,000. @default 60,000 */
  publishTimeout?: number;
}

/** `SharedRoomsOptions` with nothing left open. */
export interface ResolvedSharedRoomsOptions {
  readonly adapter: Adapter;
  /** The adapter is this chat's, or this hub's, own. */
  readonly isLocal: boolean;
  readonly name: string;
  readonly history: HistoryLimits;
  readonly presenceTtl: number;
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  readonly publishTimeout: number;
}

const defaults = { presenceTtl: 30_000, maxQueued: 10_000, maxQueuedBytes: 16 * 1024 * 1024, publishTimeout: 60_000 };

/** Adapters know an id again for two minutes; a message that is given up must not be tried again behind that. */
const longestPublishTimeout = 90_000;

export const sharedRoomsOptionNames = [
  'adapter',
  'name',
  'history',
  ...(Object.keys(defaults) as (keyof typeof defaults)[]),
] as const;

/**
 * @param name the default
 * @throws InvalidOptionError for values that cannot be
 */
export function resolveSharedRoomsOptions(options: SharedRoomsOptions, name: string): ResolvedSharedRoomsOptions {
  const { adapter } = options;
  if (adapter !== undefined && typeof (adapter as Partial<Adapter> | null)?.open !== 'function') {
    throw new InvalidOptionError(
      `Option 'adapter' must be an adapter, as redisAdapter(client) or natsAdapter(connection) make one, not ${describe(adapter)}`,
    );
  }
  if (options.name !== undefined) checkRoomName(options.name);
  const numbers = { ...defaults };
  for (const option of Object.keys(defaults) as (keyof typeof defaults)[])
    numbers[option] = options[option] ?? defaults[option];
  checkMilliseconds('presenceTtl', numbers.presenceTtl);
  checkInteger('maxQueued', numbers.maxQueued, { min: 1 });
  checkInteger('maxQueuedBytes', numbers.maxQueuedBytes, { min: 1 });
  checkMilliseconds('publishTimeout', numbers.publishTimeout);
  if (numbers.publishTimeout > longestPublishTimeout) {
    throw new InvalidOptionError(
      `Option 'publishTimeout' must be at most ${longestPublishTimeout} ms, not ${numbers.publishTimeout}`,
    );
  }
  return {
    adapter: adapter ?? memoryAdapter(),
    isLocal: adapter === undefined,
    name: options.name ?? name,
    history: resolveHistory(options.history),
    ...numbers,
  };
}
