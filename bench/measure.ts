/** One measurement: one scenario, one peer, a fresh server. */

import { certificateFolder } from './certificate';
import { type Child, startChild } from './children';
import { checkCompressedAnswers } from './compressed-answers';
import { pinned } from './cores';
import { plainDialect } from './dialects';
import { BenchError } from './errors';
import { createRing, encodeRing, type MessageShape } from './frames';
import { type Flags, type LoadReport, runLoad, type Setup, type Target, windowFor } from './load';
import { measureIdle } from './measure-idle';
import { type Peer, type Service, serviceFor } from './peers';
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
  const server = startChild(
    `The server of ${peer.name}`,
    pinned(setup.cores.server, peer.command(setup.workshop, service.server, setup.nodeFlags ?? [])),
    await environmentOf(setup, scenario, peer),
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

/** What the generator sees of a server that fails is seldom the reason: that stands in the server's own words. */
function withComplaint(error: unknown, { complaint }: Child): unknown {
  if (!(error instanceof BenchError) || complaint === '' || error.message.includes(complaint)) return error;
  return new BenchError(`${error.message}\nThe server wrote:\n${complaint}`);
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
  const { load, message, inFlight } = scenario;
  const messages = createRing(message, scenario.differentMessages ?? inFlight);
  if (message.compressed) await checkCompressedAnswers(load, target.port, messages);
  const common = { 'in-flight': inFlight, connections: scenario.connections };
  if (load === 'fanout') {
    return runLoad(setup, 'fanout', target, { ...common, ...fanoutFlags(setup, message, messages, service) });
  }
  const frames = writeFrames(setup, message, messages);
  const stalled = service.unstalled ? undefined : scenario.stalled;
  return runLoad(setup, 'echo', target, { ...common, path: '/echo', frames, stalled });
}

function fanoutFlags(
  setup: Setup,
  message: MessageShape,
  texts: readonly Buffer[],
  { dialect = plainDialect }: Service,
): Flags {
  const { greeting, wrap, rewraps } = dialect;
  const published = wrap ? texts.map((text) => Buffer.from(wrap(text.toString()))) : texts;
  return {
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
