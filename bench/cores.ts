/** Chooses a core for the server and another for the generator, and pins processes to them. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Undefined: not pinned. */
export interface Cores {
  server: number | undefined;
  generator: number | undefined;
}

/** `0-2,5` → 0, 1, 2, 5: the kernel's way to write a set of cores. */
export function parseCoreList(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
    });
}

function allowedCores(): number[] {
  const line = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return line ? parseCoreList(line[1]!) : [];
}

/** The hardware threads of the same physical core, itself included. */
function siblingsOf(core: number): number[] {
  try {
    return parseCoreList(readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8'));
  } catch {
    return [core]; // not every virtual machine tells
  }
}

/** Two cores that share no hardware, if there are any; none when the machine has one core or lacks taskset. */
export function chooseCores(): Cores {
  const allowed = allowedCores();
  if (allowed.length < 2 || spawnSync('taskset', ['--version']).error)
    return { server: undefined, generator: undefined };
  // The last core serves: the first one gets most of the machine's interrupts.
  const server = allowed.at(-1)!;
  const siblings = siblingsOf(server);
  const others = allowed.filter((core) => core !== server);
  return { server, generator: others.find((core) => !siblings.includes(core)) ?? others[0]! };
}

/** The same command, pinned. */
export function pinned(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : ['taskset', '--cpu-list', String(core), ...command];
}
