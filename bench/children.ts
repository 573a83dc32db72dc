/** Starts processes, talks to them line by line, and leaves none behind. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { BenchError } from './errors';

const running = new Set<ChildProcessByStdio<Writable, Readable, Readable>>();

/** Ends every process that is still running, at once. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** A process that prints lines of JSON. */
export interface Child {
  pid: number;
  /** What it has written to stderr so far. */
  readonly complaint: string;
  /** Writes one line to its stdin. */
  tell(line: string): void;
  /** The next line of its stdout, parsed. Throws with its stderr when it ends first, or after `patience` ms. */
  nextLine(patience: number): Promise<unknown>;
  /** Closes its stdin and waits for its end; kills it after `patience` ms. */
  stop(patience?: number): Promise<void>;
}

/**
 * Starts a process. `name` stands in the errors.
 */
export function startChild(
  name: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Child {
  const child = spawn(command[0]!, command.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  child.stdin.on('error', () => {}); // it has ended; nextLine() says so with its reason
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      running.delete(child);
      resolve(`could not be started: ${error.message}`);
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(`ended (${signal ?? `exit status ${code}`})${complaint === '' ? '' : `:\n${complaint.trimEnd()}`}`);
    });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  return {
    pid: child.pid ?? 0,

    get complaint() {
      return complaint.trimEnd();
    },

    tell(line) {
      child.stdin.write(`${line}\n`);
    },

    async nextLine(patience) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          child.kill('SIGKILL');
          reject(new BenchError(`${name} has said nothing for ${patience / 1000} s`));
        }, patience);
      });
      try {
        const { value, done } = await Promise.race([lines.next(), silence]);
        if (done) throw new BenchError(`${name} ${await Promise.race([ended, silence])}`);
        return parseLine(name, value);
      } finally {
        clearTimeout(timer);
      }
    },

    async stop(patience = 5_000) {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      await ended;
      clearTimeout(timer);
    },
  };
}

function parseLine(name: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new BenchError(`${name} printed a line that is not JSON: ${line}`);
  }
}

/** What the generator sees of a server that fails is seldom the reason: that stands in the server's own words. */
export function withComplaint(error: unknown, { complaint }: Child): unknown {
  if (!(error instanceof BenchError) || complaint === '' || error.message.includes(complaint)) return error;
  return new BenchError(`${error.message}\nThe server wrote:\n${complaint}`);
}
