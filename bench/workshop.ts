/**
 * A temporary folder with what a run needs: the compiled generator, the servers as JavaScript (so that no server carries
 * a TypeScript compiler in its heap while its memory is measured), and this package installed as `switchboard`.
 */

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { BenchError } from './errors';
import { packagesFolder } from './packages';

/** The folder of the package. */
export const root = dirname(__dirname);

export interface Workshop {
  /** The generator's executable. */
  generator: string;
  /** The JavaScript file of a server of `bench/servers`, with its extension. */
  server(file: string): string;
  /** Writes a file for the generator or a server to read; returns its path. */
  write(name: string, content: Uint8Array | string): string;
  folder: string;
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

/** OpenSSL's headers are there: then the generator has `--tls` (bench/generator/tls.c), and needs the libraries. */
export function hasOpenSsl(): boolean {
  return spawnSync('cc', ['-E', '-x', 'c', '-'], { input: '#include <openssl/ssl.h>\n' }).status === 0;
}

function compileGenerator(executable: string): void {
  const folder = join(__dirname, 'generator');
  const sources = readdirSync(folder).filter((file) => file.endsWith('.c'));
  const libraries = hasOpenSsl() ? ['-lssl', '-lcrypto'] : [];
  const { status, stderr } = spawnSync('cc', ['-O2', '-std=gnu11', '-o', executable, ...sources, ...libraries], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new BenchError(`The C compiler refused the load generator:\n${stderr}`);
}

function transpileServers(target: string): void {
  const folder = join(__dirname, 'servers');
  mkdirSync(target);
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.ts')) {
      copyFileSync(join(folder, file), join(target, file));
      continue;
    }
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.CommonJS, esModuleInterop: true },
      fileName: file,
    });
    writeFileSync(join(target, file.replace(/\.ts$/, '.js')), outputText);
  }
}

/** Servers resolve their imports from here: all that is installed in the package or for the bench, and the package itself. */
function linkPackages(target: string): void {
  mkdirSync(target);
  symlinkSync(root, join(target, 'switchboard'));
  for (const installed of [join(root, 'node_modules'), packagesFolder].filter((folder) => existsSync(folder))) {
    for (const name of readdirSync(installed)) {
      // The versions of the package's own lock file come first.
      if (!name.startsWith('.') && !existsSync(join(target, name)))
        symlinkSync(join(installed, name), join(target, name));
    }
  }
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
      folder,
      server: (file) => join(folder, 'servers', file),
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
