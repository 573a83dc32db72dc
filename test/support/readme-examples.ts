import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { codeBlocks, root } from './code-blocks';

/** What a reader of the documentation has installed. */
const packages = [
  'express',
  'express-session',
  'passport',
  'passport-local',
  'pino',
  'redis',
  '@nats-io/transport-node',
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace-base',
  'prom-client',
  'selfsigned',
  'supertest',
  'superwstest',
  '@types/express',
  '@types/express-session',
  '@types/node',
  '@types/passport',
  '@types/passport-local',
  '@types/supertest',
];

/** Loaded before an example: its server listens on a free port instead of the one in the text, and says on which. */
const preload = `
import { Server } from 'node:net';
const listen = Server.prototype.listen;
Server.prototype.listen = function (...parameters) {
  this.once('listening', () => process.send({ port: this.address().port }));
  return listen.call(this, 0, ...parameters.filter((parameter) => typeof parameter === 'function'));
};`;

/** A folder as a reader of README.md and docs/ has it: the packages installed, and every example as a program. */
export class ReaderFolder {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'switchboard-readme-'));
  /** The programs: code that stands behind an `example:` comment. */
  readonly examples: ReadonlyMap<string, string>;
  private readonly children: ChildProcess[] = [];

  constructor() {
    const blocks = codeBlocks();
    const examples = blocks.filter(({ marker }) => marker === 'example');
    this.examples = new Map(examples.map(({ name, code }) => [name!, code]));
    for (const scope of ['@types', '@nats-io', '@opentelemetry']) {
      mkdirSync(path.join(this.folder, 'node_modules', scope), { recursive: true });
    }
    symlinkSync(root, path.join(this.folder, 'node_modules', 'switchboard'), 'junction');
    for (const name of packages) {
      symlinkSync(path.join(root, 'node_modules', name), path.join(this.folder, 'node_modules', name), 'junction');
    }
    this.write('preload.mjs', preload);
    for (const [name, code] of this.examples) {
      const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
      this.write(`${name}.mts`, code);
      this.write(`${name}.mjs`, ts.transpileModule(code, { compilerOptions: options }).outputText);
    }
    for (const { marker, name, code } of blocks) {
      if (marker === 'file') this.write(name!, code);
    }
  }

  /** What the compiler says of all examples, strictly, with the package's own types. */
  typeErrors(): string[] {
    const options: ts.CompilerOptions = {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [path.join(this.folder, 'node_modules', '@types')],
    };
    const files = Array.from(this.examples.keys(), (name) => path.join(this.folder, `${name}.mts`));
    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram(files, options));
    return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  }

  /** Starts an example; resolves with its port when it listens. */
  async start(name: string, env: NodeJS.ProcessEnv = {}): Promise<number> {
    const child = this.spawn(name, env);
    const [message] = await once(child, 'message');
    return (message as { port: number }).port;
  }

  /** Runs an example to its end; resolves with the lines that it printed. */
  async run(name: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
    const child = this.spawn(name, env);
    const lines: string[] = [];
    createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`The example ${name} ended with ${code}`);
    return lines;
  }

  /** Resolves with the first line from now on of an example that was started which matches. */
  printed(name: string, pattern: RegExp): Promise<string> {
    const child = this.children.find(({ spawnargs }) => spawnargs.includes(path.join(this.folder, `${name}.mjs`)));
    if (child === undefined) throw new Error(`The example ${name} was not started`);
    const lines = createInterface({ input: child.stdout! });
    return new Promise((resolve) => lines.on('line', (line) => pattern.test(line) && resolve(line)));
  }

  /** Ends what was started as a service manager does, by SIGTERM; resolves with the exit code of each. */
  async end(): Promise<(number | null)[]> {
    const codes = this.children.splice(0).map(async (child) => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await once(child, 'close');
      }
      return child.exitCode;
    });
    return Promise.all(codes);
  }

  /** Ends what was started and removes the folder. */
  async dispose(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private spawn(name: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
    const importing = ['--import', pathToFileURL(path.join(this.folder, 'preload.mjs')).href];
    const child = spawn(process.execPath, [...importing, path.join(this.folder, `${name}.mjs`)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
    });
    this.children.push(child);
    return child;
  }

  private write(name: string, text: string): void {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
