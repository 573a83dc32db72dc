/** The chat site on three nodes that Redis joins, behind one port. `npm run demo:cluster` runs it. */
import { randomBytes } from 'node:crypto';
import { listen, portFrom } from '../ports';
import { Balancer } from './balancer';
import { NodeProcess } from './node-process';
import { RedisProcess } from './redis-process';

const numbers = [1, 2, 3];

/** Many things change at once; in milliseconds. */
const printAfter = 200;

class Cluster {
  readonly #nodes: readonly NodeProcess[];
  readonly #balancer: Balancer<NodeProcess>;
  readonly #redis: RedisProcess | undefined;
  #printed = '';
  /** Not before it has begun. */
  #isPrinting = true;
  #isStopping = false;

  /** @param redis the one that was started for this, if one was */
  constructor(redis: RedisProcess | undefined, redisUrl: string) {
    this.#redis = redis;
    const env = {
      REDIS_URL: redisUrl,
      REDIS_IS_OURS: redis && 'yes',
      SESSION_SECRET: process.env.SESSION_SECRET || randomBytes(32).toString('hex'),
    };
    const changed = (): void => this.#printSoon();
    this.#nodes = numbers.map((number) => new NodeProcess(number, env, changed, print));
    this.#balancer = new Balancer(this.#nodes, changed);
  }

  async start(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.start()));
    const port = await listen(this.#balancer.server, portFrom('PORT') ?? 8765, 'PORT');
    print(`The chat is on http://localhost:${port}, in front of ${this.#nodes.length} nodes (Ctrl-C ends everything)`);
    for (const { name, pid } of this.#nodes)
      print(`  ${name} is process ${pid}: kill -9 ${pid} moves its tabs to others`);
    if (this.#redis !== undefined) {
      const { pid, folder } = this.#redis;
      print(`  Redis is process ${pid}: kill -9 ${pid} leaves each node alone for a while`);
      print(`  What is said is kept in ${folder}, which is deleted in the end`);
    }
    this.#isPrinting = false;
    this.#printSoon();
  }

  /** Ends everything in order; asked again, at once. */
  async stop(): Promise<void> {
    const isAgain = this.#isStopping;
    this.#isStopping = true;
    this.#balancer.server.close();
    await Promise.all(this.#nodes.map((node) => node.stop()));
    if (isAgain) return;
    this.#balancer.cut();
    await this.#redis?.stop();
  }

  #printSoon(): void {
    if (this.#isPrinting) return;
    this.#isPrinting = true;
    setTimeout(() => {
      this.#isPrinting = false;
      const state = this.#nodes.map((node) => this.#stateOf(node)).join('   ');
      if (state === this.#printed || this.#isStopping) return;
      this.#printed = state;
      print(state);
    }, printAfter);
  }

  #stateOf(node: NodeProcess): string {
    if (node.port === undefined) return `${node.name}: down`;
    const count = this.#balancer.webSocketsOf(node);
    return `${node.name}: ${count === 1 ? '1 WebSocket' : `${count} WebSockets`}, Redis ${node.broker}`;
  }
}

function print(line: string): void {
  console.log(line);
}

async function start(): Promise<void> {
  let cluster: Cluster | undefined;
  let redis: RedisProcess | undefined;
  const stop = async (): Promise<void> => {
    await cluster?.stop();
    await redis?.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  try {
    redis = process.env.REDIS_URL ? undefined : await RedisProcess.start(print);
    cluster = new Cluster(redis, process.env.REDIS_URL || redis!.url);
    await cluster.start();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
    await stop();
  }
}

void start();
