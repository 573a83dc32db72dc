/**
 * `npm run demo:cluster`: installs what is missing, builds, and runs the chat site of demo/ on three nodes that Redis joins,
 * behind http://localhost:8765 (or `PORT`).
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from './compile.mjs';
import { endWithNpm, main, prepare, root } from './prepare.mjs';

await main(() => {
  endWithNpm();
  prepare();
  console.log('Building …');
  build();
  process.chdir(root);
  const require = createRequire(import.meta.url);
  require('ts-node/register');
  require(path.join(root, 'demo', 'cluster', 'cluster.ts'));
});
