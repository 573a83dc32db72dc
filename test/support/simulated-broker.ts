import { AdapterError, InvalidStateError } from '../../src/protocol/errors';
import type {
  Adapter,
  AdapterStatus,
  Draft,
  Entry,
  HistoryLimits,
  LogPage,
  LogQuery,
  Presence,
  PresenceChange,
  Space,
  SpaceReceiver,
} from '../../src/rooms/adapter';

/** One life of a log: everything that was ever appended in it, kept or not. */
export interface SimulatedLog {
  readonly epoch: string;
  readonly entries: Entry[];
  readonly ids: Map<string, number>;
}

/** Numbers from 0 to below `limit`, the same ones for the same seed. */
export type Random = (limit: number) => number;

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** A call on its way to the broker, or its answer on its way back. */
interface Call {
  readonly name: string;
  execute(): unknown;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * A broker for tests, in this process, that does nothing by itself: `step()` lets one thing happen that is under way, which one
 * is chance; in order for each connection. It can lose what a broker loses: calls, answers, messages, connections, and what it
 * has kept.
 */
export class SimulatedBroker {
  /** All lives of the logs of each room, the last one is the one that goes on. */
  readonly logs = new Map<string, SimulatedLog[]>();
  readonly present = new Map<string, Map<string, Presence>>();
  readonly nodes: SimulatedAdapter[] = [];
  /** Until when each node lives. */
  readonly alive = new Map<string, number>();
  #epochs = 0;

  constructor(
    readonly random: Random,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** A node's way to the broker. */
  adapter(): SimulatedAdapter {
    const adapter = new SimulatedAdapter(this, this.nodes.length);
    this.nodes.push(adapter);
    return adapter;
  }

  log(room: string): SimulatedLog {
    let lives = this.logs.get(room);
    if (lives === undefined) {
      lives = [this.#newLife()];
      this.logs.set(room, lives);
    }
    return lives.at(-1)!;
  }

  /** @returns false where nothing is under way */
  step(): boolean {
    const ways = this.nodes.flatMap((node) => node.ways());
    if (ways.length === 0) return false;
    ways[this.random(ways.length)]!();
    return true;
  }

  /** Lets everything happen that is under way, and what follows from it. */
  async quiet(): Promise<void> {
    for (;;) {
      await settled();
      if (!this.step()) return;
    }
  }

  /** Everybody is connected again, and has found out whatever they had not noticed. */
  async heal(): Promise<void> {
    for (const node of this.nodes) node.reconnect();
    await this.quiet();
  }

  /** All connections are lost. @param losesAll nothing that it has kept is there again */
  restart(losesAll: boolean): void {
    for (const node of this.nodes) node.disconnect();
    if (!losesAll) return;
    for (const lives of this.logs.values()) if (lives.at(-1)!.entries.length > 0) lives.push(this.#newLife());
    this.present.clear();
    this.alive.clear();
  }

  /** Who has subscribed to a room. */
  subscribers(room: string): SimulatedAdapter[] {
    return this.nodes.filter((node) => node.subscribed.has(room));
  }

  /** @internal */
  append(room: string, node: string, drafts: readonly Draft[]): number[] {
    const log = this.log(room);
    return drafts.map((draft) => {
      const known = log.ids.get(draft.id);
      if (known !== undefined) return known;
      const offset = log.entries.length + 1;
      const entry: Entry = { ...draft, node, epoch: log.epoch, offset };
      log.entries.push(entry);
      log.ids.set(draft.id, offset);
      for (const each of this.subscribers(room)) each.push((to) => to.appended(room, entry, offset - 1));
      return offset;
    });
  }

  /** @internal */
  read(room: string, query: LogQuery, { count }: HistoryLimits): LogPage {
    const { epoch, entries } = this.log(room);
    const position = { epoch, offset: entries.length };
    const kept = entries.slice(Math.max(0, entries.length - count));
    const first = entries.length - kept.length + 1;
    if ('since' in query) {
      const { since } = query;
      const isKnown = since.epoch === epoch && since.offset <= entries.length;
      const behind = isKnown ? kept.filter(({ offset }) => offset > since.offset) : kept;
      return { position, entries: behind, gap: !isKnown || since.offset + 1 < first, more: false };
    }
    const { limit } = query;
    return { position, entries: limit === 0 ? [] : kept.slice(-limit), gap: false, more: limit < kept.length };
  }

  /** @internal */
  changePresence(room: string, from: SimulatedAdapter, change: PresenceChange): void {
    const present = this.present.get(room) ?? new Map<string, Presence>();
    for (const id of change.leaves) present.delete(id);
    for (const each of change.joins) present.set(each.id, each);
    if (present.size > 0) this.present.set(room, present);
    else this.present.delete(room);
    for (const each of this.subscribers(room)) if (each !== from) each.push((to) => to.presence(room, change));
  }

  /** @internal */
  living(): string[] {
    for (const [node, until] of this.alive) if (until <= this.now()) this.alive.delete(node);
    return [...this.alive.keys()];
  }

  #newLife(): SimulatedLog {
    return { epoch: `epoch-${++this.#epochs}`, entries: [], ids: new Map() };
  }
}

/** One node's way to a SimulatedBroker: ready at first. It has one space. */
export class SimulatedAdapter implements Adapter, Space {
  status: AdapterStatus = 'ready';
  problem: Error | undefined;
  readonly node: string;
  /** What the broker knows of; it does not outlast the connection. */
  readonly subscribed = new Set<string>();
  /** The next call throws, within the call. */
  throwsNext = false;
  /** How many calls of each kind were made. */
  readonly made = new Map<string, number>();
  isConnected = true;
  readonly #wished = new Set<string>();
  #receiver: SpaceReceiver | undefined;
  #calls: Call[] = [];
  #answers: Array<() => void> = [];
  #pushes: Array<(to: SpaceReceiver) => void> = [];
  #failures = 0;
  #isProbing = false;
  /** Calls of append of each room that are under way: the interface promises at most one. */
  readonly #appending = new Map<string, number>();
  maxAppending = 0;
  /** Calls under way. */
  underWay = 0;
  maxUnderWay = 0;

  constructor(
    readonly broker: SimulatedBroker,
    number: number,
  ) {
    this.node = `node-${number}`;
  }

  open(_name: string, receiver: SpaceReceiver): Space {
    this.#receiver = receiver;
    return this;
  }

  on(): this {
    return this;
  }

  off(): this {
    return this;
  }

  // What happens to it

  /** What can happen next to this node. */
  ways(): Array<() => void> {
    const ways: Array<() => void> = [];
    if (this.isConnected && this.#calls.length > 0) ways.push(() => this.#carryOut());
    if (this.#answers.length > 0) ways.push(() => this.#answers.shift()!());
    if (this.isConnected && this.#pushes.length > 0) ways.push(() => this.#pushes.shift()!(this.#receiver!));
    return ways;
  }

  /** @internal */
  push(message: (to: SpaceReceiver) => void): void {
    if (this.isConnected) this.#pushes.push(message);
  }

  /** A message on its way to the node is lost, and nobody notices; its probe would be repeated. */
  dropMessage(): void {
    if (!this.#isProbing) this.#pushes.shift();
  }

  /** The next call is lost: before it is carried out, or its answer. */
  loseCall(isCarriedOut: boolean): void {
    const call = this.#calls.shift();
    if (call === undefined) return;
    if (isCarriedOut && this.isConnected) call.execute();
    this.#fail(call);
  }

  /** The connection is lost, without anybody's noticing. Calls that the broker has carried out stay unanswered. */
  disconnect(): void {
    this.isConnected = false;
    this.subscribed.clear();
    this.#pushes = [];
    this.#isProbing = false;
  }

  /** The node notices that it is not connected: nothing that it waits for comes. */
  notice(): void {
    if (this.isConnected) return;
    for (const call of this.#calls.splice(0)) this.#fail(call);
    this.degrade();
  }

  /** There is a connection, and the node knows that something may have been missed. */
  reconnect(): void {
    if (this.status === 'closed') return;
    for (const call of this.#calls.splice(0)) this.#fail(call);
    this.isConnected = true;
    this.degrade();
    this.#probe();
  }

  /** Says that it is degraded; where there is a connection, a probe makes it ready. */
  degrade(): void {
    if (this.status === 'closed') return;
    this.#failures++;
    if (this.status === 'ready') {
      this.status = 'degraded';
      this.#receiver!.status('degraded', new Error('simulated'));
    }
    this.#probe();
  }

  /** The process is gone: nobody hears of it. */
  kill(): void {
    this.disconnect();
    this.status = 'closed';
    this.#calls = [];
    this.#answers = [];
    const deaf = () => {};
    this.#receiver = { appended: deaf, published: deaf, presence: deaf, status: deaf };
  }

  #probe(): void {
    if (this.#isProbing || !this.isConnected) return;
    this.#isProbing = true;
    const failures = this.#failures;
    // As real adapters do it: what was to be subscribed to is, and nothing else.
    this.subscribed.clear();
    for (const room of this.#wished) this.subscribed.add(room);
    this.#pushes.push((to) => {
      this.#isProbing = false;
      if (this.status === 'closed') return;
      if (failures !== this.#failures) this.#probe();
      else {
        this.status = 'ready';
        to.status('ready', undefined);
      }
    });
  }

  #carryOut(): void {
    const call = this.#calls.shift()!;
    const value = call.execute();
    this.#answers.push(() => call.resolve(value));
  }

  #fail(call: Call): void {
    const error = new AdapterError(`${call.name} was lost`, { code: 'BROKER_TIMEOUT' });
    this.#answers.push(() => {
      this.degrade();
      call.reject(error);
    });
  }

  // What it is asked for

  #call<Value>(name: string, execute: () => Value): Promise<Value> {
    if (this.status === 'closed') throw new InvalidStateError('The adapter is closed');
    this.made.set(name, (this.made.get(name) ?? 0) + 1);
    if (this.throwsNext) {
      this.throwsNext = false;
      this.degrade();
      throw new AdapterError(`${name} has thrown`, { code: 'BROKER_FAILED' });
    }
    this.underWay++;
    this.maxUnderWay = Math.max(this.maxUnderWay, this.underWay);
    return new Promise<Value>((resolve, reject) => {
      this.#calls.push({
        name,
        execute,
        resolve: (value) => {
          this.underWay--;
          resolve(value as Value);
        },
        reject: (error) => {
          this.underWay--;
          reject(error);
        },
      });
    });
  }

  subscribe(room: string): Promise<void> {
    this.#wished.add(room);
    return this.#call('subscribe', () => this.#settle(room));
  }

  unsubscribe(room: string): Promise<void> {
    this.#wished.delete(room);
    return this.#call('unsubscribe', () => this.#settle(room));
  }

  /** As real adapters do it: the broker learns what is wished for now. */
  #settle(room: string): void {
    if (this.#wished.has(room)) this.subscribed.add(room);
    else this.subscribed.delete(room);
  }

  publish(room: string, draft: Draft): Promise<void> {
    return this.#call('publish', () => {
      const envelope = { ...draft, node: this.node };
      for (const each of this.broker.subscribers(room)) {
        if (each !== this) each.push((to) => to.published(room, envelope));
      }
    });
  }

  append(room: string, drafts: readonly Draft[], _limits: HistoryLimits): Promise<number[]> {
    const copies = [...drafts];
    const appended = this.#call('append', () => this.broker.append(room, this.node, copies));
    const count = (this.#appending.get(room) ?? 0) + 1;
    this.#appending.set(room, count);
    this.maxAppending = Math.max(this.maxAppending, count);
    const done = () => this.#appending.set(room, this.#appending.get(room)! - 1);
    appended.then(done, done);
    return appended;
  }

  read(room: string, query: LogQuery, limits: HistoryLimits): Promise<LogPage> {
    return this.#call('read', () => this.broker.read(room, query, limits));
  }

  enter(room: string, present: readonly Presence[]): Promise<void> {
    return this.#call('enter', () => this.broker.changePresence(room, this, { joins: [...present], leaves: [] }));
  }

  leave(room: string, ids: readonly string[]): Promise<void> {
    return this.#call('leave', () => this.broker.changePresence(room, this, { joins: [], leaves: [...ids] }));
  }

  present(room: string): Promise<Presence[]> {
    return this.#call('present', () => {
      const living = new Set(this.broker.living());
      return [...(this.broker.present.get(room)?.values() ?? [])].filter(({ node }) => living.has(node));
    });
  }

  touch(ttl: number, kept: ReadonlyMap<string, readonly Presence[]>): Promise<string[]> {
    return this.#call('touch', () => {
      this.broker.alive.set(this.node, this.broker.now() + ttl);
      for (const [room, present] of kept) {
        const known = this.broker.present.get(room) ?? new Map<string, Presence>();
        for (const each of present) known.set(each.id, each);
        this.broker.present.set(room, known);
      }
      return this.broker.living();
    });
  }

  async close(): Promise<void> {
    if (this.status === 'closed') return;
    this.status = 'closed';
    this.#wished.clear();
    this.subscribed.clear();
    this.broker.alive.delete(this.node);
    for (const call of this.#calls.splice(0)) call.reject(new InvalidStateError('The adapter is closed'));
    this.#pushes = [];
    for (const [room, present] of this.broker.present) {
      const own = [...present.values()].filter(({ node }) => node === this.node).map(({ id }) => id);
      if (own.length > 0) this.broker.changePresence(room, this, { joins: [], leaves: own });
    }
  }
}

/** Done when no promise has anything more to do. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
