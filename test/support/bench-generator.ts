import type { Context } from 'mocha';
import { debianTool } from './debian-tool';

/** For a `before` hook of tests that run the load generator: it needs Linux, and a C compiler to be made by. */
export function needGenerator(context: Context): void {
  if (process.platform === 'linux') {
    debianTool(context, 'cc', 'gcc');
    return;
  }
  if (process.env.CI) throw new Error('The bench needs Linux');
  console.log('      skipped: the bench needs Linux');
  context.skip();
}
