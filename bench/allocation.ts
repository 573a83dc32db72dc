/**
 * What a steady echo of 32 bytes allocates, exactly: the server's young generation is so large that no collection runs while
 * a counted number of messages goes through, and the growth of its heap is read before and after. What `net` allocates is
 * what Node itself does for a read and a write.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from './children';
import { pinned } from './cores';
import { CountedEcho } from './counted-echo';
import { BenchError } from './errors';
import { formatTable } from './format';
import type { MessageShape } from './frames';
import type { Setup } from './load';
import { ours, type Peer, peers } from './peers';
import { type CallFrame, describeFunction } from './profile';
import { type Spread, spreadOf } from './statistics';

/** The limit: what Node itself allocates. */
const floor = 'net';

/** Both run on Node, and can be asked. */
export const allocationPeers: readonly Peer[] = peers.filter(({ name }) => name === ours || name === floor);

export interface AllocationOptions {
  setup: Pick<Setup, 'workshop' | 'cores'>;
  /** Reads, each with a write, before anything is counted: until V8 has compiled what it ever will. @default 20,000 */
  warmup?: number;
  /** Reads in a window. @default 4,000 */
  reads?: number;
  /** How often it is measured. @default 7 */
  windows?: number;
}

/** Bytes for one read and the write that answers it. */
export interface Allocation {
  peer: string;
  message: 'text' | 'binary';
  /** Messages that come in one read. */
  inFlight: number;
  /** On the heap of V8. */
  heap: Spread;
  /** Outside of it, in buffers. */
  external: Spread;
  /** What the handler is given for one message on that heap: a string, or a Buffer. */
  value: number;
}

const SIZE = 32;
const PATIENCE = 60_000;
/** MiB: room for all that is allocated in a window, many times over. */
const SEMI_SPACE = 256;
const ATTEMPTS = 3;

interface Case {
  message: Allocation['message'];
  inFlight: number;
}

const cases: readonly Case[] = (['text', 'binary'] as const).flatMap((message) =>
  [1, 32].map((inFlight) => ({ message, inFlight })),
);

/** All peers of `allocationPeers`, text and binary, 1 and 32 in flight. */
export async function measureAllocation(options: AllocationOptions): Promise<Allocation[]> {
  const found: Allocation[] = [];
  for (const wanted of cases) {
    for (const peer of allocationPeers) found.push(await measureCase(options, peer, wanted));
  }
  return found;
}

async function measureCase(options: AllocationOptions, peer: Peer, wanted: Case): Promise<Allocation> {
  const { reads = 4_000, windows = 7 } = options;
  return withEcho(options, peer, wanted, async (server, echo) => {
    const grown: Growth[] = [];
    for (let i = 0; i < windows; i++) grown.push(await perRead(server, echo, reads));
    const values = await ask<{ string: number; buffer: number }>(server, 'values');
    return {
      peer: peer.name,
      ...wanted,
      heap: spreadOf(grown.map(({ heap }) => heap)),
      external: spreadOf(grown.map(({ external }) => external)),
      value: wanted.message === 'text' ? values.string : values.buffer,
    };
  });
}

interface Growth {
  heap: number;
  external: number;
}

/**
 * The growth in one window without what the same time and the same questions cost when nothing is sent. A window in which V8
 * collected says nothing, and is measured again.
 */
async function perRead(server: Child, echo: CountedEcho, reads: number): Promise<Growth> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await ask(server, 'gc');
    const began = performance.now();
    const busy = await growth(server, () => echo.exchange(reads));
    const idle = await growth(server, () => delay(performance.now() - began));
    if (busy.collections + idle.collections > 0) continue;
    return { heap: (busy.heap - idle.heap) / reads, external: (busy.external - idle.external) / reads };
  }
  throw new BenchError(
    `V8 collected garbage each time while allocations were counted, although ${SEMI_SPACE} MiB were free: ${reads} reads are too many.`,
  );
}

async function growth(server: Child, meanwhile: () => Promise<unknown>): Promise<Growth & { collections: number }> {
  await ask(server, 'begin');
  await meanwhile();
  return ask(server, 'end');
}

/** A warm server that does nothing but this echo. */
async function withEcho<Result>(
  { setup, warmup = 20_000 }: AllocationOptions,
  peer: Peer,
  { message, inFlight }: Case,
  use: (server: Child, echo: CountedEcho) => Promise<Result>,
): Promise<Result> {
  const { server: file, path = '/echo' } = peer.does.echo!;
  const flags = [
    ...['--require', setup.workshop.server('allocation.js')],
    ...[`--min-semi-space-size=${SEMI_SPACE}`, `--max-semi-space-size=${SEMI_SPACE}`],
  ];
  const command = peer.command(setup.workshop, file, flags);
  const server = startChild(`The server of ${peer.name}`, pinned(setup.cores.server, command), {
    NODE_ENV: 'production',
    ...peer.env,
  });
  try {
    const { port } = (await server.nextLine(PATIENCE)) as { port: number };
    const shape: MessageShape = { type: message, size: SIZE };
    const echo = await CountedEcho.open({ port, path, message: shape, inFlight, isBare: peer.name === floor });
    try {
      await echo.exchange(warmup);
      return await use(server, echo);
    } finally {
      echo.close();
    }
  } finally {
    await server.stop();
  }
}

async function ask<Answer>(server: Child, question: string): Promise<Answer> {
  server.tell(question);
  return (await server.nextLine(PATIENCE)) as Answer;
}

/** Per message, without what Node allocates and without what the handler is given: what the library itself allocates. */
export function allocationBeyond(mine: Allocation, all: readonly Allocation[]): number | undefined {
  const limit = all.find(
    ({ peer, message, inFlight }) => peer === floor && message === mine.message && inFlight === mine.inFlight,
  );
  return limit && (mine.heap.median - limit.heap.median) / mine.inFlight - mine.value;
}

const bytes = (value: number) => value.toFixed(Math.abs(value) < 10 ? 1 : 0);

/** A table for people. */
export function formatAllocation(all: readonly Allocation[]): string {
  const rows = all.map((one) => {
    const { peer, message, inFlight, heap, external, value } = one;
    const beyond = peer === floor ? undefined : allocationBeyond(one, all);
    return [
      `${message}, ${inFlight} in flight: ${peer}`,
      bytes(heap.median),
      `${bytes(heap.min)} – ${bytes(heap.max)}`,
      bytes(external.median),
      bytes(heap.median / inFlight),
      beyond === undefined ? '' : bytes(value),
      beyond === undefined ? '' : bytes(beyond),
    ];
  });
  const heads = ['heap per read and write', 'min – max', 'outside the heap', 'heap per message', 'its value', 'beyond'];
  return [
    `Bytes allocated by a steady echo of ${SIZE} bytes, one connection, no collection in between`,
    formatTable([['', ...heads], ...rows]),
    `'its value' is the string or the Buffer that the handler is given; 'beyond' is what a message takes more than that and than ${floor}.`,
  ].join('\n');
}

/** A node of the profile that the inspector's HeapProfiler has. */
interface SamplingNode {
  callFrame: CallFrame;
  selfSize: number;
  children: SamplingNode[];
}

export interface FunctionAllocation {
  /** `function file:line`. */
  where: string;
  /** Bytes per message, by sampling. */
  bytes: number;
}

/** Which functions allocate, most first. Sampling slows the server and changes nothing else. */
export async function allocationByFunction(
  options: AllocationOptions,
  peer: Peer,
  wanted: Case,
  count = 15,
): Promise<FunctionAllocation[]> {
  const reads = options.reads ?? 4_000;
  return withEcho(options, peer, wanted, async (server, echo) => {
    await ask(server, 'sample');
    await echo.exchange(reads);
    const { head } = await ask<{ head: SamplingNode }>(server, 'functions');
    const sizes = new Map<string, number>();
    const add = ({ callFrame, selfSize, children }: SamplingNode) => {
      const where = describeFunction(callFrame);
      sizes.set(where, (sizes.get(where) ?? 0) + selfSize);
      for (const child of children) add(child);
    };
    add(head);
    return [...sizes]
      .filter(([, size]) => size > 0)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([where, size]) => ({ where, bytes: size / (reads * wanted.inFlight) }));
  });
}

export function formatFunctions(
  peer: string,
  { message, inFlight }: Case,
  functions: readonly FunctionAllocation[],
): string {
  const lines = functions.map(({ where, bytes }) => `    ${bytes.toFixed(1).padStart(8)} B  ${where}`);
  return [`  ${peer}, ${message}, ${inFlight} in flight: bytes per message by function`, ...lines].join('\n');
}
