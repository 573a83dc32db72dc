/**
 * Bundles src/cli to dist/cli/, with the packages that it uses: the parser first, and each command's code in a file of its own,
 * loaded when it is used.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './prepare.mjs';

const require = createRequire(import.meta.url);
const outdir = path.join(root, 'dist', 'cli');

/** Packages that are written for `require` find it in each file. */
const banner =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** Returns the absolute paths of the files written. */
export function bundleCli() {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  // Loaded only here: on a fresh clone it is installed after this file was loaded.
  const { metafile } = require('esbuild').buildSync({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Errors are told apart by their names.
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: { js: banner },
    define: { packageVersion: JSON.stringify(version) },
    metafile: true,
    logLevel: 'warning',
  });
  const outputs = Object.keys(metafile.outputs).map((file) => path.join(root, file));
  return [...outputs, writeLicenses(Object.keys(metafile.inputs))];
}

/** The licences of what is in the bundle go with it. */
function writeLicenses(inputs) {
  const inPackage = /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//;
  const folders = new Set(inputs.map((file) => inPackage.exec(file)?.[1]).filter((folder) => folder !== undefined));
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(path.join(root, folder)).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each));
    const text = file === undefined ? '' : `\n${readFileSync(path.join(root, folder, file), 'utf8').trim()}\n`;
    return `${name} ${version} (${license})\n${text}`;
  });
  const file = path.join(outdir, 'LICENSES.txt');
  writeFileSync(file, `The files of this folder contain these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`);
  return file;
}
