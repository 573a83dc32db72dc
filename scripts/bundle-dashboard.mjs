/** Bundles the page of src/dashboard/page to dist/dashboard/page/, with the library that draws its charts. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './prepare.mjs';

const require = createRequire(import.meta.url);
const source = path.join(root, 'src', 'dashboard', 'page');
const outdir = path.join(root, 'dist', 'dashboard', 'page');

/** Files that are taken as they are, by the name that they get. */
const copies = {
  'index.html': path.join(source, 'index.html'),
  'icon.svg': path.join(source, 'icon.svg'),
  'uplot-license.txt': path.join(root, 'node_modules', 'uplot', 'LICENSE'),
};

/** Returns the absolute paths of the files written. */
export function bundleDashboard() {
  // Loaded only here: on a fresh clone it is installed after this file was loaded.
  require('esbuild').buildSync({
    absWorkingDir: source,
    entryPoints: ['main.ts', 'main.css'],
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    banner: { js: '/*! Contains uPlot, https://github.com/leeoniya/uPlot (MIT): see uplot-license.txt. */' },
    logLevel: 'warning',
  });
  mkdirSync(outdir, { recursive: true });
  for (const [name, file] of Object.entries(copies)) copyFileSync(file, path.join(outdir, name));
  return ['main.js', 'main.css', ...Object.keys(copies)].map((name) => path.join(outdir, name));
}
