import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { Context } from 'mocha';

/** Where Debian has programs that are not in everybody's PATH, nginx for one. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** How long, in milliseconds, a hook may take that installs something. */
const installTimeout = 10 * 60_000;

let updated = false;

/**
 * The path of a program that Debian has as a package: `before(async function () { redis = debianTool(this, 'redis-server', 'redis-server'); })`.
 *
 * When it is missing, root on a system with apt gets it installed. Anybody else's test is skipped, with a line that says what
 * to install; where `CI` is set nothing is skipped, and that line is the failure.
 *
 * @param context the hook's or the test's `this`
 * @param command the program, as one would type it
 * @param debianPackage the package that has it; the command's name when not given
 */
export function debianTool(context: Context, command: string, debianPackage = command): string {
  return provide(context, command, debianPackage, `put ${command} in the PATH`, () => findProgram(command));
}

/**
 * The path of Debian's Python, with a module that Debian has as a package. Another Python that comes first in the PATH does
 * not see what Debian installs.
 *
 * @param debianPackage the package that has the module; `python3-` and the module's name when not given
 */
export function debianPython(context: Context, module: string, debianPackage = `python3-${module}`): string {
  const python = '/usr/bin/python3';
  return provide(context, `the Python module ${module}`, debianPackage, `give it to ${python}`, () => {
    const { status } = spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    return status === 0 ? python : undefined;
  });
}

/** A C header that Debian has as a package, and its library with it. */
export function debianHeader(context: Context, header: string, debianPackage: string): string {
  return provide(context, header, debianPackage, 'put it where `cc` looks for it', () => {
    const { status } = spawnSync('cc', ['-E', '-x', 'c', '-'], { input: `#include <${header}>\n` });
    return status === 0 ? header : undefined;
  });
}

function provide(
  context: Context,
  what: string,
  debianPackage: string,
  otherwise: string,
  find: () => string | undefined,
): string {
  const found = find() ?? (install(context, debianPackage) ? find() : undefined);
  if (found !== undefined) return found;
  const advice = `${what} is needed for this test: apt-get install ${debianPackage} (or ${otherwise})`;
  if (process.env.CI) throw new Error(advice);
  console.log(`      skipped: ${advice}`);
  context.skip();
}

/** Looks a program up in the PATH and in the system's folders. */
export function findProgram(command: string, folders = searchPath()): string | undefined {
  return folders.map((folder) => path.join(folder, command)).find(isExecutable);
}

function searchPath(): string[] {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return [...folders, ...systemFolders];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Returns whether apt could install it. */
function install(context: Context, debianPackage: string): boolean {
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) return false;
  console.log(`      installing ${debianPackage} …`);
  context.timeout(installTimeout);
  if (!updated) updated = aptGet('update');
  return aptGet('install', '--yes', '--no-install-recommends', debianPackage);
}

function aptGet(...args: string[]): boolean {
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    // Tests start their own servers, on free ports: what is installed here shall not start one on the usual port.
    RUNLEVEL: '1',
  };
  const { status } = spawnSync('apt-get', ['--quiet', '--quiet', ...args], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0;
}
