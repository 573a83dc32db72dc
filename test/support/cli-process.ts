import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const program = path.resolve(__dirname, '..', '..', 'dist', 'cli', 'main.mjs');

/** What a program has printed, and how it ended. */
export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `switchboard`, as it is built, with pipes. */
export class CliProcess {
  stdout = '';
  stderr = '';
  readonly child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<number | null>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [program, ...args], { env: { ...process.env, ...env } });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // It may end before it has read everything.
    this.child.stdin.on('error', () => {});
    this.#exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Runs it to its end; standard input is the text, and then ends. */
  static async run(args: readonly string[], input = ''): Promise<CliResult> {
    const cli = new CliProcess(args);
    cli.child.stdin.end(input);
    return cli.ended();
  }

  /** Resolves with what this finds on either stream, now or later. @throws Error when it ends without it */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    let hasEnded = false;
    const ended = this.#exit.then(() => {
      hasEnded = true;
    });
    for (;;) {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (found !== null) return found;
      if (hasEnded) throw new Error(`It ended without ${pattern}, and printed:\n${this.stdout}\n${this.stderr}`);
      await Promise.race([once(this.child.stdout, 'data'), once(this.child.stderr, 'data'), ended]);
    }
  }

  async ended(): Promise<CliResult> {
    const code = await this.#exit;
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  async stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<CliResult> {
    this.child.kill(signal);
    return this.ended();
  }
}
