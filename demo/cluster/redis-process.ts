import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** How long, in milliseconds, a Redis that was killed stays away, so that one can see what that is like. */
const restartAfter = 10_000;

const advice = `redis-server is needed for this, and is not installed. On Debian and Ubuntu: apt-get install redis-server; on a Mac: brew install redis.
Or give the address of a Redis that runs already: REDIS_URL=redis://localhost:6379 npm run demo:cluster`;

/** A Redis of this demo's own: on a free port, and in a temporary folder, which is deleted in the end with all that was said. */
export class RedisProcess {
  readonly port: number;
  /** Where it keeps what is said, while it is there. */
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'switchboard-demo-'));
  readonly #program: string;
  readonly #report: (line: string) => void;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  private constructor(program: string, port: number, report: (line: string) => void) {
    this.#program = program;
    this.port = port;
    this.#report = report;
  }

  /**
   * @param report is called with what is to be told: that it ended, and when it is there again
   * @throws Error that says what to install
   */
  static async start(report: (line: string) => void): Promise<RedisProcess> {
    const program = findRedis() ?? (install(report) ? findRedis() : undefined);
    if (program === undefined) throw new Error(advice);
    const redis = new RedisProcess(program, await freePort(), report);
    await redis.#start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const settings = ['--bind', '127.0.0.1', '--port', `${this.port}`, '--dir', this.folder, '--save', ''];
    // What was said is in its file before it is answered: who kills Redis finds everything again.
    settings.push('--appendonly', 'yes');
    // Apart from the terminal: its Ctrl-C must reach the nodes first, which take their leave of Redis.
    const child = spawn(this.#program, settings, { stdio: 'ignore', detached: true });
    this.#child = child;
    child.once('exit', (code, signal) => this.#exited(signal ?? `code ${code}`));
    child.once('error', ({ message }) => this.#exited(message));
    while (this.#child === child && !(await this.#answers())) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  #exited(how: string): void {
    this.#child = undefined;
    if (this.#isStopping) return;
    this.#report(`Redis has ended (${how}); in ${restartAfter / 1000} s it is started again`);
    this.#timer = setTimeout(() => {
      void this.#start().then(() => this.#report(`Redis is there again (process ${this.pid})`));
    }, restartAfter);
  }

  async #answers(): Promise<boolean> {
    const socket = net.connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write('PING\r\n');
      // Something else while it reads its file.
      return String((await once(socket, 'data'))[0]).startsWith('+PONG');
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

function findRedis(): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, 'redis-server')).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** As root on Debian. Returns whether apt could do it. */
function install(report: (line: string) => void): boolean {
  if (process.getuid?.() !== 0) return false;
  report('redis-server is not installed: apt-get installs it …');
  // It must not start one of its own on the usual port.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args: string[]) => spawnSync('apt-get', ['-qq', ...args], { env, stdio: 'inherit' }).status === 0;
  return apt('update') && apt('install', '--yes', '--no-install-recommends', 'redis-server');
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
