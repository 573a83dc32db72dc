/** What a figure means nothing without: the machine and the versions. */

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Cores } from './cores';
import { root } from './workshop';

export interface Machine {
  cpu: string;
  cores: number;
  /** Bytes. */
  memory: number;
  kernel: string;
  node: string;
  v8: string;
  /** Of the packages that are measured, by name. */
  packages: Record<string, string>;
  pinned: Cores;
}

const measuredPackages = ['ws', 'express'];

function versionIn(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
}

export function describeMachine(pinned: Cores): Machine {
  const packages: Record<string, string> = { switchboard: versionIn(root) ?? 'unknown' };
  for (const name of measuredPackages) {
    packages[name] = versionIn(join(root, 'node_modules', name)) ?? 'not installed';
  }
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
    kernel: release(),
    node: process.version,
    v8: process.versions.v8,
    packages,
    pinned,
  };
}
