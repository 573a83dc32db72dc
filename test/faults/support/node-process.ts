import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { AdapterStatus } from '../../../src/rooms/adapter';
import type { BrokerKind } from './broker';
import { Changes } from './changes';

const root = path.join(__dirname, '..', '..', '..');
const program = path.join(__dirname, 'chat-node.mjs');

export interface NodeSettings {
  readonly broker: BrokerKind;
  /** The broker's, or that of a proxy before it. */
  readonly port: number;
  /** Options of `rooms()`, but for the adapter. */
  readonly rooms: object;
}

/** What it tells. */
type NodeReport =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'status'; readonly status: AdapterStatus; readonly problem: string | undefined };

/** How a node ended; one in which nothing went wrong ends with 0, and has written nothing to stderr. */
export interface NodeEnd {
  readonly code: number | null;
  readonly stderr: string;
}

/** Milliseconds; on a busy machine it takes its time. */
const startPatience = 30_000;
const endPatience = 20_000;

/** A process of its own that serves chat rooms through a broker. */
export class NodeProcess {
  /** What its adapter has said, in order. */
  readonly statuses: AdapterStatus[] = [];
  /** Why it was degraded, each time. */
  readonly problems: string[] = [];
  port = 0;
  readonly #child: ChildProcess;
  readonly #changes = new Changes();
  #stderr = '';

  private constructor(settings: NodeSettings) {
    this.#child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#child.on('message', (message) => this.#take(message as NodeReport));
    this.#child.on('close', () => this.#changes.notify());
  }

  /** @throws Error for a node that ends before it listens, with what it has written */
  static async start(settings: NodeSettings): Promise<NodeProcess> {
    const node = new NodeProcess(settings);
    try {
      await node.#until('it listens', () => node.port !== 0, startPatience);
      return node;
    } catch (error) {
      await node.kill();
      throw error;
    }
  }

  get status(): AdapterStatus {
    return this.statuses.at(-1) ?? 'ready';
  }

  /** Resolves when its adapter says so, or has said so last. */
  async reached(status: AdapterStatus, patience = 15_000): Promise<void> {
    await this.#until(`its adapter is '${status}'`, () => this.status === status, patience);
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  /** Asks it to close everything; it is killed where something keeps it from ending, and its code is null then. */
  async end(): Promise<NodeEnd> {
    if (!this.#hasEnded) {
      const closed = once(this.#child, 'close');
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), endPatience);
      this.#child.send('end', () => {});
      await closed;
      clearTimeout(timer);
    }
    return { code: this.#child.exitCode, stderr: this.#stderr };
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #take(report: NodeReport): void {
    if (report.type === 'listening') this.port = report.port;
    else {
      this.statuses.push(report.status);
      if (report.problem !== undefined) this.problems.push(report.problem);
    }
    this.#changes.notify();
  }

  async #until(what: string, isSo: () => boolean, patience: number): Promise<void> {
    const late = () => `The node has not come so far that ${what}:\n${this.#said}`;
    await this.#changes.until(() => isSo() || this.#hasEnded, patience, late);
    if (!isSo()) throw new Error(`The node ended before ${what}:\n${this.#said}`);
  }

  get #said(): string {
    return `statuses: ${this.statuses.join(', ')}; problems: ${this.problems.join('; ')}\n${this.#stderr}`;
  }
}
