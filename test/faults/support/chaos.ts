import { setTimeout as delay } from 'node:timers/promises';
import type { ChaosClient } from './chaos-client';
import { Cluster, type ClusterOptions } from './cluster';
import { readRooms } from './read-log';
import type { Verdict } from './verdict';

export interface ChaosSizes {
  readonly nodes: number;
  readonly clients: number;
  readonly rooms: number;
  /** Messages that all clients together say in a second. */
  readonly rate: number;
  /** Stops the broker for so many seconds; 0 does not. */
  readonly pause: number;
  /** Holds all traffic between one node and the broker for so many seconds; 0 does not. */
  readonly partition: number;
}

export const chaosDefaults: ChaosSizes = { nodes: 3, clients: 300, rooms: 50, rate: 300, pause: 0, partition: 0 };

export interface ChaosOptions extends ChaosSizes, Pick<ClusterOptions, 'broker' | 'program'> {
  /** Seconds of traffic. */
  readonly seconds: number;
  /** Told what happens when. */
  readonly note: (line: string) => void;
}

export interface ChaosResult extends Verdict {
  /** How often clients had to come back. */
  readonly reconnects: number;
  /** Messages that were answered with `unavailable`. */
  readonly refused: number;
}

const roomsPerClient = 3;
/** The first client of so many is that of `switchboard/client`. */
const pageEvery = 5;
/** Milliseconds between two looks at how much is due to be said. */
const beat = 50;
/** Milliseconds from the broker's end to its next start. */
const brokerAway = 1000;
const patience = 60_000;
/** So large that all that is said is kept: what is not cannot be compared. */
const roomsOptions = {
  history: { count: 100_000, bytes: 64 * 1024 * 1024 },
  maxRoomsPerMember: roomsPerClient,
  presenceTtl: 5000,
};

/**
 * Nodes, clients and rooms under traffic, while a node is killed, and the broker is killed and started again; and then the
 * comparison of what every client has with what the logs have, and of who is present with who is there.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const cluster = await Cluster.start({ ...options, rooms: roomsOptions });
  try {
    return await new Chaos(cluster, options).run();
  } finally {
    await cluster.remove();
  }
}

class Chaos {
  readonly #cluster: Cluster;
  readonly #options: ChaosOptions;
  readonly #rooms: readonly string[];
  readonly #clients: readonly ChaosClient[];
  #began = performance.now();

  constructor(cluster: Cluster, options: ChaosOptions) {
    this.#cluster = cluster;
    this.#options = options;
    const rooms = Array.from({ length: options.rooms }, (_, index) => `room-${index}`);
    this.#rooms = rooms;
    this.#clients = Array.from({ length: options.clients }, (_, index) => {
      const own = new Set(Array.from({ length: roomsPerClient }, (_, n) => rooms[(index + n * 17) % rooms.length]!));
      return index % pageEvery === 0
        ? cluster.page(`page-${index}`, [...own], index)
        : cluster.client(`client-${index}`, [...own], index);
    });
  }

  async run(): Promise<ChaosResult> {
    await this.#eachIsReady();
    this.#began = performance.now();
    this.#note(`${this.#clients.length} clients are in ${this.#rooms.length} rooms`);
    await Promise.all([this.#traffic(), ...this.#happenings()]);
    this.#note('the traffic has ended');
    await this.#eachIsReady();
    const verdict = await this.#cluster.verdict(this.#clients, this.#rooms, patience);
    const absent = await this.#wrongPresence();
    this.#note('all is compared');
    const sum = (of: (client: ChaosClient) => number) => this.#clients.reduce((total, one) => total + of(one), 0);
    return {
      ...verdict,
      faults: [...verdict.faults, ...absent, ...(await this.#cluster.end())],
      reconnects: sum(({ connections }) => connections - 1),
      refused: sum(({ refused }) => refused.size),
    };
  }

  async #traffic(): Promise<void> {
    const { seconds, rate } = this.#options;
    let said = 0;
    for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - this.#began) {
      for (; said < (elapsed * rate) / 1000; said++) {
        const client = oneOf(this.#clients);
        client.say(oneOf([...client.records.keys()]));
      }
      await delay(beat);
    }
  }

  /** What happens meanwhile, each at its share of the time. */
  #happenings(): Promise<void>[] {
    const { seconds, pause, partition } = this.#options;
    const at = async (share: number, happens: () => Promise<void>) => {
      await delay(share * seconds * 1000);
      await happens();
    };
    return [
      ...(partition > 0 ? [at(0.1, () => this.#partition())] : []),
      at(0.35, () => this.#killNode()),
      at(0.55, () => this.#restartBroker()),
      ...(pause > 0 ? [at(0.75, () => this.#pauseBroker())] : []),
    ];
  }

  async #killNode(): Promise<void> {
    await this.#cluster.killNode(this.#cluster.nodes.length - 1);
    this.#note('a node was killed');
  }

  async #restartBroker(): Promise<void> {
    const { broker } = this.#cluster;
    await broker.kill();
    this.#note('the broker was killed');
    await delay(brokerAway);
    await broker.start();
    this.#note('the broker was started again');
  }

  async #pauseBroker(): Promise<void> {
    const { broker } = this.#cluster;
    broker.pause();
    this.#note('the broker was paused');
    await delay(this.#options.pause * 1000);
    broker.resume();
    this.#note('the broker goes on');
  }

  async #partition(): Promise<void> {
    const { proxy } = this.#cluster.nodes[0]!;
    proxy.hold();
    this.#note('a node was parted from the broker');
    await delay(this.#options.partition * 1000);
    proxy.heal();
    this.#note('it is no longer parted');
  }

  /** Whoever came back by another node is there once, as soon as the killed node's entries have expired. */
  async #wrongPresence(): Promise<string[]> {
    const wanted = new Map(this.#rooms.map((room) => [room, ['reader']]));
    for (const { name, records } of this.#clients) for (const room of records.keys()) wanted.get(room)!.push(name);
    for (const names of wanted.values()) names.sort();
    for (const deadline = performance.now() + patience; ; await delay(500)) {
      const { present } = await readRooms(this.#cluster.ports[0]!, this.#rooms);
      const wrong = this.#rooms.filter((room) => String(present.get(room)) !== String(wanted.get(room)));
      if (wrong.length === 0) return [];
      if (performance.now() < deadline) continue;
      return wrong.map((room) => `present in ${room}: ${present.get(room)}; they should be ${wanted.get(room)}`);
    }
  }

  async #eachIsReady(): Promise<void> {
    await Promise.all(
      this.#clients.map((client) => client.until('it is in its rooms', () => client.isReady, patience)),
    );
  }

  #note(what: string): void {
    this.#options.note(`${((performance.now() - this.#began) / 1000).toFixed(1)} s: ${what}`);
  }
}

const oneOf = <Thing>(things: readonly Thing[]): Thing => things[Math.floor(Math.random() * things.length)]!;

/** The figures, in a line. */
export function describeResult(result: ChaosResult): string {
  const { faults, logged, compared, gaps, acknowledged, reconnects, refused } = result;
  return [
    `${logged} messages in the logs, ${compared} compared with them`,
    `${acknowledged} acknowledged, ${refused} refused`,
    `${reconnects} reconnects, ${gaps} gaps told`,
    faults.length === 0 ? 'nothing is wrong' : `${faults.length} FAULTS`,
  ].join('; ');
}
