/** Runs the load generator (`bench/generator`), and reads the line that it prints. */

import { type Child, startChild } from './children';
import { type Cores, pinned } from './cores';
import type { Scenario } from './scenarios';
import type { Workshop } from './workshop';

export interface Setup {
  workshop: Workshop;
  cores: Cores;
  /** Milliseconds of the server's processor time before the clock runs. */
  warmup: number;
  /** Milliseconds of the server's processor time that are measured. */
  duration: number;
  /** Flags of Node for this one server, for profiles. */
  nodeFlags?: readonly string[];
}

/** What a server at least does of large messages, in bytes of payload a second. */
const LARGE_THROUGHPUT = 512 * 1024 * 1024;

/**
 * How long it takes to be measured: as asked for, but never less than one turn of all that is in flight before the clock
 * runs, and one while it does. Otherwise 64 times 32 messages of 1 MiB would be judged by those that were answered first.
 */
export function windowFor(
  scenario: Scenario,
  asked: Pick<Setup, 'warmup' | 'duration'>,
): Pick<Setup, 'warmup' | 'duration'> {
  // A handshake runs through much more code than an echo, and it takes as much longer until that is compiled. So does what
  // somebody says in a chat, of which there are few where each goes to two hundred.
  if (scenario.load === 'handshake' || (scenario.load === 'fanout' && scenario.chat)) {
    return { warmup: 12 * asked.warmup, duration: asked.duration };
  }
  if (scenario.load !== 'echo') return { warmup: asked.warmup, duration: asked.duration };
  const { connections, inFlight, message } = scenario;
  const turn = Math.ceil((1_000 * connections * inFlight * message.size) / LARGE_THROUGHPUT);
  return { warmup: Math.max(asked.warmup, turn), duration: Math.max(asked.duration, turn) };
}

/** Where the load goes, and how. */
export interface Target {
  port: number;
  serverPid: number;
  tls: boolean;
  /** WebSockets on each connection of HTTP/2. @default HTTP/1.1, where each has its own */
  streams?: number | undefined;
}

type Load = 'echo' | 'fanout' | 'idle' | 'handshake';

/** Flags without a value are `true`; those that are undefined are left out. */
export type Flags = Readonly<Record<string, string | number | true | undefined>>;

/** What the generator prints (bench/generator/window.c). */
export interface LoadReport {
  messages: number;
  seconds: number;
  perSecond: number;
  serverCpu: number;
  generatorCpu: number;
  meanPayload: number;
  /** In microseconds. */
  latency: { p50: number; p90: number; p99: number; p999: number };
}

/** Opening all connections, where there are many of them. */
export const CONNECT_PATIENCE = 60_000;

/** How much longer than asked for the generator may take on a busy machine (bench/generator/window.c). */
const STRETCH = 4;

export function startGenerator({ workshop, cores }: Setup, load: Load, target: Target, flags: Flags): Child {
  const { port, tls, streams } = target;
  const all: Flags = { port, tls: tls || undefined, http2: streams && true, streams, ...flags };
  const written = Object.entries(all).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
  return startChild('The generator', pinned(cores.generator, [workshop.generator, load, ...written]));
}

/** One load from its first connection to its report. */
export async function runLoad(setup: Setup, load: Load, target: Target, flags: Flags): Promise<LoadReport> {
  const { warmup, duration } = setup;
  const generator = startGenerator(setup, load, target, { 'server-pid': target.serverPid, warmup, duration, ...flags });
  try {
    return (await generator.nextLine(CONNECT_PATIENCE + (warmup + duration) * STRETCH)) as LoadReport;
  } finally {
    await generator.stop();
  }
}
