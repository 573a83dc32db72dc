import type { CrowdState } from './crowd-process';
import type { Sample } from './server';

/** From when a crowd came to when everybody had gone. */
export interface Life {
  /** While it was there, in order. */
  readonly samples: readonly Sample[];
  /** When everybody had gone. */
  readonly after: Sample;
}

/** How much the heap may differ for no reason: what V8 keeps of code, and of types, changes all the time. */
const heapSlack = 3e6;

/** Close codes that somebody of the crowd has brought about. */
const expectedCodes = new Set(['1000', '1005', '1006', '1008']);

/** What is wrong with a soak. */
export function verdictOn(
  [first, second]: readonly [Life, Life],
  crowd: readonly CrowdState[],
  connections: number,
): string[] {
  const faults: string[] = [];
  const held = (sample: Sample) => sample.heap + sample.buffers;
  const { samples, after } = second;

  const grownAfter = held(after) - held(first.after);
  if (grownAfter > heapSlack)
    faults.push(`${grownAfter} bytes more are held when everybody has gone than the time before`);
  for (const kind of new Set([...Object.keys(after.resources), ...Object.keys(first.after.resources)])) {
    const [now = 0, before = 0] = [after.resources[kind], first.after.resources[kind]];
    if (now > before) faults.push(`${now} of ${kind} are left, ${before} were the time before`);
  }
  if (after.files > first.after.files)
    faults.push(`${after.files} files are open, ${first.after.files} were the time before`);

  const half = Math.floor(samples.length / 2);
  // Of objects: how many bytes of buffers there are is how many peers stall just then.
  const objects = (part: readonly Sample[]) => median(part.map(({ heap }) => heap));
  const [early, late] = [objects(samples.slice(0, half)), objects(samples.slice(half))];
  if (late > early * 1.03 + heapSlack)
    faults.push(`${early} bytes of objects in the first half, ${late} in the second`);
  const fewest = Math.min(...samples.map(({ open }) => open));
  if (fewest < connections * 0.8) faults.push(`only ${fewest} of ${connections} connections were open at a time`);

  const closed = Object.values(after.closed).reduce((sum, count) => sum + count, 0);
  if (closed !== after.opened) faults.push(`${after.opened} connections were opened, and ${closed} closed`);
  if (after.waiting > 0) faults.push(`${after.waiting} bytes wait though nobody is there`);
  if (after.rooms > 0) faults.push(`${after.rooms} rooms are there though nobody is in them`);
  for (const [code, count] of Object.entries(after.closed)) {
    if (!expectedCodes.has(code)) faults.push(`${count} connections were closed with ${code}`);
  }
  if (after.closed['1008'] === undefined) faults.push('Nobody was closed as a slow consumer');
  for (const { errors } of [...first.samples, first.after, ...samples, after]) faults.push(...errors);
  for (const { wrong, wrongs, heard } of crowd) {
    if (wrongs > wrong.length) faults.push(`${wrongs} things went wrong for the crowd`);
    faults.push(...wrong);
    if (heard === 0) faults.push('The crowd heard nothing');
  }
  return faults;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
