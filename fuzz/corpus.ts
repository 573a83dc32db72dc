import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** An input in a file: one that broke something once, or one to begin from. */
export interface StoredInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const folder = path.join(__dirname, 'corpus');

/** The stored inputs of a target, by name. */
export function loadCorpus(target: string): StoredInput[] {
  const own = path.join(folder, target);
  if (!existsSync(own)) return [];
  const names = readdirSync(own).filter((name) => name.endsWith('.bin'));
  return names.sort().map((name) => ({ name, bytes: readFileSync(path.join(own, name)) }));
}

/** Keeps an input for every run to come; returns its path from the current folder. */
export function store(target: string, bytes: Uint8Array): string {
  const own = path.join(folder, target);
  mkdirSync(own, { recursive: true });
  const file = path.join(own, `found-${createHash('sha1').update(bytes).digest('hex').slice(0, 12)}.bin`);
  writeFileSync(file, bytes);
  return path.relative(process.cwd(), file);
}
