/** Installs what only the bench needs (bench/package.json), if it is missing. The bench runs this when it needs something of it. */
import { install, main } from './prepare.mjs';

// What is needed of these packages are their files: none of their scripts has to run.
await main(() => install('bench', '--ignore-scripts'));
