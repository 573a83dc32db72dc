import type { Presence, PresenceChange } from '../rooms/adapter';

/** What is told of a connection; its node is said once. */
export type Present = Pick<Presence, 'id' | 'value'>;

/**
 * The value of a key of the bucket of presence, as JSON with `v: 1`: some of the connections of one node in one room, and what
 * has changed with it, which is what the other nodes hear.
 */
export interface Shard {
  /** Which node says so: that of the connections, or one that found it gone. */
  readonly node: string;
  readonly joins: readonly Present[];
  readonly leaves: readonly string[];
  readonly present: readonly Present[];
  /** Keys that this node's connections in this room are in: 0 and so on. Only the one of key 0 counts. */
  readonly shards: number;
}

export function encodeShard(shard: Shard): string {
  return JSON.stringify({ v: 1, ...shard });
}

/** Anybody may write at a broker, so nothing is believed. @returns undefined for what is not in the wire format */
export function decodeShard(json: string): Shard | undefined {
  try {
    const { v, node, joins = [], leaves = [], present = [], shards = 1 } = JSON.parse(json);
    if (v !== 1 || !isId(node) || !Number.isSafeInteger(shards)) return undefined;
    return {
      node,
      joins: joins.filter(isPresent),
      leaves: leaves.filter(isId),
      present: present.filter(isPresent),
      shards,
    };
  } catch {
    return undefined;
  }
}

export function changeOf({ node, joins, leaves }: Shard): PresenceChange {
  return { joins: joins.map(({ id, value }) => ({ id, node, value })), leaves };
}

/** The value of a node's key: how long it lives, in milliseconds, unless it is said again. */
export function encodeLife(ttl: number): string {
  return JSON.stringify({ v: 1, ttl });
}

/** @returns 0 for one that does not live, or says so wrongly */
export function decodeLife(json: string): number {
  try {
    const { v, ttl } = JSON.parse(json);
    return v === 1 && typeof ttl === 'number' ? ttl : 0;
  } catch {
    return 0;
  }
}

function isPresent(present: unknown): present is Present {
  const { id, value } = (present ?? {}) as Record<string, unknown>;
  return isId(id) && typeof value === 'object' && value !== null;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
