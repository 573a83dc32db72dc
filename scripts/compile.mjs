/**
 * Compiles src/ to dist/, adds the files that let `import` give the same objects as `require`, and bundles the client for
 * browsers, the command line and the page of the dashboard.
 *
 * dist/ is never absent meanwhile: the compiler writes over it, and what it did not write is deleted afterwards. When the
 * types do not check, dist/ stays as it was.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundleCli } from './bundle-cli.mjs';
import { bundleDashboard } from './bundle-dashboard.mjs';
import { root, SetupError } from './prepare.mjs';

const dist = path.join(root, 'dist');

const require = createRequire(import.meta.url);

/** What the package exports, as compiled to CommonJS; for `import` each gets a module beside it that has the same objects. */
const entries = [
  'index',
  'node-client',
  'redis/index',
  'nats/index',
  'testing/index',
  'prometheus/index',
  'opentelemetry/index',
];

/** The client for browsers, by the name of its file: one to read, or to bundle again, and one to serve as it is. */
const bundles = { client: { minify: false }, 'client.min': { minify: true } };

/**
 * Builds dist/.
 *
 * @throws {SetupError} when src/ does not compile; the compiler has printed why.
 */
export function build() {
  const written = new Set(compile());
  for (const file of [...entries.flatMap(addModule), ...Object.entries(bundles).flatMap(bundle)]) written.add(file);
  for (const file of [...bundleDashboard(), ...bundleCli()]) written.add(file);
  const kept = [...written];
  for (const name of readdirSync(dist, { recursive: true })) {
    const found = path.join(dist, name);
    const isOurs = written.has(found) || kept.some((file) => file.startsWith(found + path.sep));
    if (!isOurs) rmSync(found, { recursive: true, force: true });
  }
}

/** Returns the absolute paths of the module for `import`, and of its types. */
function addModule(entry) {
  return ['mjs', 'd.mts'].map((extension) => {
    return write(`${entry}.${extension}`, `export * from './${path.posix.basename(entry)}.js';\n`);
  });
}

/** Returns the absolute paths of a bundle of the client for browsers, of its map and of its types. */
function bundle([name, { minify }]) {
  const outfile = path.join(dist, `${name}.mjs`);
  // Loaded only here: on a fresh clone it is installed after this file was loaded.
  require('esbuild').buildSync({
    absWorkingDir: root,
    entryPoints: ['src/browser/index.ts'],
    outfile,
    bundle: true,
    minify,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    // Nothing of Node: an import of it would not be found.
    platform: 'browser',
    logLevel: 'warning',
  });
  return [outfile, `${outfile}.map`, write(`${name}.d.mts`, "export * from './browser/index.js';\n")];
}

function write(name, text) {
  const file = path.join(dist, name);
  writeFileSync(file, text);
  return file;
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
