import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'redis';

export interface RedisServerOptions {
  /** Writes everything to disk before it answers, so that a restart loses nothing. */
  appendOnly?: boolean;
  /** One server of a cluster. */
  cluster?: boolean;
  /** More lines of the configuration, as `--name value`. */
  args?: readonly string[];
}

/** A Redis of a test's own, on a free port, in a temporary folder. */
export class RedisServer {
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  readonly #options: RedisServerOptions;
  #process: ChildProcess | undefined;

  private constructor(program: string, port: number, folder: string, options: RedisServerOptions) {
    this.#program = program;
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  /** @param program of `debianTool(this, 'redis-server')` */
  static async start(program: string, options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = await RedisServer.stopped(program, options);
    await server.start();
    return server;
  }

  /** One that does not run yet, but knows its port. */
  static async stopped(program: string, options: RedisServerOptions = {}): Promise<RedisServer> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'redis-'));
    return new RedisServer(program, await freePort(options.cluster === true), folder, options);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Also again, after `kill()`: on the same port, with what it has on its disk. */
  async start(): Promise<void> {
    const { appendOnly, cluster, args = [] } = this.#options;
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''];
    if (appendOnly) settings.push('--appendonly', 'yes', '--appendfsync', 'always');
    if (cluster) settings.push('--cluster-enabled', 'yes', '--cluster-node-timeout', '2000');
    this.#process = spawn(this.#program, [...settings, ...args], { stdio: 'ignore' });
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null) throw new Error(`redis-server ended with ${this.#process.exitCode}`);
      await delay(20);
    }
  }

  /** SIGKILL: nothing is written any more. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exit = once(running, 'exit');
    running.kill('SIGKILL');
    await exit;
  }

  /** It keeps its connections, and does nothing. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** One command, by a connection of its own. */
  async command(...words: string[]): Promise<unknown> {
    const client = createClient({ url: this.url, RESP: 2 });
    client.on('error', () => {});
    await client.connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    const socket = net.connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write('PING\r\n');
      const [answer] = await once(socket, 'data');
      // -LOADING while it reads its disk.
      return String(answer).startsWith('+PONG');
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

/** Three servers of one cluster, without replicas. */
export class RedisCluster {
  readonly servers: readonly RedisServer[];

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  static async start(program: string): Promise<RedisCluster> {
    const servers = await Promise.all([0, 1, 2].map(() => RedisServer.start(program, { cluster: true })));
    const slots = 16384;
    for (const [index, server] of servers.entries()) {
      const from = Math.floor((index * slots) / servers.length);
      const to = Math.floor(((index + 1) * slots) / servers.length) - 1;
      await server.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
      await server.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
      await server.command('CLUSTER', 'MEET', '127.0.0.1', String(servers[0]!.port));
    }
    for (const server of servers) {
      while (!isWhole(String(await server.command('CLUSTER', 'INFO')))) await delay(50);
    }
    return new RedisCluster(servers);
  }

  get ports(): number[] {
    return this.servers.map(({ port }) => port);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}

function isWhole(info: string): boolean {
  return (
    info.includes('cluster_state:ok') &&
    info.includes('cluster_slots_assigned:16384') &&
    info.includes('cluster_known_nodes:3')
  );
}

/** In a cluster a second port is used, 10,000 higher. */
async function freePort(cluster: boolean): Promise<number> {
  for (;;) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    if (!cluster || port + 10_000 <= 65_535) return port;
    // The system gives high ports: one from below its range is tried instead.
    const low = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(low)) return low;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
