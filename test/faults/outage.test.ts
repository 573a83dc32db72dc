import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { debianTool } from '../support/debian-tool';
import { brokerKinds, brokerPrograms } from './support/broker';
import { Cluster, type ClusterNode } from './support/cluster';
import type { RecordingClient } from './support/recording-client';

const presenceTtl = 8000;

/** Long enough for anything that happens at once, on a busy machine, and much shorter than any of the outages' time-outs. */
const atOnce = 1500;

for (const kind of brokerKinds) {
  describe(`outages of ${kind}`, function () {
    this.timeout(60_000);
    let cluster: Cluster | undefined;
    let clients: RecordingClient[];
    /** Two on the first node, and one on the second. */
    let ann: RecordingClient;
    let bob: RecordingClient;
    let eve: RecordingClient;
    let room: string;
    let tests = 0;

    before(async function () {
      const program = debianTool(this, brokerPrograms[kind]);
      cluster = await Cluster.start({ broker: kind, program, nodes: 2, rooms: { history: 1000, presenceTtl } });
    });
    after(() => cluster?.remove());

    beforeEach(async () => {
      room = `room-${++tests}`;
      clients = [];
      [ann, bob, eve] = [await enter('ann', 0), await enter('bob', 0), await enter('eve', 1)];
      await everybodyHas(ann.say(room));
    });
    afterEach(async () => {
      for (const { proxy } of cluster!.nodes) proxy.heal();
      for (const client of clients) await cluster!.dismiss(client);
    });

    async function enter(name: string, node: number): Promise<RecordingClient> {
      const client = cluster!.client(name, [room], node);
      clients.push(client);
      await client.until('it is in the room', () => client.isReady);
      return client;
    }

    const first = (): ClusterNode => cluster!.nodes[0]!;
    const second = (): ClusterNode => cluster!.nodes[1]!;
    const record = (client: RecordingClient) => client.records.get(room)!;

    /** It has its place with everybody. */
    async function everybodyHas(key: string, who: readonly RecordingClient[] = clients): Promise<void> {
      const has = (client: RecordingClient) => record(client).said.some((one) => one !== 'gap' && one.key === key);
      await Promise.all(who.map((client) => client.until(`it has ${key}`, () => has(client), 15_000)));
    }

    /** What is shown without a place, as long as the broker is away. */
    async function isShown(client: RecordingClient, messages: number): Promise<void> {
      await client.until(
        `${messages} messages are shown without a place`,
        () => record(client).unplaced === messages,
        atOnce,
      );
    }

    /** All was delivered once, in order, and without a gap; nobody was refused. */
    async function nothingIsMissing(logged: number, patience?: number): Promise<void> {
      const verdict = await cluster!.verdict(clients, [room], patience);
      expect(verdict.faults).to.deep.equal([]);
      expect(verdict).to.include({ gaps: 0, logged });
      for (const { name, refused } of clients) expect([...refused.values()], name).to.deep.equal([]);
    }

    /** Both nodes go through it. */
    async function survives(begins: () => Promise<void>, ends: () => Promise<void>): Promise<void> {
      await begins();
      await Promise.all([first().process.reached('degraded'), second().process.reached('degraded')]);
      ann.say(room);
      bob.say(room);
      eve.say(room);
      await Promise.all([isShown(ann, 1), isShown(bob, 1), isShown(eve, 0)]);
      // Who comes meanwhile is let in, and learns where it is when that is known.
      const late = cluster!.client('late', [room], 0);
      clients.push(late);
      await late.until('it is connected', () => late.connections === 1, atOnce);
      ann.say(room);
      await Promise.all([isShown(bob, 2), isShown(late, 1)]);
      await ends();
      await Promise.all([first().process.reached('ready'), second().process.reached('ready')]);
      await everybodyHas(eve.say(room));
      await nothingIsMissing(6);
    }

    it('are survived when the broker is killed and started again', async () => {
      const { broker } = cluster!;
      await survives(
        () => broker.kill(),
        () => broker.start(),
      );
    });

    it('are survived when the broker is stopped for ten seconds', async () => {
      const { broker } = cluster!;
      const began = performance.now();
      await survives(
        async () => broker.pause(),
        async () => {
          await delay(10_000 - (performance.now() - began));
          broker.resume();
        },
      );
    });

    it('are survived when the network refuses connections for a while', async () => {
      await survives(
        async () => {
          for (const { proxy } of cluster!.nodes) proxy.cut();
        },
        async () => {
          for (const { proxy } of cluster!.nodes) proxy.heal();
        },
      );
    });

    it('are survived by a node that is parted from the broker, and the other one notices nothing', async () => {
      const { proxy, process } = first();
      const statuses = second().process.statuses.length;
      proxy.hold();
      // Before it is noticed, too.
      const early = ann.say(room);
      await process.reached('degraded');
      ann.say(room);
      await bob.until('both are shown', () => record(bob).unplaced === 2, atOnce);
      const meanwhile = eve.say(room);
      await everybodyHas(meanwhile, [eve]);
      expect(record(eve).said.map((one) => one !== 'gap' && one.key)).to.not.include(early);
      expect(second().process.statuses.length).to.equal(statuses);
      proxy.heal();
      await process.reached('ready');
      await everybodyHas(early);
      await everybodyHas(meanwhile);
      await nothingIsMissing(4);
    });

    it('show nobody a message again that is said again by another node meanwhile', async () => {
      const key = ann.say(room);
      await everybodyHas(key);
      for (const { proxy } of cluster!.nodes) proxy.cut();
      await Promise.all([first().process.reached('degraded'), second().process.reached('degraded')]);
      const again = await enter('again', 1);
      again.sayAgain(room, key, 'ann#2');
      // What is said behind it comes behind it.
      again.say(room);
      await isShown(eve, 1);
      for (const { proxy } of cluster!.nodes) proxy.heal();
      await again.until('all is answered', () => again.unanswered.length === 0);
      expect(again.acknowledged.get(key)).to.deep.equal(ann.acknowledged.get(key));
      // Its own list begins behind what it has said again.
      clients.splice(clients.indexOf(again), 1);
      await cluster!.dismiss(again);
      await nothingIsMissing(3);
    });

    it('are none when the broker is slow: messages come later, in order, and many at a time', async () => {
      const counts = cluster!.nodes.map(({ process }) => process.statuses.length);
      for (const { proxy } of cluster!.nodes) proxy.delay(300);
      const began = performance.now();
      for (let i = 0; i < 30; i++) {
        ann.say(room);
        eve.say(room);
        await delay(10);
      }
      await nothingIsMissing(61, 30_000);
      // One after the other, each with its own way to the broker and back, they would take 18 s.
      expect(performance.now() - began).to.be.below(9000);
      for (const { proxy } of cluster!.nodes) proxy.heal();
      expect(cluster!.nodes.map(({ process }) => process.statuses.length)).to.deep.equal(counts);
    });

    it('of a node that is killed end for the others when its members have expired', async () => {
      const left = new Promise<void>((resolve) => {
        const observer = cluster!.client('observer', [room], 0, ({ type, leaves }) => {
          if (type === 'presence' && leaves!.some(({ name }) => name === 'eve')) resolve();
        });
        clients.push(observer);
      });
      await clients.at(-1)!.until('it is in the room', () => clients.at(-1)!.isReady);
      const began = performance.now();
      await cluster!.killNode(1);
      await cluster!.dismiss(eve);
      clients.splice(clients.indexOf(eve), 1);
      await left;
      expect(performance.now() - began).to.be.below(presenceTtl + 1000);
      await everybodyHas(ann.say(room));
      await nothingIsMissing(2);
    });

    it('leave nothing behind in the nodes', async () => {
      expect(await cluster!.end()).to.deep.equal([]);
    });
  });
}
