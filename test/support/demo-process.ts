import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';

export const projectRoot = path.resolve(__dirname, '..', '..');

/** A program of the project that serves a site and prints its address: the demo alone, or `npm start`'s script. */
export class DemoProcess {
  /** What it has printed so far, errors too. */
  output = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<number | null>;

  /** Starts the demo of demo/server.ts. `port` 0 is a free one. */
  static demo(port: number | string): DemoProcess {
    return new DemoProcess(['--require', 'ts-node/register', path.join('demo', 'server.ts')], { PORT: String(port) });
  }

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, args, {
      cwd: projectRoot,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#exit = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** Resolves with the address that it prints when it listens. @throws Error when it ends before, with its output. */
  async address(): Promise<string> {
    const ended = this.exited().then(() => {
      throw new Error(`The demo ended before it listened. Is dist/ built (npm run build)? It printed:\n${this.output}`);
    });
    // Whoever has the address does not hear of the end any more.
    ended.catch(() => undefined);
    for (;;) {
      const address = /http:\/\/localhost:\d+/.exec(this.output)?.[0];
      if (address !== undefined) return address;
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
