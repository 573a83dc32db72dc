import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { AdapterStatus } from 'switchboard';
import type { Backend } from './balancer';
import type { NodeReport } from './node';

/** How long, in milliseconds, a node that died stays away, so that one can see its tabs move. */
const restartAfter = 5000;

/** A node, and its process: another one when that has died. */
export class NodeProcess implements Backend {
  port: number | undefined;
  /** What its adapter says: `'ready'`, or `'degraded'` while it does not reach Redis. */
  broker: AdapterStatus = 'degraded';
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  /**
   * @param changed called when it is up or down, or its broker is
   * @param report called with what is to be told
   */
  constructor(
    readonly number: number,
    private readonly env: NodeJS.ProcessEnv,
    private readonly changed: () => void,
    private readonly report: (line: string) => void,
  ) {}

  get name(): string {
    return `node ${this.number}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it listens. @throws Error when it ends before */
  async start(): Promise<void> {
    const env = { ...process.env, ...this.env, NODE_NUMBER: String(this.number) };
    const execArgv = ['--require', 'ts-node/register'];
    const child = fork(path.join(__dirname, 'node.ts'), [], { env, execArgv });
    this.#child = child;
    const exit = once(child, 'exit');
    const listening = new Promise<void>((resolve) => {
      child.on('message', (news: NodeReport) => {
        this.#heard(news);
        if (news.type === 'listening') resolve();
      });
    });
    void exit.then(([code, signal]) => this.#exited(signal ?? `code ${code}`));
    const tooEarly = exit.then(() => {
      throw new Error(`${this.name} has ended before it listened.`);
    });
    await Promise.race([listening, tooEarly]);
  }

  /** Has it tell its tabs that it goes away, and resolves when it has ended; asked again, it ends without that. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    if (this.#child === undefined) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exit;
  }

  #heard(news: NodeReport): void {
    if (news.type === 'listening') this.port = news.port;
    else this.broker = news.status;
    if (!this.#isStopping) this.changed();
  }

  #exited(how: string): void {
    this.#child = undefined;
    this.port = undefined;
    this.broker = 'degraded';
    if (this.#isStopping) return;
    this.report(`${this.name} has died (${how}); in ${restartAfter / 1000} s it is started again`);
    this.changed();
    this.#timer = setTimeout(() => {
      // It says so by itself when it dies again.
      this.start().catch(() => {});
    }, restartAfter);
  }
}
