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
   * @default 'rooms' for `rooms()`, 'chat' for a ChatServer, 'hub' for a Hub; a publisher says it always
   */
  name?: string;
  /**
   * How much of each room's log is kept: a number of messages, or `{ count, bytes, age }`. It must be the same on all nodes:
   * whoever publishes trims the log to what it knows.
   * @default nothing
   */
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

/** A node says that it lives five times within this, in milliseconds. */
const shortestPresenceTtl = 100;

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
  checkName(options.name);
  const numbers = { ...defaults };
  for (const option of Object.keys(defaults) as (keyof typeof defaults)[])
    numbers[option] = options[option] ?? defaults[option];
  checkMilliseconds('presenceTtl', numbers.presenceTtl);
  if (numbers.presenceTtl < shortestPresenceTtl) {
    throw new InvalidOptionError(
      `Option 'presenceTtl' must be at least ${shortestPresenceTtl} ms, not ${numbers.presenceTtl}: every fifth of it this node says that it lives`,
    );
  }
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

function checkName(name: unknown): void {
  if (name === undefined) return;
  try {
    checkRoomName(name);
  } catch {
    throw new InvalidOptionError(`Option 'name' must be a string of 1 to 256 characters, not ${describe(name)}`);
  }
}

/** @throws InvalidOptionError for an adapter where options belong: it has no options that could be found unknown */
export function refuseAdapter(where: string, given: unknown): void {
  if (typeof (given as Partial<Adapter> | null | undefined)?.open !== 'function') return;
  throw new InvalidOptionError(`${where} takes options, not an adapter: { adapter, name }`);
}
