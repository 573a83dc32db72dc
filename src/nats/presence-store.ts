import type { Presence } from '../rooms/adapter';
import { Bucket } from './bucket';
import type { JetStream } from './jetstream';
import { LivingNodes } from './living-nodes';
import type { StreamOptions } from './log-stream';
import { OwnShards, type ShardChange } from './own-shards';
import { decodeShard, encodeShard, type Shard } from './presence-messages';
import { type Subjects, tokenOf } from './subjects';

/** Rooms that are written at the same time. */
const roomsAtOnce = 64;

/**
 * Who is present in the rooms of one name: a bucket whose keys are `room.in.node.number`, with some of the node's connections in
 * the room each. The nodes are known, so a room is read key by key: to look for keys by a part of them takes servers before
 * 2.10 as long as there are many in all rooms together.
 */
export class PresenceStore {
  readonly #node: string;
  readonly #bucket: Bucket;
  readonly #nodes: LivingNodes;
  readonly #own = new OwnShards();

  constructor(jetStream: JetStream, subjects: Subjects, options: StreamOptions, node: string) {
    this.#node = node;
    this.#bucket = new Bucket(jetStream, options, subjects.presenceBucket, subjects.presenceChanged());
    this.#nodes = new LivingNodes(new Bucket(jetStream, options, subjects.nodesBucket), node);
  }

  async enter(room: string, present: readonly Presence[]): Promise<void> {
    await this.#write(room, this.#own.enter(room, present));
  }

  async leave(room: string, ids: readonly string[]): Promise<void> {
    const changes = this.#own.leave(room, ids);
    const own = new Set(changes.flatMap(({ leaves }) => leaves));
    await this.#write(room, changes);
    const others = new Set(ids.filter((id) => !own.has(id)));
    if (others.size > 0) await this.#takeAway(room, others);
  }

  async present(room: string): Promise<Presence[]> {
    const { living } = await this.#nodes.read();
    const others = [...living].filter((node) => node !== this.#node);
    const present = await Promise.all(others.map((node) => this.#presentOf(room, node)));
    const own = this.#own.in(room).map(({ id, value }) => ({ id, node: this.#node, value }));
    return [...own, ...present.flat()];
  }

  /** @returns the nodes that live */
  async touch(ttl: number, kept: ReadonlyMap<string, readonly Presence[]>): Promise<string[]> {
    // At once: whoever leaves in the meantime must not be written again.
    const again = Array.from(kept, ([room, present]) => ({ room, changes: this.#own.enter(room, present) }));
    // Nobody came: it is only written again.
    for (const { changes } of again) for (const { joins } of changes) joins.length = 0;
    await this.#nodes.say(ttl);
    const { living } = await this.#nodes.read();
    await inPortions(again, ({ room, changes }) => this.#write(room, changes));
    return [...living];
  }

  /** Takes this node away, and all of its connections. */
  async close(): Promise<void> {
    await this.#nodes.say(0);
    await inPortions(this.#own.rooms(), (room) => {
      const ids = this.#own.in(room).map(({ id }) => id);
      return this.leave(room, ids);
    });
  }

  /** In the order of the calls: what it writes is what is so then, and what others are told is what has changed. */
  async #write(room: string, changes: readonly ShardChange[]): Promise<void> {
    // Whoever reads of a connection must find that its node lives.
    await this.#nodes.said();
    await Promise.all(
      changes.map(({ index, joins, leaves }) => {
        const [present, shards] = [this.#own.at(room, index), this.#own.count(room)];
        const value = encodeShard({ node: this.#node, joins, leaves, present, shards });
        return this.#bucket.put(keyOf(room, this.#node, index), value);
      }),
    );
  }

  async #presentOf(room: string, node: string): Promise<Presence[]> {
    const present: Presence[] = [];
    for (const { shard } of await this.#shardsOf(room, node)) {
      for (const { id, value } of shard.present) present.push({ id, node, value });
    }
    return present;
  }

  async #shardsOf(room: string, node: string): Promise<{ index: number; shard: Shard; sequence: number }[]> {
    const first = await this.#shardOf(room, node, 0);
    if (first === undefined || first.shard.shards <= 1) return first === undefined ? [] : [first];
    const indices = Array.from({ length: first.shard.shards - 1 }, (_, index) => index + 1);
    const others = await Promise.all(indices.map((index) => this.#shardOf(room, node, index)));
    return [first, ...others.filter((each) => each !== undefined)];
  }

  async #shardOf(
    room: string,
    node: string,
    index: number,
  ): Promise<{ index: number; shard: Shard; sequence: number } | undefined> {
    const found = await this.#bucket.get(keyOf(room, node, index));
    const shard = found === undefined ? undefined : decodeShard(found.data);
    return shard === undefined ? undefined : { index, shard, sequence: found!.sequence };
  }

  /** Takes connections away from nodes that are gone: whichever of the others is first. */
  async #takeAway(room: string, ids: ReadonlySet<string>): Promise<void> {
    const { gone } = await this.#nodes.read();
    await inPortions(gone, async (node) => {
      for (const { index, shard, sequence } of await this.#shardsOf(room, node)) {
        const leaves = shard.present.map(({ id }) => id).filter((id) => ids.has(id));
        if (leaves.length === 0) continue;
        const present = shard.present.filter(({ id }) => !ids.has(id));
        const value = encodeShard({ node: this.#node, joins: [], leaves, present, shards: shard.shards });
        await this.#bucket.put(keyOf(room, node, index), value, sequence);
      }
    });
  }
}

function keyOf(room: string, node: string, index: number): string {
  return `${tokenOf(room)}.in.${tokenOf(node)}.${index}`;
}

async function inPortions<Item>(items: readonly Item[], task: (item: Item) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += roomsAtOnce) {
    await Promise.all(items.slice(start, start + roomsAtOnce).map(task));
  }
}
