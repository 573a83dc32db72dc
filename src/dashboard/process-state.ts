import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Sample } from './wire';

/** How the process is, and what its event loop did since it was asked before. */
export type ProcessState = Pick<Sample, 'loopDelay' | 'loopBusy' | 'cpu' | 'rss' | 'heap' | 'external'>;

/** Milliseconds between two looks at the event loop. */
const resolution = 20;

/** Looks at the process from `new` to `stop()`. */
export class ProcessWatch {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution });
  #busy = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();
  #at = performance.now();

  constructor() {
    this.#delays.enable();
  }

  read(): ProcessState {
    const at = performance.now();
    const cpu = process.cpuUsage(this.#cpu);
    const busy = performance.eventLoopUtilization();
    const { rss, heapUsed, external } = process.memoryUsage();
    const elapsed = Math.max(at - this.#at, 1);
    const state: ProcessState = {
      loopDelay: [this.#late(50), this.#late(90), this.#late(100)],
      loopBusy: performance.eventLoopUtilization(busy, this.#busy).utilization,
      cpu: (cpu.user + cpu.system) / 1_000 / elapsed,
      rss,
      heap: heapUsed,
      external,
    };
    this.#delays.reset();
    this.#at = at;
    this.#busy = busy;
    this.#cpu = process.cpuUsage();
    return state;
  }

  stop(): void {
    this.#delays.disable();
  }

  /** What is measured is from one look to the next: the time between two that are not late is no delay. */
  #late(percentile: number): number {
    return Math.max(0, this.#delays.percentile(percentile) / 1e6 - resolution);
  }
}
