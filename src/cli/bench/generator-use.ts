import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** How busy this process was over some time: a generator without rest measures itself. */
export interface GeneratorUse {
  /** Processor time, as a share of one core: above 1 where other threads worked as well. */
  readonly cpu: number;
  /** The share of the time that the event loop was busy, from 0 to 1. */
  readonly eventLoop: number;
}

/** The share of the time that an event loop is busy which can do no more. */
export const busy = 0.95;

/** Begins to look; the function that it returns says how it was since. */
export function watchGenerator(): () => GeneratorUse {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const loop: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return {
      cpu: (user + system) / 1000 / (performance.now() - began),
      eventLoop: performance.eventLoopUtilization(loop).utilization,
    };
  };
}
