import { randomBytes, randomUUID } from 'node:crypto';
import { type AdapterError, InvalidStateError } from '../protocol/errors';
import type {
  Draft,
  Entry,
  HistoryLimits,
  LogPage,
  LogQuery,
  Presence,
  PresenceChange,
  Space,
  SpaceReceiver,
} from '../rooms/adapter';
import type { BrokerHealth } from '../rooms/broker-health';
import { encodeEnvelope } from '../rooms/wire-format';
import type { RedisCommands } from './commands';
import type { RedisKeys } from './keys';
import { decodePresent, encodePresence, encodePresent, encodePublished, readEntries, receiveMessage } from './messages';
import { OwnPresence } from './own-presence';
import * as scripts from './scripts';
import type { Subscriptions } from './subscriptions';

/** What a space has of its adapter. */
export interface RedisContext {
  readonly commands: RedisCommands;
  readonly health: BrokerHealth;
  readonly subscriptions: Subscriptions;
  refused(error: AdapterError): void;
  closed(): void;
}

const hour = 60 * 60 * 1000;
/** How long Redis remembers where a room stood to which nothing was ever said. */
const unwrittenTtl = hour;
/** How long at least Redis remembers where a room stood after what was said last. */
const writtenTtl = 24 * hour;
const presenceTtl = hour;

/** Rooms, or connections, of one step where there are many. */
const atOnce = 256;

/** How long a room that nobody has vouched for after a restart waits for somebody who does. */
const settling = 800;

/** The newest entry of a room that this node has seen. */
interface Known {
  readonly epoch: string;
  readonly offset: number;
  /** Empty where it is not known. */
  readonly id: string;
  /** In which undisturbed time it was seen. */
  readonly time: number;
}

const nothingKnown: Known = { epoch: '', offset: 0, id: '', time: 0 };

export class RedisSpace implements Space {
  readonly node = randomUUID();
  readonly #context: RedisContext;
  readonly #keys: RedisKeys;
  readonly #receiver: SpaceReceiver;
  /** Of rooms that are subscribed to: what Redis has lost is found out by what its nodes have seen. */
  readonly #known = new Map<string, Known>();
  readonly #own = new OwnPresence();
  #touches = 0;
  /** Who has left what while a touch is under way. */
  readonly #leftMeanwhile = new Set<string>();
  /** Counts disturbances. */
  #time = 0;
  #closing: Promise<void> | undefined;

  constructor(context: RedisContext, keys: RedisKeys, receiver: SpaceReceiver) {
    this.#context = context;
    this.#keys = keys;
    this.#receiver = receiver;
  }

  async subscribe(room: string): Promise<void> {
    if (!this.#known.has(room)) this.#known.set(room, nothingKnown);
    const receive = this.#receive(room);
    await this.#ask('subscribe', () => this.#context.subscriptions.add(this.#keys.channel(room), receive));
  }

  async unsubscribe(room: string): Promise<void> {
    this.#known.delete(room);
    await this.#ask('unsubscribe', () => this.#context.subscriptions.remove(this.#keys.channel(room)));
  }

  async publish(room: string, draft: Draft): Promise<void> {
    const channel = this.#keys.channel(room);
    const message = encodePublished(encodeEnvelope(this.node, draft));
    await this.#ask('publish', () => this.#run(scripts.publish, [channel], [channel, message]));
  }

  async append(room: string, drafts: readonly Draft[], limits: HistoryLimits): Promise<number[]> {
    const metaTtl = Math.max(writtenTtl, limits.age);
    const beginning = [this.#keys.channel(room), ...numbers(limits.count, limits.bytes, limits.age, metaTtl)];
    const all: number[] = [];
    for (const some of portions(drafts)) {
      const said = some.flatMap((draft) => [draft.id, encodeEnvelope(this.node, draft)]);
      const [, ...offsets] = await this.#askLog('append', room, scripts.append, [...beginning, ...said]);
      for (const offset of offsets) all.push(Number(offset));
    }
    return all;
  }

  async read(room: string, query: LogQuery, limits: HistoryLimits): Promise<LogPage> {
    const ttls = numbers(limits.age, unwrittenTtl, Math.max(writtenTtl, limits.age));
    const [kind, position, limit] =
      'since' in query ? ['since', query.since, 0] : ['latest', query.before, query.limit];
    const args = [...ttls, String(kind), position?.epoch ?? '', ...numbers(position?.offset ?? 0, limit)];
    const [epoch, offset, gap, more, first, ...lines] = await this.#askLog('read', room, scripts.read, args);
    const entries: Entry[] = [];
    const from = {
      appended: (entry: Entry) => entries.push(entry),
      refused: (error: AdapterError) => this.#context.refused(error),
    };
    // Before the JSON there is the time of the log.
    const json = lines.map((line) => String(line).slice(String(line).indexOf('{')));
    readEntries(json, String(epoch), Number(first), from);
    const page: LogPage = {
      position: { epoch: String(epoch), offset: Number(offset) },
      entries,
      gap: Number(gap) === 1,
      more: Number(more) === 1,
    };
    const last = entries.at(-1);
    this.#learn(room, { ...page.position, id: last?.offset === page.position.offset ? last.id : '' });
    return page;
  }

  async enter(room: string, present: readonly Presence[]): Promise<void> {
    this.#own.add(room, present);
    const channel = this.#keys.channel(room);
    for (const joins of portions(present)) {
      const message = encodePresence(this.node, { joins, leaves: [] });
      const args = [channel, message, ...numbers(presenceTtl), ...joins.flatMap(fieldOf)];
      await this.#ask('enter', () => this.#run(scripts.enter, [this.#keys.presence(room)], args));
    }
  }

  async leave(room: string, ids: readonly string[]): Promise<void> {
    this.#own.remove(room, ids);
    if (this.#touches > 0) for (const id of ids) this.#leftMeanwhile.add(keyOf(room, id));
    await this.#begun();
    await this.#takeAway('leave', room, ids);
  }

  async present(room: string): Promise<Presence[]> {
    const [found, nodes] = await this.#ask('present', () =>
      Promise.all([
        this.#run(scripts.present, [this.#keys.presence(room)], []),
        this.#run(scripts.touch, [this.#keys.nodes], []),
      ]),
    );
    const living = new Set(strings(nodes));
    const fields = strings(found);
    const present: Presence[] = [];
    for (let index = 0; index < fields.length; index += 2) {
      const each = decodePresent(fields[index]!, fields[index + 1]!);
      if (each !== undefined && living.has(each.node)) present.push(each);
    }
    return present;
  }

  async touch(ttl: number, kept: ReadonlyMap<string, readonly Presence[]>): Promise<string[]> {
    const args = [this.node, ...numbers(ttl)];
    this.#touches++;
    try {
      const nodes = await this.#ask('touch', () => this.#run(scripts.touch, [this.#keys.nodes], args));
      for (const rooms of portions([...kept])) {
        await this.#ask('touch', () => Promise.all(rooms.map(([room, present]) => this.#keep(room, present))));
      }
      return strings(nodes);
    } finally {
      this.#touches--;
      if (this.#touches === 0) this.#leftMeanwhile.clear();
    }
  }

  /** The broker was away, or is. */
  disturbed(): void {
    this.#time++;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { health, subscriptions } = this.#context;
    const rooms = [...this.#known.keys()];
    this.#known.clear();
    const farewell = async (): Promise<void> => {
      for (const some of portions(this.#own.rooms())) {
        await Promise.all(some.map(([room, ids]) => this.#takeAway('close', room, ids)));
      }
      await health.run('close', () => this.#run(scripts.forget, [this.#keys.nodes], [this.node]));
    };
    // Where the broker is away its entries expire.
    if (health.status === 'ready') await farewell().catch(() => {});
    const left = rooms.map((room) => subscriptions.remove(this.#keys.channel(room)));
    if (health.status === 'ready') await health.run('close', () => Promise.all(left)).catch(() => {});
    else void Promise.allSettled(left);
    this.#context.closed();
  }

  async #takeAway(stage: string, room: string, ids: readonly string[]): Promise<void> {
    for (const leaves of portions(ids)) {
      const message = encodePresence(this.node, { joins: [], leaves });
      const args = [this.#keys.channel(room), message, ...leaves];
      await this.#context.health.run(stage, () => this.#run(scripts.leave, [this.#keys.presence(room)], args));
    }
  }

  /** One step of a touch: in a cluster each room has its own slot. */
  async #keep(room: string, present: readonly Presence[]): Promise<void> {
    const keys = [this.#keys.presence(room), this.#keys.meta(room)];
    for (const portion of portions(present)) {
      // Who has left since the touch began must not be present again.
      const some = portion.filter(({ id }) => !this.#leftMeanwhile.has(keyOf(room, id)));
      await this.#run(scripts.keep, keys, [...numbers(presenceTtl), ...some.flatMap(fieldOf)]);
    }
  }

  #receive(room: string): (message: string) => void {
    const to = {
      appended: (entry: Entry, previous: number) => {
        // After a disturbance it may be said in place of what was lost: until a read has compared the two, it proves nothing.
        if (this.#known.get(room)?.time === this.#time) this.#learn(room, entry);
        this.#receiver.appended(room, entry, previous);
      },
      published: (envelope: Parameters<SpaceReceiver['published']>[1]) => {
        if (envelope.node !== this.node) this.#receiver.published(room, envelope);
      },
      presence: (from: string, change: PresenceChange) => {
        if (from !== this.node) this.#receiver.presence(room, change);
      },
      refused: (error: AdapterError) => this.#context.refused(error),
    };
    return (message) => {
      // A subscription that could not be taken back yet is none.
      if (this.#known.has(room)) receiveMessage(message, to);
    };
  }

  #learn(room: string, { epoch, offset, id }: Omit<Known, 'time'>): void {
    const known = this.#known.get(room);
    if (known === undefined) return;
    const isOlder = known.time === this.#time && known.epoch === epoch && known.offset > offset;
    if (!isOlder) this.#known.set(room, { epoch, offset, id, time: this.#time });
  }

  /** Asks for something of a log, as long as it takes to settle whether a restarted broker has lost a part of it. */
  async #askLog(
    stage: string,
    room: string,
    script: scripts.Script,
    args: readonly string[],
  ): Promise<readonly unknown[]> {
    const ask = (settle: '0' | '1') =>
      this.#ask(stage, () => {
        const { epoch, offset, id } = this.#known.get(room) ?? nothingKnown;
        const beginning = [newEpoch(), epoch, ...numbers(offset), id, settle];
        return this.#run(script, this.#keys.log(room), [...beginning, ...args]);
      });
    let reply = await ask('0');
    if (!Array.isArray(reply)) {
      await this.#context.health.pause(settling);
      reply = await ask('1');
    }
    return reply as readonly unknown[];
  }

  async #ask<Value>(stage: string, operation: () => Promise<Value>): Promise<Value> {
    await this.#begun();
    return this.#context.health.run(stage, operation);
  }

  /** @throws InvalidStateError when it is closed */
  async #begun(): Promise<void> {
    if (this.#closing !== undefined) throw new InvalidStateError('The rooms are closed');
    const { health } = this.#context;
    if (health.status === 'connecting') await health.begun();
  }

  async #run(script: scripts.Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { commands } = this.#context;
    if (commands.obstacle !== undefined) throw new Error(commands.obstacle);
    try {
      return await commands.run(script, keys, args);
    } catch (error) {
      // Redis is well, but for this room: others have written to its keys.
      if (error instanceof Error && error.message.includes('WRONGTYPE')) {
        const words = `The keys ${keys.join(', ')} in Redis hold something else than they should: delete them`;
        throw new InvalidStateError(words, { code: 'BROKER_KEYS' });
      }
      throw error;
    }
  }
}

function keyOf(room: string, id: string): string {
  return `${room}\n${id}`;
}

function newEpoch(): string {
  return randomBytes(9).toString('base64url');
}

/** As Redis wants them: whole, and without an exponent. */
function numbers(...values: readonly number[]): string[] {
  return values.map((value) => String(Math.min(Math.ceil(value), Number.MAX_SAFE_INTEGER)));
}

function fieldOf(presence: Presence): [id: string, json: string] {
  return [presence.id, encodePresent(presence)];
}

function strings(reply: unknown): string[] {
  return (reply as readonly unknown[]).map(String);
}

function portions<Value>(values: readonly Value[]): Value[][] {
  const all: Value[][] = [];
  for (let start = 0; start < values.length; start += atOnce) all.push(values.slice(start, start + atOnce));
  return all;
}
