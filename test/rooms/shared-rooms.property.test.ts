import { expect } from 'chai';
import fc from 'fast-check';
import type { AdapterError } from '../../src/protocol/errors';
import { SharedRooms } from '../../src/rooms/shared-rooms';
import { FakeClock } from '../support/fake-clock';
import { randomOf, type SimulatedAdapter, SimulatedBroker, settled } from '../support/simulated-broker';
import { Follower, WatchedPending } from './support/follower';

const kinds = [
  ...['say', 'say', 'say', 'say', 'say', 'follow', 'follow', 'unfollow', 'replay', 'replay'],
  ...['step', 'step', 'step', 'step', 'step', 'drain', 'drain', 'quiet', 'pass'],
  ...['drop', 'lose', 'loseAnswer', 'disconnect', 'notice', 'reconnect', 'restart', 'restartEmpty', 'degrade', 'throw'],
] as const;

const action = fc.record({
  kind: fc.constantFrom(...kinds),
  node: fc.nat(2),
  room: fc.constantFrom('one', 'other'),
  count: fc.integer({ min: 1, max: 8 }),
});

type Action = typeof action extends fc.Arbitrary<infer Kind> ? Kind : never;

const maxQueued = 6;

/** Three nodes that follow two rooms, and whatever can happen to them. */
class Cluster {
  readonly broker: SimulatedBroker;
  readonly adapters: SimulatedAdapter[] = [];
  readonly nodes: SharedRooms[] = [];
  readonly followers = new Map<string, Follower>();
  readonly closed: Follower[] = [];
  readonly said: Array<{ pending: WatchedPending; node: string }> = [];
  readonly refused: AdapterError[] = [];

  constructor(
    private readonly clock: FakeClock,
    seed: number,
    history: number,
    publishTimeout: number,
  ) {
    this.broker = new SimulatedBroker(randomOf(seed), clock.now);
    for (let number = 0; number < 3; number++) {
      const adapter = this.broker.adapter();
      this.adapters.push(adapter);
      const limits = { count: history, bytes: 1e6, age: 1e9 };
      const queue = { maxQueued, maxQueuedBytes: 1e6, publishTimeout };
      this.nodes.push(
        new SharedRooms({ adapter, isLocal: false, name: 'rooms', history: limits, presenceTtl: 30_000, ...queue }),
      );
    }
  }

  async do({ kind, node, room, count }: Action): Promise<void> {
    const adapter = this.adapters[node]!;
    const follower = this.followers.get(`${node} ${room}`);
    if (kind === 'say') for (let times = count; times > 4; times--) this.say(node, room);
    if (kind === 'say') this.say(node, room);
    else if (kind === 'follow') this.follow(node, room, count);
    else if (kind === 'unfollow') this.unfollow(node, room);
    else if (kind === 'replay' && follower?.feed.isLive) this.replay(follower, count);
    else if (kind === 'step') for (let steps = 0; steps < count; steps++) this.broker.step();
    else if (kind === 'drain') await settled();
    else if (kind === 'quiet') await this.broker.quiet();
    else if (kind === 'pass') this.clock.pass(count * 300);
    else if (kind === 'drop') adapter.dropMessage();
    else if (kind === 'lose') adapter.loseCall(false);
    else if (kind === 'loseAnswer') adapter.loseCall(true);
    else if (kind === 'disconnect') adapter.disconnect();
    else if (kind === 'notice') adapter.notice();
    else if (kind === 'reconnect') adapter.reconnect();
    else if (kind === 'restart') this.broker.restart(false);
    else if (kind === 'restartEmpty') this.broker.restart(true);
    else if (kind === 'degrade') adapter.degrade();
    else if (kind === 'throw') adapter.throwsNext = true;
    expect(this.nodes[node]!.queue.size).to.be.at.most(maxQueued);
  }

  say(node: number, room: string): void {
    const shared = this.nodes[node]!;
    const pending = new WatchedPending(room, shared.draft(`${this.said.length}`));
    const refusal = shared.queue.add(pending);
    if (refusal === undefined) this.said.push({ pending, node: shared.node });
    else this.refused.push(refusal);
  }

  follow(node: number, room: string, behaviour: number): void {
    const key = `${node} ${room}`;
    if (this.followers.has(key)) return;
    const follower = new Follower(this.broker, room);
    this.followers.set(key, follower);
    // Some owners say something, or go, when they are told something, and some throw.
    if (behaviour === 1) follower.onEntry = ({ data }) => data === '3' && this.unfollow(node, room);
    if (behaviour === 2) follower.onLive = () => this.unfollow(node, room);
    if (behaviour === 3) follower.onEntry = ({ node: by }) => by === 'node-0' && node > 0 && this.say(node, room);
    if (behaviour === 4) {
      follower.onEntry = () => {
        throw new Error('an owner has thrown');
      };
    }
    follower.feed = this.nodes[node]!.follow(room, follower);
  }

  unfollow(node: number, room: string): void {
    const follower = this.followers.get(`${node} ${room}`);
    if (follower === undefined) return;
    this.followers.delete(`${node} ${room}`);
    this.closed.push(follower);
    this.nodes[node]!.unfollow(room);
    follower.isClosed = true;
  }

  replay(follower: Follower, count: number): void {
    const lives = this.broker.logs.get(follower.room)!;
    const { epoch, entries } = lives.at(count === 8 ? 0 : -1)!;
    follower.replay({ epoch, offset: Math.max(0, entries.length - count + 1) });
  }

  async end(): Promise<void> {
    await this.broker.heal();
    for (const follower of this.followers.values()) follower.expectWhole();
    for (const { failures } of [...this.followers.values(), ...this.closed]) expect(failures).to.deep.equal([]);
    this.expectSaid();
    for (const key of [...this.followers.keys()]) this.unfollow(Number(key[0]), key.slice(2));
    await this.broker.quiet();
    for (const { subscribed, maxAppending } of this.adapters) {
      expect([...subscribed]).to.deep.equal([]);
      expect(maxAppending).to.be.at.most(1);
    }
    expect(this.clock.timers).to.equal(0);
    for (const node of this.nodes) await node.close();
  }

  expectSaid(): void {
    for (const { pending } of this.said) {
      expect(pending.outcomes).to.have.length(1);
      const [offset] = pending.outcomes;
      if (typeof offset !== 'number') continue;
      const lives = this.broker.logs.get(pending.room)!;
      expect(lives.some(({ entries }) => entries[offset - 1]?.id === pending.draft.id)).to.equal(true);
    }
    const order = new Map(this.said.map(({ pending }, index) => [pending.draft.id, index]));
    for (const lives of this.broker.logs.values()) {
      for (const { entries } of lives) {
        expect(new Set(entries.map(({ id }) => id)).size).to.equal(entries.length);
        for (const { node } of this.nodes) {
          const ours = entries.filter((entry) => entry.node === node).map(({ id }) => order.get(id)!);
          expect(ours).to.deep.equal([...ours].sort((one, other) => one - other));
        }
      }
    }
  }
}

describe('shared-rooms, whatever happens', function () {
  this.timeout(60_000);
  let mistakes: unknown[];
  const { error: realError } = console;

  beforeEach(() => {
    mistakes = [];
    console.error = (mistake: unknown) => mistakes.push(mistake);
  });

  afterEach(() => {
    console.error = realError;
  });

  for (const [history, publishTimeout] of [
    [1000, 60_000],
    [3, 60_000],
    [0, 60_000],
    [1000, 700],
  ] as const) {
    it(`brings every entry once, in order, or a gap (history ${history}, publishTimeout ${publishTimeout})`, async () => {
      const happens = fc.asyncProperty(
        fc.nat(),
        fc.array(action, { minLength: 5, maxLength: 120, size: 'max' }),
        async (seed, actions) => {
          const clock = new FakeClock();
          try {
            const cluster = new Cluster(clock, seed, history, publishTimeout);
            for (const each of actions) await cluster.do(each);
            await cluster.end();
          } finally {
            clock.giveBack();
          }
          const wrong = mistakes.find((mistake) => (mistake as Error).message !== 'an owner has thrown');
          if (wrong !== undefined) throw wrong;
        },
      );
      await fc.assert(happens, { numRuns: Number(process.env.ROOMS_RUNS ?? 60) });
    });
  }
});
