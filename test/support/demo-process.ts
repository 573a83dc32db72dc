import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Seen } from './demo-observer';

export const projectRoot = path.resolve(__dirname, '..', '..');

/** A program of the project that serves a site and prints its address: the demo alone, or `npm start`'s script. */
export class DemoProcess {
  /** What it has printed so far, errors too. */
  output = '';
  /** What the observer has told, where it was loaded. */
  readonly seen: Seen[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<number | null>;

  /**
   * Starts the demo of demo/server.ts, observed.
   *
   * @param port for http; 0 is a free one
   * @param securePort for https
   */
  static demo(port: number | string, securePort: number | string = 0): DemoProcess {
    const observer = path.join(__dirname, 'demo-observer.ts');
    const args = ['--require', 'ts-node/register', '--require', observer, path.join('demo', 'server.ts')];
    return new DemoProcess(args, { PORT: String(port), PORT_HTTPS: String(securePort) });
  }

  /** Starts the demo of demo/cluster/cluster.ts: Redis, three nodes and one port in front of them. */
  static cluster(port: number | string, env: Readonly<Record<string, string>> = {}): DemoProcess {
    const args = ['--require', 'ts-node/register', path.join('demo', 'cluster', 'cluster.ts')];
    return new DemoProcess(args, { PORT: String(port), REDIS_URL: '', ...env });
  }

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, args, {
      cwd: projectRoot,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }) as ChildProcessByStdio<null, Readable, Readable>;
    this.#child.on('message', (message) => this.seen.push(message as Seen));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#exit = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** Resolves with an address that it prints when it listens. @throws Error when it ends before, with its output. */
  async address(scheme: 'http' | 'https' = 'http'): Promise<string> {
    const ended = this.exited().then(() => {
      throw new Error(`The demo ended before it listened. Is dist/ built (npm run build)? It printed:\n${this.output}`);
    });
    // Whoever has the address does not hear of the end any more.
    ended.catch(() => undefined);
    for (;;) {
      const address = new RegExp(`${scheme}://localhost:\\d+`).exec(this.output)?.[0];
      if (address !== undefined) return address;
      await Promise.race([once(this.#child.stdout, 'data'), ended]);
    }
  }

  /** Resolves with what this finds in the output, now or later. @throws Error when the program ends without it */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    let hasEnded = false;
    const ended = this.exited().then(() => {
      hasEnded = true;
    });
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (hasEnded) throw new Error(`The demo ended, and had not printed ${pattern}, but:\n${this.output}`);
      await Promise.race([once(this.#child.stdout, 'data'), ended]);
    }
  }

  /** Resolves with the exit code, or null when a signal ended it. */
  exited(): Promise<number | null> {
    return this.#exit;
  }

  /** Asks it to end, as Ctrl-C or a service manager does, and resolves with its exit code. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited();
  }
}
