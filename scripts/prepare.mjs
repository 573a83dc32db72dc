/**
 * What `npm start` and `npm test` need before they can begin: a Node that is new enough, and the packages of package-lock.json.
 *
 * Only `node:` modules here: this runs on a fresh clone, before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, whatever the current one is. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** A failure that the user can act on: printed as it is, without a stack. */
export class SetupError extends Error {}

/**
 * Checks Node's version, and installs the packages when they are missing or are not the ones of package-lock.json.
 *
 * @throws {SetupError} when Node is too old, or npm fails.
 */
export function prepare() {
  checkNodeVersion();
  install('.');
}

/**
 * Installs the packages of a folder's package-lock.json when they are missing or are others.
 *
 * @param {string} folder relative to the project's
 * @throws {SetupError} when npm fails.
 */
export function install(folder, ...options) {
  if (packagesAreInstalled(folder)) return;
  console.log('Installing what is missing (npm ci) …');
  runNpm(['ci', '--prefix', folder, ...options, '--no-audit', '--no-fund']);
}

/** Runs one of the project's scripts, or prints why it cannot go on and sets exit code 1. */
export async function main(script) {
  try {
    await script();
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/**
 * Ends this process, as SIGTERM does, when the one that started it is gone. npm runs a script through a shell, and a shell
 * that gets SIGTERM dies without telling its child.
 */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}

function checkNodeVersion() {
  const wanted = readJson('package.json').engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(
    `Node ${wanted} or later is needed, and this is ${process.versions.node}. See https://nodejs.org/`,
  );
}

/**
 * Compares versions rather than times: a `git checkout` gives package-lock.json a new time without changing it. npm keeps
 * what it has installed in node_modules/.package-lock.json. Optional packages are left out there when they are for another system.
 */
function packagesAreInstalled(folder) {
  let installed;
  try {
    installed = readJson(path.join(folder, 'node_modules', '.package-lock.json')).packages;
  } catch {
    return false;
  }
  return Object.entries(readJson(path.join(folder, 'package-lock.json')).packages).every(
    ([name, wanted]) => name === '' || wanted.optional || installed[name]?.version === wanted.version,
  );
}

function runNpm(args) {
  // Under `npm start` npm says where it is. Otherwise it comes from the PATH, where on Windows it is a .cmd file that needs a shell.
  const npm = process.env.npm_execpath;
  const byPath = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  const options = { cwd: root, stdio: 'inherit' };
  const { status, error } = byPath
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (error) throw new SetupError(`npm could not be started: ${error.message}`);
  if (status !== 0) throw new SetupError(`npm ${args[0]} failed (see above).`);
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}
