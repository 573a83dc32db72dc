/**
 * What only the bench needs: the others that it measures, and what draws its charts. They are 200 MB, and not installed
 * with the package's own, but when a run needs one of them.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BenchError } from './errors';

/** Where they are, once they are installed. */
export const packagesFolder = join(__dirname, 'node_modules');

/**
 * Installs them if they are missing or are others than package-lock.json has.
 *
 * @param reasons what needs them, for the error
 */
export function installPackages(reasons: readonly string[]): void {
  const script = join(__dirname, '..', 'scripts', 'install-bench.mjs');
  // Standard output is for figures.
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', process.stderr.fd, 'inherit'] });
  if (status !== 0) {
    throw new BenchError(
      `What bench/package.json has could not be installed (see above), and this run needs it for ${reasons.join(', ')}.\n` +
        'Offline, `--peers switchboard,ws,hub,express,net` needs nothing of it.',
    );
  }
}
