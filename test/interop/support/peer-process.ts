import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds that anything may take that is waited for. */
const patience = 90_000;

/** A program of somebody else, with a folder of its own for its files; `stop()` ends the one and removes the other. */
export class PeerProcess {
  /** What it has printed so far, errors too. */
  output = '';
  private child: ChildProcess | undefined;
  private end: Promise<string> | undefined;
  private ownFolder: string | undefined;
  private readonly kill = () => {
    const { child } = this;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, 'SIGKILL');
  };

  get folder(): string {
    this.ownFolder ??= mkdtempSync(path.join(tmpdir(), 'switchboard-peer-'));
    return this.ownFolder;
  }

  /** Writes a file into the folder and returns its path. */
  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): this {
    // In a process group of its own, so that its helpers end with it.
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    // A group of its own does not hear a terminal's Ctrl-C.
    process.once('exit', this.kill);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.child = child;
    this.end = once(child, 'close').then(
      ([code, signal]) => `${path.basename(command)} ended (${code ?? signal})`,
      (error: unknown) => String(error),
    );
    return this;
  }

  /** Resolves with what `expected` does. @throws Error with the program's output, when it ends before, or takes too long */
  async whileRunning<Result>(expected: Promise<Result>): Promise<Result> {
    const ended = this.end!.then((how) => {
      throw this.failure(`${how} too early`);
    });
    return this.inTime(Promise.race([expected, ended]));
  }

  /** Resolves with all output when the program has ended by itself. */
  async finished(): Promise<string> {
    await this.inTime(this.end!);
    return this.output;
  }

  /** Resolves with the first match in what it prints. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const [found] = pattern.exec(this.output) ?? [];
      if (found !== undefined) return found;
      await this.whileRunning(once(this.child!.stdout!, 'data'));
    }
  }

  /** Resolves when something listens on the port. */
  async listens(port: number): Promise<void> {
    let isOver = false;
    const found = (async () => {
      while (!isOver && !(await accepts(port))) await wait(10);
    })();
    try {
      await this.whileRunning(found);
    } finally {
      isOver = true;
    }
  }

  async stop(): Promise<void> {
    this.kill();
    process.off('exit', this.kill);
    await this.end;
    if (this.ownFolder !== undefined) rmSync(this.ownFolder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async inTime<Result>(expected: Promise<Result>): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.failure(`It took longer than ${patience} ms`)), patience);
    });
    try {
      return await Promise.race([expected, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private failure(problem: string): Error {
    return new Error(`${problem}. It printed:\n${this.output.slice(-2_000)}`);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Ports that were free a moment ago, for programs that cannot choose one and say which. They are below those that systems
 * give out, so that nobody gets one of them meanwhile.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(15_000, 32_000);
    const server = net.createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.add(port);
  }
  return [...ports];
}
