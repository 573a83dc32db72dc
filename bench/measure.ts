/** One measurement: one scenario, one peer, a fresh server. */

import { certificateFolder } from './certificate';
import { type Child, startChild, withComplaint } from './children';
import { checkCompressedAnswers } from './compressed-answers';
import { pinned } from './cores';
import { plainDialect } from './dialects';
import { BenchError } from './errors';
import { createRing, encodeRing, type MessageShape } from './frames';
import { type Flags, type LoadReport, runLoad, type Setup, type Target, windowFor } from './load';
import { measureIdle } from './measure-idle';
import { runBetweenNodes } from './measure-nodes';
import { measureRooms } from './measure-rooms';
import { type Peer, type Service, serviceFor } from './peers';
import { startRedis } from './redis';
import {
  type HandshakeScenario,
  isCompressed,
  type LatencyScenario,
  type LoadScenario,
  type Scenario,
} from './scenarios';

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
  /** Rooms that were left in a second, where rooms are measured. */
  leavesPerSecond?: number;
  /** Memory of one room on the heap of its node, the same. */
  bytesPerRoom?: number;
  /** Messages a second that were due, where they are sent on a timetable. */
  rate?: number;
  /** From sending a message (or the time it was due) to its answer or its last delivery, in microseconds. */
  latency?: { p50: number; p90: number; p99: number; p999: number };
}

const STARTUP_PATIENCE = 15_000;

/** In flight when a peer's peak is looked for, of which the rate is half. */
const PEAK_IN_FLIGHT = 8;

/** A server that answers less than this share of what is due falls behind for ever: its times say nothing. */
const KEEPS_UP = 0.95;

/**
 * @param peak of a latency scenario: messages a second, half of which is the rate; if not given, the peer's own is found first
 * @throws BenchError for a server that fails or answers wrongly, and where the peer has no part in the scenario
 */
export async function measure(setup: Setup, scenario: Scenario, peer: Peer, peak?: number): Promise<Sample> {
  const service = serviceFor(peer, scenario);
  const windowed = { ...setup, ...windowFor(scenario, setup) };
  if (service === undefined) throw new BenchError(`${peer.name} has no part in ${scenario.name}`);
  if (scenario.load === 'fanout' && scenario.nodes) {
    return sampleOf(await runBetweenNodes(windowed, peer, service, fanoutFlags(windowed, scenario, service)));
  }
  const redis = service.redis ? await startRedis(setup.cores) : undefined;
  const server = startChild(
    `The server of ${peer.name}`,
    pinned(setup.cores.server, peer.command(setup.workshop, service.server, setup.nodeFlags ?? [])),
    { ...(await environmentOf(setup, scenario, peer)), ...(redis && { BENCH_REDIS: String(redis.port) }) },
  );
  try {
    const { port } = (await server.nextLine(STARTUP_PATIENCE)) as { port: number };
    const streams = service.http1 ? undefined : scenario.streams;
    const target: Target = { port, serverPid: server.pid, tls: scenario.tls === true, streams };
    return await measureOn(windowed, scenario, service, server, target, peak);
  } catch (error) {
    throw withComplaint(error, server);
  } finally {
    await server.stop();
    await redis?.stop();
  }
}

async function environmentOf(setup: Setup, scenario: Scenario, peer: Peer): Promise<Record<string, string>> {
  return {
    NODE_ENV: 'production',
    ...(isCompressed(scenario) && { BENCH_DEFLATE: '1' }),
    ...(scenario.tls && { BENCH_TLS: await certificateFolder(setup.workshop) }),
    ...(scenario.streams && { BENCH_HTTP2: '1' }),
    ...peer.env,
  };
}

async function measureOn(
  setup: Setup,
  scenario: Scenario,
  service: Service,
  server: Child,
  target: Target,
  peak: number | undefined,
): Promise<Sample> {
  switch (scenario.load) {
    case 'idle':
      return { value: await measureIdle(setup, scenario, server, target, service.path ?? '/echo') };
    case 'rooms':
      return measureRooms(setup, scenario, server, target, service.path ?? '/echo');
    case 'handshake':
      return sampleOf(await runHandshakes(setup, scenario, service, target));
    case 'latency':
      return measureLatency(
        setup,
        scenario,
        target,
        peak ?? (await runMessages(setup, closedLoopOf(scenario), service, target)).perSecond,
      );
    default:
      return sampleOf(await runMessages(setup, scenario, service, target));
  }
}

function sampleOf({ perSecond, serverCpu, generatorCpu, meanPayload, latency }: LoadReport): Sample {
  return { value: perSecond, serverCpu, generatorCpu, meanPayload, latency };
}

async function runMessages(
  setup: Setup,
  scenario: LoadScenario,
  service: Service,
  target: Target,
): Promise<LoadReport> {
  const { load, message, inFlight, connections } = scenario;
  const messages = ringOf(scenario);
  if (message.compressed) await checkCompressedAnswers(load, target.port, messages);
  if (load === 'fanout') return runLoad(setup, 'fanout', target, fanoutFlags(setup, scenario, service));
  const frames = writeFrames(setup, message, messages);
  const stalled = service.unstalled ? undefined : scenario.stalled;
  return runLoad(setup, 'echo', target, { 'in-flight': inFlight, connections, path: '/echo', frames, stalled });
}

function ringOf({ message, inFlight, differentMessages = inFlight }: LoadScenario): Buffer[] {
  return createRing(message, differentMessages);
}

function fanoutFlags(setup: Setup, scenario: LoadScenario, { dialect = plainDialect }: Service): Flags {
  const { message, inFlight, connections } = scenario;
  const { greeting, wrap, rewraps } = dialect;
  const texts = ringOf(scenario);
  const published = wrap ? texts.map((text) => Buffer.from(wrap(text.toString()))) : texts;
  return {
    'in-flight': inFlight,
    connections,
    path: dialect.subscribePath,
    'publish-path': dialect.publishPath,
    frames: writeFrames(setup, message, published),
    greeting:
      greeting &&
      setup.workshop.write('greeting', encodeRing({ type: 'text', size: greeting.length }, [Buffer.from(greeting)])),
    ...(rewraps && { 'needle-at': published[0]!.indexOf(texts[0]!), 'needle-length': message.size }),
  };
}

function writeFrames(setup: Setup, message: MessageShape, messages: readonly Buffer[]): string {
  return setup.workshop.write('frames', encodeRing(message, messages));
}

function runHandshakes(
  setup: Setup,
  scenario: HandshakeScenario,
  service: Service,
  target: Target,
): Promise<LoadReport> {
  return runLoad(setup, 'handshake', target, {
    path: service.path ?? '/echo',
    plain: service.plain,
    connections: scenario.connections,
  });
}

/** The same messages, but each answer pays for the next one. */
function closedLoopOf({ name, title, connections, message }: LatencyScenario): LoadScenario {
  return { name, title, load: 'echo', unit: 'messages/s', connections, message, inFlight: PEAK_IN_FLIGHT };
}

/** The most that a peer does in a closed loop, in messages a second. */
export async function measurePeak(setup: Setup, scenario: LatencyScenario, peer: Peer): Promise<number> {
  return (await measure(setup, closedLoopOf(scenario), peer)).value;
}

async function measureLatency(setup: Setup, scenario: LatencyScenario, target: Target, peak: number): Promise<Sample> {
  const { message, connections } = scenario;
  const rate = Math.round(peak / 2);
  const frames = writeFrames(setup, message, createRing(message, PEAK_IN_FLIGHT));
  const report = await runLoad(setup, 'echo', target, { path: '/echo', frames, connections, rate });
  if (report.perSecond < rate * KEEPS_UP) {
    throw new BenchError(`The server answered ${Math.round(report.perSecond)} messages a second, and ${rate} were due`);
  }
  return { ...sampleOf(report), value: report.latency.p99, rate };
}
