import { hostname } from 'node:os';
import type { WebSocketConnection } from '../connection/websocket-connection';
import type { Metrics } from '../diagnostics/metrics';
import { presentOf } from './present';
import { ProcessWatch } from './process-state';
import { Sampler } from './sampler';
import { Viewers } from './viewers';
import type { FeedMessage, Sample, Server } from './wire';

/** Milliseconds between two samples. */
const interval = 1_000;
/** Samples that are kept: ten minutes. Nobody has looked for as long: nothing is watched any more. */
const maxSamples = 600;

/** What is watched: a board, as far as it is looked at. */
export interface Watched {
  metrics(): Metrics;
  readonly connections: Iterable<WebSocketConnection>;
  readonly hub: {
    count(room: string): number;
    rooms(member?: WebSocketConnection): string[];
  };
}

/**
 * Watches a board for all who look at its dashboard: one sample a second, computed once. It begins when somebody looks, and
 * ends when nobody has looked for ten minutes, so that who comes back sees what happened meanwhile. It keeps no process alive.
 */
export class Feed {
  readonly #board: Watched;
  readonly #viewers = new Viewers();
  #watch: ProcessWatch | undefined;
  #sampler = new Sampler();
  #samples: Sample[] = [];
  #timer: NodeJS.Timeout | undefined;
  #unseen = 0;

  constructor(board: Watched) {
    this.#board = board;
  }

  /** Shows the history, and from then on every second. */
  show(socket: WebSocketConnection): void {
    this.#viewers.add(socket);
    this.#unseen = 0;
    this.#begin();
    const present = presentOf(this.#board, this.#metrics(), this.#viewers);
    this.#send(socket, { type: 'hello', server: thisServer(), samples: this.#samples, present });
  }

  #begin(): void {
    if (this.#timer !== undefined) return;
    this.#watch = new ProcessWatch();
    this.#sampler = new Sampler();
    this.#sampler.take(this.#metrics(), this.#watch.read());
    this.#timer = setInterval(() => this.#tick(), interval).unref();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watch?.stop();
    this.#samples = [];
  }

  #tick(): void {
    const isSeen = this.#viewers.size > 0;
    if (!isSeen && ++this.#unseen > maxSamples) {
      this.#end();
      return;
    }
    const metrics = this.#metrics();
    const sample = this.#sampler.take(metrics, this.#watch!.read());
    if (sample === undefined) return;
    this.#samples.push(sample);
    if (this.#samples.length > maxSamples) this.#samples.shift();
    if (!isSeen) return;
    this.#unseen = 0;
    const message: FeedMessage = { type: 'sample', sample, present: presentOf(this.#board, metrics, this.#viewers) };
    const text = JSON.stringify(message);
    for (const socket of this.#viewers) this.#viewers.send(socket, text);
  }

  #metrics(): Metrics {
    return this.#viewers.without(this.#board.metrics());
  }

  #send(socket: WebSocketConnection, message: FeedMessage): void {
    this.#viewers.send(socket, JSON.stringify(message));
  }
}

function thisServer(): Server {
  const startedAt = Math.round(Date.now() - 1000 * process.uptime());
  return { host: hostname(), pid: process.pid, node: process.version, startedAt };
}
