import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { BenchResult } from '../../src/cli/bench/result';

const program = path.resolve(__dirname, '..', '..', 'dist', 'cli', 'main.mjs');

/** `switchboard bench`, as it was built. */
export class BenchProgram {
  stdout = '';
  stderr = '';
  /** The exit code, when it has ended. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  /** @param openFiles the limit of open files that it gets, on systems with a shell */
  constructor(args: readonly string[], { openFiles }: { openFiles?: number } = {}) {
    const bench = [program, 'bench', ...args];
    const command =
      openFiles === undefined
        ? { file: process.execPath, args: bench }
        : { file: 'sh', args: ['-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, process.execPath, ...bench] };
    this.#child = spawn(command.file, command.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** What it printed with `--json`: the whole of standard output. */
  result(): BenchResult {
    return JSON.parse(this.stdout) as BenchResult;
  }

  interrupt(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has said this on standard error. */
  async hasSaid(words: RegExp): Promise<void> {
    while (!words.test(this.stderr)) await once(this.#child.stderr, 'data');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
