import type { Present } from './presence-messages';

/** Connections of one key: each change of one writes them all. */
const maxConnections = 64;
/** Characters of JSON of one key, roughly: the largest message that a server takes is a megabyte unless it is told otherwise. */
const maxLength = 128 * 1024;

/** Some of the connections of this node in one room: what is in one key. */
interface OwnShard {
  readonly index: number;
  readonly present: Present[];
  /** Characters of its JSON, roughly. */
  length: number;
}

/** The connections of this node in one room. */
interface OwnRoom {
  readonly shards: OwnShard[];
  /** Where each connection is. */
  readonly byId: Map<string, OwnShard>;
  /** The shards before this one are full. */
  firstOpen: number;
}

/** What has changed in the shard of this number. */
export interface ShardChange {
  readonly index: number;
  readonly joins: Present[];
  readonly leaves: string[];
}

/** The connections of this node in all rooms, divided as they are in the bucket. */
export class OwnShards {
  readonly #rooms = new Map<string, OwnRoom>();

  rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  in(room: string): Present[] {
    return this.#rooms.get(room)?.shards.flatMap(({ present }) => present) ?? [];
  }

  /** What is in one shard now. */
  at(room: string, index: number): readonly Present[] {
    return this.#rooms.get(room)?.shards[index]?.present ?? [];
  }

  count(room: string): number {
    return this.#rooms.get(room)?.shards.length ?? 1;
  }

  /** Adds connections, or changes them. @returns in the order in which they are to be written */
  enter(room: string, present: readonly Present[]): ShardChange[] {
    if (present.length === 0) return [];
    const own = this.#rooms.get(room) ?? { shards: [], byId: new Map<string, OwnShard>(), firstOpen: 0 };
    this.#rooms.set(room, own);
    const { shards } = own;
    const before = shards.length;
    const changes = new Map<OwnShard, ShardChange>();
    for (const { id, value } of present) {
      const length = JSON.stringify(value).length + id.length + 20;
      const shard = take(own, id) ?? shardFor(own, length);
      shard.present.push({ id, value });
      shard.length += length;
      own.byId.set(id, shard);
      changeOf(changes, shard).joins.push({ id, value });
    }
    // The first says how many there are: it is written last.
    if (shards.length > before && before > 0) changeOf(changes, shards[0]!);
    return [...changes.values()].sort((one, other) => other.index - one.index);
  }

  /** @returns what is to be written; ids that are not of this node are left out */
  leave(room: string, ids: readonly string[]): ShardChange[] {
    const own = this.#rooms.get(room);
    if (own === undefined) return [];
    const changes = new Map<OwnShard, ShardChange>();
    for (const id of ids) {
      const shard = take(own, id);
      if (shard !== undefined) changeOf(changes, shard).leaves.push(id);
    }
    if (own.byId.size === 0) this.#rooms.delete(room);
    return [...changes.values()];
  }
}

function changeOf(changes: Map<OwnShard, ShardChange>, shard: OwnShard): ShardChange {
  let change = changes.get(shard);
  if (change === undefined) {
    change = { index: shard.index, joins: [], leaves: [] };
    changes.set(shard, change);
  }
  return change;
}

/** The first shard with room for so many characters more, or a new one. */
function shardFor(own: OwnRoom, length: number): OwnShard {
  const { shards } = own;
  while (own.firstOpen < shards.length && isFull(shards[own.firstOpen]!)) own.firstOpen++;
  for (let index = own.firstOpen; index < shards.length; index++) {
    const shard = shards[index]!;
    if (!isFull(shard) && shard.length + length <= maxLength) return shard;
  }
  const added: OwnShard = { index: shards.length, present: [], length: 0 };
  shards.push(added);
  return added;
}

/** One that is not has room for whatever takes up to half a key: so only what is larger looks at several. */
function isFull({ present, length }: OwnShard): boolean {
  return present.length >= maxConnections || length > maxLength / 2;
}

/** @returns where it was */
function take(own: OwnRoom, id: string): OwnShard | undefined {
  const shard = own.byId.get(id);
  if (shard === undefined) return undefined;
  own.byId.delete(id);
  const index = shard.present.findIndex((each) => each.id === id);
  const [taken] = shard.present.splice(index, 1);
  shard.length -= JSON.stringify(taken!.value).length + id.length + 20;
  // It may have room again.
  own.firstOpen = Math.min(own.firstOpen, shard.index);
  return shard;
}
