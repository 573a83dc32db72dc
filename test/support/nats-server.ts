import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';

export interface NatsServerOptions {
  /** Whether it has JetStream. @default true */
  jetStream?: boolean;
  /** The largest message that it takes, in bytes. @default 8 MiB */
  maxPayload?: number;
}

/** A NATS server of a test's own, on a free port, with its store in a temporary folder. */
export class NatsServer {
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  readonly #options: Required<NatsServerOptions>;
  readonly #connections: NatsConnection[] = [];
  #process: ChildProcess | undefined;

  private constructor(program: string, port: number, folder: string, options: NatsServerOptions) {
    this.#program = program;
    this.port = port;
    this.#folder = folder;
    this.#options = { jetStream: true, maxPayload: 8 * 1024 * 1024, ...options };
  }

  /** @param program of `debianTool(this, 'nats-server')` */
  static async start(program: string, options: NatsServerOptions = {}): Promise<NatsServer> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'nats-'));
    const server = new NatsServer(program, await freePort(), folder, options);
    await server.start();
    return server;
  }

  /** Also again, after `kill()`: on the same port, with what it has on its disk. */
  async start(): Promise<void> {
    const { jetStream, maxPayload } = this.#options;
    const file = path.join(this.#folder, 'server.conf');
    const store = jetStream ? `jetstream { store_dir: ${JSON.stringify(this.#store)} }\n` : '';
    await writeFile(file, `listen: "127.0.0.1:${this.port}"\nmax_payload: ${maxPayload}\n${store}`);
    this.#process = spawn(this.#program, ['-c', file], { stdio: 'ignore' });
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null) throw new Error(`nats-server ended with ${this.#process.exitCode}`);
      await delay(20);
    }
  }

  /** A connection that never gives up; `stop()` closes it. */
  async connect(options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
    const connection = await connect({
      servers: `127.0.0.1:${this.port}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 0,
      ...options,
    });
    this.#connections.push(connection);
    return connection;
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

  /** Of a server that does not run: what it has on its disk, to be put back with `restoreStore()`. */
  async saveStore(): Promise<void> {
    await rm(this.#savedStore, { recursive: true, force: true });
    await cp(this.#store, this.#savedStore, { recursive: true });
  }

  /** As after a power failure, what came since `saveStore()` is lost. */
  async restoreStore(): Promise<void> {
    await rm(this.#store, { recursive: true, force: true });
    await cp(this.#savedStore, this.#store, { recursive: true });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #store(): string {
    return path.join(this.#folder, 'store');
  }

  get #savedStore(): string {
    return path.join(this.#folder, 'saved');
  }

  /** With JetStream, which recovers before the port is open. */
  async #answers(): Promise<boolean> {
    const socket = net.connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      const [greeting] = await once(socket, 'data');
      return String(greeting).startsWith('INFO');
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
