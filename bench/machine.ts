/** What a figure means nothing without: the machine and the versions. */

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Cores } from './cores';
import { packagesFolder } from './packages';
import { root } from './workshop';

export interface Machine {
  cpu: string;
  cores: number;
  /** Bytes. */
  memory: number;
  kernel: string;
  node: string;
  v8: string;
  /** Of the packages that are measured, by name; without those that are not installed. */
  packages: Record<string, string>;
  pinned: Cores;
}

/** Where each measured package is installed. */
const measuredPackages: Readonly<Record<string, string>> = {
  switchboard: root,
  ...inFolder(join(root, 'node_modules'), 'ws', 'express', 'redis'),
  ...inFolder(packagesFolder, 'bufferutil', 'socket.io', '@socket.io/redis-adapter', 'bun', 'deno'),
};

function inFolder(folder: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, join(folder, name)]));
}

function versionIn(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
}

export function describeMachine(pinned: Cores): Machine {
  const packages = Object.fromEntries(
    Object.entries(measuredPackages).flatMap(([name, folder]) => {
      const version = versionIn(folder);
      return version === undefined ? [] : [[name, version]];
    }),
  );
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
