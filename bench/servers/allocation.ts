/**
 * Not a server, but what is loaded before one (`node --require`), so that the very servers of the bench tell what they
 * allocate. It obeys further lines on stdin:
 *
 * - `begin` is answered with `{"begun":true}`, and `end` with the growth since then and the collections in between.
 * - `values` is answered with what one string and one Buffer of 32 bytes take.
 * - `sample` begins to sample allocations, and `functions` ends it and is answered with the bytes of each function.
 */

import { Session } from 'node:inspector';
import { createInterface } from 'node:readline';
import { GCProfiler } from 'node:v8';

/** Bytes between two samples, on average. */
const SAMPLING_INTERVAL = 512;
const VALUES = 10_000;
const TIMES = 10;
const SIZE = 32;

const session = new Session();
session.connect();

let collector = new GCProfiler();
let before = process.memoryUsage();

function begin(): object {
  collector = new GCProfiler();
  collector.start();
  before = process.memoryUsage();
  return { begun: true };
}

function end(): object {
  const after = process.memoryUsage();
  return {
    heap: after.heapUsed - before.heapUsed,
    external: after.external - before.external,
    collections: collector.stop().statistics.length,
  };
}

/** What a handler gets is kept until the growth is read: otherwise an optimising compiler need not make it at all. */
function bytesEach(make: () => unknown): number {
  const kept = new Array<unknown>(VALUES).fill(null);
  const start = process.memoryUsage().heapUsed;
  for (let i = 0; i < VALUES; i++) kept[i] = make();
  return (process.memoryUsage().heapUsed - start) / kept.length;
}

/** The least of several times: in the first, V8 allocates for itself while it compiles. */
function leastBytesEach(make: () => unknown): number {
  return Math.min(...Array.from({ length: TIMES }, () => bytesEach(make)));
}

function values(): object {
  const chunk = Buffer.alloc(SIZE, 'x');
  return {
    string: leastBytesEach(() => chunk.toString('latin1')),
    buffer: leastBytesEach(() => chunk.subarray(0, SIZE)),
  };
}

function sample(): object {
  session.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLING_INTERVAL,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  return { sampling: true };
}

function functions(): object {
  let found: object = {};
  // The inspector of this very process answers at once.
  session.post('HeapProfiler.stopSampling', (error, result) => {
    if (error) throw error;
    found = result.profile;
  });
  return found;
}

const commands: Readonly<Record<string, () => object>> = { begin, end, values, sample, functions };

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = commands[line];
  if (command) console.log(JSON.stringify(command()));
});
