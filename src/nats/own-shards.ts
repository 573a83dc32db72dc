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

/** What has changed in the shard of this number. */
export interface ShardChange {
  readonly index: number;
  readonly joins: Present[];
  readonly leaves: string[];
}

/** The connections of this node in all rooms, divided as they are in the bucket. */
export class OwnShards {
  readonly #rooms = new Map<string, OwnShard[]>();

  rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  in(room: string): Present[] {
    return this.#rooms.get(room)?.flatMap(({ present }) => present) ?? [];
  }

  /** What is in one shard now. */
  at(room: string, index: number): readonly Present[] {
    return this.#rooms.get(room)?.[index]?.present ?? [];
  }

  count(room: string): number {
    return this.#rooms.get(room)?.length ?? 1;
  }

  /** Adds connections, or changes them. @returns in the order in which they are to be written */
  enter(room: string, present: readonly Present[]): ShardChange[] {
    if (present.length === 0) return [];
    const shards = this.#rooms.get(room) ?? [];
    this.#rooms.set(room, shards);
    const before = shards.length;
    const changes = new Map<OwnShard, ShardChange>();
    for (const { id, value } of present) {
      const length = JSON.stringify(value).length + id.length + 20;
      const shard = shards.find((each) => indexOf(each, id) !== -1) ?? shards.find((each) => isRoomIn(each, length));
      const changed = shard ?? { index: shards.length, present: [], length: 0 };
      if (shard === undefined) shards.push(changed);
      take(changed, id);
      changed.present.push({ id, value });
      changed.length += length;
      changeOf(changes, changed).joins.push({ id, value });
    }
    // The first says how many there are: it is written last.
    if (shards.length > before && before > 0) changeOf(changes, shards[0]!);
    return [...changes.values()].sort((one, other) => other.index - one.index);
  }

  /** @returns what is to be written; ids that are not of this node are left out */
  leave(room: string, ids: readonly string[]): ShardChange[] {
    const shards = this.#rooms.get(room) ?? [];
    const changes = new Map<OwnShard, ShardChange>();
    for (const id of ids) {
      const shard = shards.find((each) => take(each, id));
      if (shard !== undefined) changeOf(changes, shard).leaves.push(id);
    }
    if (shards.every(({ present }) => present.length === 0)) this.#rooms.delete(room);
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

function indexOf({ present }: OwnShard, id: string): number {
  return present.findIndex((each) => each.id === id);
}

function isRoomIn({ present, length }: OwnShard, more: number): boolean {
  return present.length < maxConnections && length + more <= maxLength;
}

/** @returns whether it was there */
function take(shard: OwnShard, id: string): boolean {
  const index = indexOf(shard, id);
  if (index === -1) return false;
  const [taken] = shard.present.splice(index, 1);
  shard.length -= JSON.stringify(taken!.value).length + id.length + 20;
  return true;
}
