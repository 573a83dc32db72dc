/** Many rooms on one node: how fast they are joined and left, and what one of them takes. */

import type { Child } from './children';
import { CONNECT_PATIENCE, type Setup, startGenerator, type Target } from './load';
import type { Sample } from './measure';
import type { RoomsScenario } from './scenarios';
import { spreadOf } from './statistics';

/** A broker has to hear of each room. */
const PATIENCE = 180_000;

/** All rooms are joined and left so often, and the best counts: what else the machine does only takes away. */
const TIMES = 6;

/** Milliseconds after which it is enough, where each time takes long. */
const ENOUGH = 15_000;

/** What servers/joining.ts answers. */
interface Timed {
  /** On the clock. */
  seconds: number;
  /** Of the server's processor. */
  cpu: number;
}

export async function measureRooms(
  setup: Setup,
  { connections, rooms }: RoomsScenario,
  server: Child,
  target: Target,
  path: string,
): Promise<Sample> {
  const generator = startGenerator(setup, 'idle', target, { path });
  const ask = async <Answer>(question: string): Promise<Answer> => {
    server.tell(question);
    return (await server.nextLine(PATIENCE)) as Answer;
  };
  const memory = async () => (await ask<{ bytes: number }>('memory')).bytes;
  const joins: Timed[] = [];
  const leaves: Timed[] = [];
  const bytes: number[] = [];
  try {
    generator.tell(String(connections));
    await generator.nextLine(CONNECT_PATIENCE);
    const began = performance.now();
    for (let time = 0; time < TIMES && performance.now() - began < ENOUGH; time++) {
      const before = await memory();
      joins.push(await ask(`join ${rooms}`));
      bytes.push((await memory()) - before);
      leaves.push(await ask('leave'));
    }
  } finally {
    await generator.stop();
  }
  const best = bestOf(joins);
  return {
    value: rooms / best.seconds,
    serverCpu: best.cpu / best.seconds,
    leavesPerSecond: rooms / bestOf(leaves).seconds,
    bytesPerRoom: spreadOf(bytes).median / rooms,
  };
}

const bestOf = (times: readonly Timed[]): Timed => times.toSorted((a, b) => a.seconds - b.seconds)[0]!;
