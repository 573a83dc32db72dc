import { existsSync } from 'node:fs';
import type { Context } from 'mocha';
import { installPackages, packagesFolder } from '../../bench/packages';

/**
 * For a `before` hook of tests that need what only the bench does (bench/package.json), 200 MB of it. It is installed where
 * `CI` is set; elsewhere tests are skipped, with a line that says how to install it.
 */
export function needBenchPackages(context: Context): void {
  if (process.env.CI) {
    context.timeout(600_000);
    installPackages(['tests']);
  }
  if (existsSync(packagesFolder)) return;
  console.log('      skipped: these tests need other servers: npm ci --prefix bench --ignore-scripts');
  context.skip();
}
