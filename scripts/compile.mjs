/**
 * Compiles src/ to dist/, and adds the files that let `import` give the same objects as `require`.
 *
 * dist/ is never absent meanwhile: the compiler writes over it, and what it did not write is deleted afterwards. When the
 * types do not check, dist/ stays as it was.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, SetupError } from './prepare.mjs';

const dist = path.join(root, 'dist');

/**
 * Builds dist/.
 *
 * @throws {SetupError} when src/ does not compile; the compiler has printed why.
 */
export function build() {
  const written = new Set(compile());
  for (const extension of ['mjs', 'd.mts']) {
    const file = path.join(dist, `index.${extension}`);
    writeFileSync(file, `export * from './index.js';\n`);
    written.add(file);
  }
  const kept = [...written];
  for (const name of readdirSync(dist, { recursive: true })) {
    const found = path.join(dist, name);
    const isOurs = written.has(found) || kept.some((file) => file.startsWith(found + path.sep));
    if (!isOurs) rmSync(found, { recursive: true, force: true });
  }
}

/** Returns the absolute paths of the files that the compiler wrote. */
function compile() {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(tsc)) throw new SetupError('TypeScript is not installed: run npm install first.');
  const args = ['-p', 'tsconfig.build.json', '--noEmitOnError', '--listEmittedFiles'];
  const { status, stdout, error } = spawnSync(process.execPath, [tsc, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error) throw error;
  const marker = 'TSFILE: ';
  const lines = stdout.split(/\r?\n/).filter((line) => line !== '');
  for (const line of lines.filter((line) => !line.startsWith(marker))) console.log(line);
  if (status !== 0) throw new SetupError('The build failed: src/ does not compile (see above).');
  return lines.filter((line) => line.startsWith(marker)).map((line) => path.resolve(root, line.slice(marker.length)));
}
