/**
 * `npm test`: installs what is missing, builds (some tests use the package as its users do), and runs mocha. Arguments are
 * mocha's: `npm test -- --grep frame`.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build } from './compile.mjs';
import { endWithNpm, main, prepare, root } from './prepare.mjs';

await main(async () => {
  endWithNpm();
  prepare();
  build();
  const mocha = path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const child = spawn(process.execPath, [mocha, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
  // A terminal's Ctrl-C reaches mocha by itself; stay until it has tidied up. SIGTERM comes to us alone.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
});
