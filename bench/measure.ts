/** One measurement: one scenario, one peer, a fresh server. */

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from './children';
import { checkCompressedAnswers } from './compressed-answers';
import { type Cores, pinned } from './cores';
import { BenchError } from './errors';
import { createRing, encodeRing } from './frames';
import type { Peer } from './peers';
import type { IdleScenario, LoadScenario, Scenario } from './scenarios';
import type { Workshop } from './workshop';

/** What one measurement has found. */
export interface Sample {
  /** In the scenario's unit. */
  value: number;
  /** Share of one core that the server used, 0 to 1; more where it has threads. */
  serverCpu?: number;
  /** Share of its core that the generator used: below 0.5, it could have driven at least twice as much. */
  generatorCpu?: number;
  /** Bytes of an answer's payload on the wire. */
  meanPayload?: number;
  /** From sending a message to its answer (or its last delivery), in microseconds. */
  latency?: { p50: number; p90: number; p99: number; p999: number };
}

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

const STARTUP_PATIENCE = 15_000;
const CONNECT_PATIENCE = 60_000;

/** How much longer than asked for the generator may take on a busy machine (bench/generator/window.c). */
const STRETCH = 4;

/** Already open before memory is read for the first time, so that code and pools that load on demand are there. */
const SETTLED_CONNECTIONS = 1_000;

export async function measure(setup: Setup, scenario: Scenario, peer: Peer): Promise<Sample> {
  const command = peer.command(setup.workshop, setup.nodeFlags ?? []);
  const server = startChild(`The server of ${peer.name}`, pinned(setup.cores.server, command), {
    NODE_ENV: 'production',
    ...(scenario.message?.compressed && { BENCH_DEFLATE: '1' }),
    ...peer.env,
  });
  try {
    const { port } = (await server.nextLine(STARTUP_PATIENCE)) as { port: number };
    return scenario.load === 'idle'
      ? await measureIdle(setup, scenario, server, port)
      : await measureLoad(setup, scenario, server, port);
  } catch (error) {
    throw withComplaint(error, server);
  } finally {
    await server.stop();
  }
}

/** What the generator sees of a server that fails is seldom the reason: that stands in the server's own words. */
function withComplaint(error: unknown, { complaint }: Child): unknown {
  if (!(error instanceof BenchError) || complaint === '' || error.message.includes(complaint)) return error;
  return new BenchError(`${error.message}\nThe server wrote:\n${complaint}`);
}

function startGenerator(setup: Setup, load: Scenario['load'], options: Record<string, string | number>): Child {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return startChild('The generator', pinned(setup.cores.generator, [setup.workshop.generator, load, ...flags]));
}

async function measureLoad(setup: Setup, scenario: LoadScenario, server: Child, port: number): Promise<Sample> {
  const messages = createRing(scenario.message, scenario.differentMessages ?? scenario.inFlight);
  if (scenario.message.compressed) await checkCompressedAnswers(scenario.load, port, messages);
  const generator = startGenerator(setup, scenario.load, {
    port,
    'server-pid': server.pid,
    frames: setup.workshop.write('frames', encodeRing(scenario.message, messages)),
    'in-flight': scenario.inFlight,
    path: scenario.load === 'fanout' ? '/subscribe' : '/echo',
    connections: scenario.connections,
    warmup: setup.warmup,
    duration: setup.duration,
  });
  try {
    const { perSecond, ...rest } = (await generator.nextLine(
      CONNECT_PATIENCE + (setup.warmup + setup.duration) * STRETCH,
    )) as GeneratorReport;
    const { serverCpu, generatorCpu, meanPayload, latency } = rest;
    return { value: perSecond, serverCpu, generatorCpu, meanPayload, latency };
  } finally {
    await generator.stop();
  }
}

/** The line that the generator prints (bench/generator/window.c). */
type GeneratorReport = Required<Omit<Sample, 'value'>> & { messages: number; seconds: number; perSecond: number };

async function measureIdle(setup: Setup, scenario: IdleScenario, server: Child, port: number): Promise<Sample> {
  const { message } = scenario;
  const generator = startGenerator(setup, 'idle', {
    port,
    path: '/echo',
    ...(message && {
      frames: setup.workshop.write('frames', encodeRing(message, createRing(message, scenario.exchanged ?? 1))),
    }),
  });
  const open = async (connections: number) => {
    generator.tell(String(connections));
    await generator.nextLine(CONNECT_PATIENCE);
    return settledMemory(server);
  };
  try {
    const before = await open(SETTLED_CONNECTIONS);
    const after = await open(scenario.connections);
    return { value: (after - before) / scenario.connections };
  } finally {
    await generator.stop();
  }
}

/** Collects garbage until the resident memory no longer falls: V8 gives pages back a little after the collection. */
async function settledMemory(server: Child): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let unchanged = 0; unchanged < 3; ) {
    server.tell('gc');
    await server.nextLine(STARTUP_PATIENCE);
    await delay(100);
    const resident = residentBytes(server.pid);
    unchanged = resident < lowest * 0.999 ? 0 : unchanged + 1;
    lowest = Math.min(lowest, resident);
  }
  return lowest;
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}
