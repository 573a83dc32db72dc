/**
 * A temporary folder with what a run needs: the compiled generator, the servers as JavaScript (so that no server carries
 * a TypeScript compiler in its heap while its memory is measured), and this package installed as `switchboard`.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { BenchError } from './errors';

/** The folder of the package. */
export const root = dirname(__dirname);

export interface Workshop {
  /** The generator's executable. */
  generator: string;
  /** The JavaScript file of a server of `bench/servers`. */
  server(name: string): string;
  /** Writes a file for the generator to read; returns its path. */
  write(name: string, content: Uint8Array): string;
  /** Deletes the folder. */
  remove(): void;
}

/** Says why the bench cannot run on this machine, or returns `undefined`. */
export function whyNotHere(): string | undefined {
  if (process.platform !== 'linux') {
    return `The bench needs Linux: its load generator uses epoll, and it reads /proc. This is ${process.platform}.`;
  }
  if (spawnSync('cc', ['--version']).error) {
    return 'The bench needs a C compiler for its load generator: there is no `cc` (on Debian: apt-get install gcc libc6-dev).';
  }
  return undefined;
}

function compileGenerator(executable: string): void {
  const folder = join(__dirname, 'generator');
  const sources = readdirSync(folder).filter((file) => file.endsWith('.c'));
  const { status, stderr } = spawnSync('cc', ['-O2', '-std=gnu11', '-o', executable, ...sources], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new BenchError(`The C compiler refused the load generator:\n${stderr}`);
}

function transpileServers(target: string): void {
  const folder = join(__dirname, 'servers');
  mkdirSync(target);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.CommonJS, esModuleInterop: true },
      fileName: file,
    });
    writeFileSync(join(target, file.replace(/\.ts$/, '.js')), outputText);
  }
}

/** Servers resolve their imports from here: all that is installed in the package, and the package itself. */
function linkPackages(target: string): void {
  mkdirSync(target);
  const installed = join(root, 'node_modules');
  for (const name of readdirSync(installed)) {
    if (!name.startsWith('.')) symlinkSync(join(installed, name), join(target, name));
  }
  symlinkSync(root, join(target, 'switchboard'));
}

/** Compiles everything. Throws a `BenchError` where `whyNotHere()` has a reason. */
export function openWorkshop(): Workshop {
  const reason = whyNotHere();
  if (reason !== undefined) throw new BenchError(reason);

  const folder = mkdtempSync(join(tmpdir(), 'switchboard-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const generator = join(folder, 'generator');
    compileGenerator(generator);
    transpileServers(join(folder, 'servers'));
    linkPackages(join(folder, 'node_modules'));
    return {
      generator,
      server: (name) => join(folder, 'servers', `${name}.js`),
      write: (name, content) => {
        const path = join(folder, name);
        writeFileSync(path, content);
        return path;
      },
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}
