/** Resident memory of a server for each connection that is open and silent. */

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './children';
import { createRing, encodeRing } from './frames';
import { CONNECT_PATIENCE, type Setup, startGenerator, type Target } from './load';
import { type IdleScenario, isCompressed } from './scenarios';

const GC_PATIENCE = 15_000;

/** Already open before memory is read for the first time, so that code and pools that load on demand are there. */
const SETTLED_CONNECTIONS = 1_000;

/** @returns bytes for each connection */
export async function measureIdle(
  setup: Setup,
  scenario: IdleScenario,
  server: Child,
  target: Target,
  path: string,
): Promise<number> {
  const { message } = scenario;
  const generator = startGenerator(setup, 'idle', target, {
    path,
    compressed: isCompressed(scenario) || undefined,
    frames:
      message && setup.workshop.write('frames', encodeRing(message, createRing(message, scenario.exchanged ?? 1))),
  });
  const open = async (connections: number) => {
    generator.tell(String(connections));
    await generator.nextLine(CONNECT_PATIENCE);
    return settledMemory(server);
  };
  try {
    const before = await open(SETTLED_CONNECTIONS);
    const after = await open(scenario.connections);
    return (after - before) / scenario.connections;
  } finally {
    await generator.stop();
  }
}

/** Collects garbage until the resident memory no longer falls: V8 gives pages back a little after the collection. */
async function settledMemory(server: Child): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let unchanged = 0; unchanged < 3; ) {
    server.tell('gc');
    await server.nextLine(GC_PATIENCE);
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
