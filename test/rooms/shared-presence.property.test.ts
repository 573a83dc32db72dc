import { expect } from 'chai';
import fc from 'fast-check';
import { SharedRooms } from '../../src/rooms/shared-rooms';
import { FakeClock } from '../support/fake-clock';
import { randomOf, type SimulatedAdapter, SimulatedBroker, settled } from '../support/simulated-broker';
import { Follower } from './support/follower';

const presenceTtl = 10_000;

const calm = [
  ...(['come', 'come', 'come', 'come', 'rename', 'go', 'go', 'go', 'kill'] as const),
  ...(['step', 'step', 'step', 'step', 'drain', 'drain', 'quiet', 'quiet', 'pass', 'pass', 'stall'] as const),
];

const rough = [
  ...(['drop', 'lose', 'loseAnswer', 'disconnect', 'notice', 'reconnect'] as const),
  ...(['restart', 'restartEmpty', 'degrade', 'throw'] as const),
];

function actionOf<Kind extends string>(kinds: readonly Kind[]) {
  return fc.record({
    kind: fc.constantFrom(...kinds),
    node: fc.nat(3),
    room: fc.constantFrom('one', 'other'),
    count: fc.nat(7),
  });
}

interface Action {
  readonly kind: (typeof calm)[number] | (typeof rough)[number];
  readonly node: number;
  readonly room: string;
  readonly count: number;
}

/** One node, and who of it is in which room. */
class Node {
  readonly shared: SharedRooms;
  readonly followers = new Map<string, Follower>();
  isAlive = true;
  #names = 0;

  constructor(
    readonly number: number,
    readonly adapter: SimulatedAdapter,
  ) {
    const history = { count: 0, bytes: 1, age: 1000 };
    const queue = { maxQueued: 10, maxQueuedBytes: 1e6, publishTimeout: 60_000 };
    this.shared = new SharedRooms({ adapter, isLocal: false, name: 'rooms', history, presenceTtl, ...queue });
  }

  come(room: string, count: number): void {
    if (!this.followers.has(room)) {
      const follower = new Follower(this.adapter.broker, room);
      this.followers.set(room, follower);
      follower.presentHere = () => this.shared.presentHere(room);
      follower.feed = this.shared.follow(room, follower);
    }
    this.shared.enter(room, this.idOf(count), { name: `name ${count < 4 ? 0 : ++this.#names}` });
  }

  go(room: string, count: number): void {
    this.shared.leave(room, this.idOf(count));
    if (this.shared.presentHere(room).length > 0) return;
    const follower = this.followers.get(room);
    if (follower === undefined) return;
    this.followers.delete(room);
    this.shared.unfollow(room);
    follower.isClosed = true;
  }

  idOf(count: number): string {
    return `${this.number}-${count % 4}`;
  }
}

class Cluster {
  readonly broker: SimulatedBroker;
  readonly nodes: Node[] = [];

  constructor(
    private readonly clock: FakeClock,
    seed: number,
  ) {
    this.broker = new SimulatedBroker(randomOf(seed), clock.now);
    for (let number = 0; number < 4; number++) this.nodes.push(new Node(number, this.broker.adapter()));
  }

  async do({ kind, node: number, room, count }: Action): Promise<void> {
    const node = this.nodes[number]!;
    const { adapter } = node;
    if (!node.isAlive) return;
    if (kind === 'come' || kind === 'rename') node.come(room, kind === 'rename' ? count | 4 : count & 3);
    else if (kind === 'go') node.go(room, count);
    else if (kind === 'step') for (let steps = 0; steps < count; steps++) this.broker.step();
    else if (kind === 'drain') await settled();
    else if (kind === 'quiet') await this.broker.quiet();
    else if (kind === 'pass') await this.pass(count * 500);
    else if (kind === 'stall') this.clock.stall(count * 2000);
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
    else if (kind === 'kill' && number > 1) this.kill(node);
  }

  kill(node: Node): void {
    node.isAlive = false;
    node.adapter.kill();
    void node.shared.close();
  }

  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 500) {
      this.clock.pass(500);
      await this.broker.quiet();
    }
  }

  /** What each node knows of the others is who is there. */
  expectTruth(): void {
    for (const node of this.nodes) {
      for (const [room, { present, feed }] of node.followers) {
        if (!node.isAlive) continue;
        const others = this.nodes.filter((other) => other !== node && other.isAlive);
        const truth = others.flatMap(({ shared }) => shared.presentHere(room));
        const sorted = (list: Iterable<{ id: string; value: object }>) =>
          [...list].map(({ id, value }) => ({ id, value })).sort((one, other) => (one.id < other.id ? -1 : 1));
        expect(sorted(present.values()), `${room} on node ${node.number}`).to.deep.equal(sorted(truth));
        expect(sorted(feed.present.values())).to.deep.equal(sorted(truth));
      }
    }
    for (const [room, present] of this.broker.present) {
      for (const { id, node: by } of present.values()) {
        const node = this.nodes.find(({ shared }) => shared.node === by)!;
        if (node.isAlive) expect(node.shared.presentHere(room).map((each) => each.id)).to.include(id);
      }
    }
  }

  async end(heals: boolean): Promise<void> {
    if (heals) await this.broker.heal();
    else await this.broker.quiet();
    // Nobody has to wait longer than that for those who are gone.
    await this.pass(presenceTtl);
    this.expectTruth();
    for (const { isAlive, shared } of this.nodes) if (isAlive) await shared.close();
    await this.broker.quiet();
    expect(this.clock.timers).to.equal(0);
  }
}

describe('shared-rooms, whoever comes and goes', function () {
  this.timeout(60_000);

  async function check(action: fc.Arbitrary<Action>, heals: boolean): Promise<void> {
    const actions = fc.array(action, { minLength: 5, maxLength: 120, size: 'max' });
    const happens = fc.asyncProperty(fc.nat(), actions, async (seed, all) => {
      const clock = new FakeClock();
      try {
        const cluster = new Cluster(clock, seed);
        for (const each of all) await cluster.do(each);
        await cluster.end(heals);
      } finally {
        clock.giveBack();
      }
    });
    await fc.assert(happens, { numRuns: Number(process.env.ROOMS_RUNS ?? 60) });
  }

  it('knows who is present while the broker is well, though nodes stand still or are killed', async () => {
    await check(actionOf(calm), false);
  });

  it('knows who is present when the broker is well again', async () => {
    await check(actionOf([...calm, ...rough]), true);
  });
});
