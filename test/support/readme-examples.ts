import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = path.join(__dirname, '..', '..');

/** What a reader of the README has installed. */
const packages = ['express', '@types/express', '@types/node', 'redis', 'selfsigned', 'superwstest'];

/** Loaded before an example: its server listens on a free port instead of the one in the text, and says on which. */
const preload = `
import { Server } from 'node:net';
const listen = Server.prototype.listen;
Server.prototype.listen = function (...parameters) {
  this.once('listening', () => process.send({ port: this.address().port }));
  return listen.call(this, 0, ...parameters.filter((parameter) => typeof parameter === 'function'));
};`;

/** A folder as a reader of the README has it: the packages installed, and every example as a program. */
export class ReaderFolder {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'switchboard-readme-'));
  /** The programs of the README: code that stands behind an `example:` comment. */
  readonly examples: ReadonlyMap<string, string>;
  private readonly children: ChildProcess[] = [];

  constructor() {
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    const found = readme.matchAll(/<!-- example: ([\w-]+) -->\n```ts\n([\s\S]*?)```/g);
    this.examples = new Map(Array.from(found, ([, name, code]) => [name!, code!]));
    mkdirSync(path.join(this.folder, 'node_modules', '@types'), { recursive: true });
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
  async run(name: string): Promise<string[]> {
    const child = this.spawn(name);
    const lines: string[] = [];
    createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`The example ${name} ended with ${code}`);
    return lines;
  }

  /** Ends what was started. */
  async end(): Promise<void> {
    for (const child of this.children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill();
      await once(child, 'close');
    }
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
    writeFileSync(path.join(this.folder, name), text);
  }
}
