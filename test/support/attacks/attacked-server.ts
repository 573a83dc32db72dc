import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { handshake, RawClient } from '../raw-client';
import type { Usage } from './target';

/** What an attack has cost the server. */
export interface Cost {
  /** Seconds of processor time, for each connection that attacks. */
  readonly cpu: number;
  /** The same, for each second that the attack took: 0.01 is one percent of a core. */
  readonly share: number;
  /** Bytes that it held at the height of the attack, for each connection that attacks. */
  readonly held: number;
  readonly ends: readonly string[];
  readonly messages: number;
}

/** The target of test/support/attacks/target.ts, in a process of its own, and those who attack it. */
export class AttackedServer {
  readonly #child: ChildProcess;
  #port = 0;
  #asked: Promise<unknown> = Promise.resolve();
  #clients: RawClient[] = [];

  private constructor() {
    this.#child = fork(path.join(__dirname, 'target.ts'), {
      execArgv: ['--require', 'ts-node/register'],
      env: { ...process.env, TS_NODE_TRANSPILE_ONLY: 'true' },
    });
  }

  static async start(): Promise<AttackedServer> {
    const server = new AttackedServer();
    [server.#port] = (await once(server.#child, 'message')) as [number];
    return server;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  /**
   * Asks the target: one after the other, as several may ask.
   *
   * @param question 'held' has it collect its garbage before it looks
   */
  usage(question: 'now' | 'held' = 'now'): Promise<Usage> {
    this.#asked = this.#asked.then(async () => {
      this.#child.send(question);
      const [usage] = (await once(this.#child, 'message')) as [Usage];
      return usage;
    });
    return this.#asked as Promise<Usage>;
  }

  /** A connection of which nothing has been said. */
  async dial(): Promise<RawClient> {
    const client = await RawClient.connect(this.#port);
    // What it says of itself costs the attacker, who has to be faster than the server.
    client.socket.setNoDelay(true);
    this.#clients.push(client);
    return client;
  }

  /** A connection whose opening handshake is over. */
  async open(route: string, headers: Record<string, string | null> = {}): Promise<RawClient> {
    const client = await this.dial();
    await client.send(handshake(route, headers)).untilText('\r\n\r\n');
    const head = client.received.toString('latin1');
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`The target refused: ${head}`);
    return client;
  }

  /**
   * Has so many attack at once, and measures.
   *
   * @param attack one of them; what it has opened stays open until all have done
   * @param settle milliseconds after which the processor time begins to count: what the attack costs in the long run
   */
  async cost(attackers: number, attack: () => Promise<void>, settle = 0): Promise<Cost> {
    const before = await this.usage('held');
    let start = await this.usage();
    let began = performance.now();
    const attacks = Promise.all(Array.from({ length: attackers }, attack));
    if (settle > 0) {
      await new Promise((resolve) => setTimeout(resolve, settle));
      start = await this.usage();
      began = performance.now();
    }
    await attacks;
    const { cpu } = await this.usage();
    const seconds = (performance.now() - began) / 1000;
    const { held } = await this.usage('held');
    for (const { socket } of this.#clients.splice(0)) socket.destroy();
    let after = await this.usage();
    while (after.connections > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      after = await this.usage();
    }
    const crashes = after.crashes.slice(before.crashes.length);
    if (crashes.length > 0) throw new Error(`The target met: ${crashes.join('; ')}`);
    return {
      cpu: (cpu - start.cpu) / attackers,
      share: (cpu - start.cpu) / attackers / seconds,
      held: Math.max(0, held - before.held) / attackers,
      ends: after.ends.slice(before.ends.length),
      messages: after.messages - before.messages,
    };
  }
}
