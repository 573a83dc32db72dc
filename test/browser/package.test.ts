import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { buildSync } from 'esbuild';
import ts from 'typescript';
import { ScriptedServer } from './support/scripted-server';

const root = path.join(__dirname, '..', '..');
const minified = path.join(root, 'dist', 'client.min.mjs');

/** Runs a program beside the built package, which it may load by its name; resolves with what it prints. */
async function run(type: 'module' | 'commonjs', program: string, options: readonly string[] = []): Promise<string> {
  const args = [...options, `--input-type=${type}`, '--eval', program];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root });
  expect(stderr).to.equal('');
  return stdout.trim();
}

/** Joins, says something, and prints what came of it. */
const conversation = (url: string) => `
  const client = new ChatClient('${url}', { name: 'Ann' });
  client.join('general').send('hello').then(({ text, offset }) => {
    console.log(text, offset);
    client.close();
  });`;

describe('switchboard/client', () => {
  it('is less than 6 kB in one file, compressed by gzip', () => {
    expect(gzipSync(readFileSync(minified), { level: 9 }).length).to.be.below(6_000);
  });

  it('needs nothing else, and runs from its file', async () => {
    const text = readFileSync(minified, 'utf8');
    expect(text).not.to.match(/\bimport\b|\brequire\b|\bprocess\b|\bBuffer\b/);
    expect(Object.keys(await import(minified)).sort()).to.deep.equal(['ChatClient', 'ChatError']);
  });

  it('has source maps that name its sources', () => {
    for (const name of ['client.mjs', 'client.min.mjs']) {
      const file = path.join(root, 'dist', name);
      expect(readFileSync(file, 'utf8')).to.match(new RegExp(`//# sourceMappingURL=${name}\\.map\\n$`));
      const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] };
      expect(sources).to.include('../src/browser/chat-client.ts');
    }
  });

  it('is the same by import and by require', async () => {
    const program = `
      import { createRequire } from 'node:module';
      import * as imported from 'switchboard/client';
      const required = createRequire(import.meta.url)('switchboard/client');
      const names = Object.keys(required).sort();
      console.log(JSON.stringify([names, names.every((name) => imported[name] === required[name])]));`;
    expect(JSON.parse(await run('module', program))).to.deep.equal([['ChatClient', 'ChatError'], true]);
  });

  it('is found by Node, and the file to serve by its name', async () => {
    const program = "console.log(require.resolve('switchboard/client'), require.resolve('switchboard/client.min.mjs'))";
    const found = (await run('commonjs', program)).split(' ');
    expect(found).to.deep.equal([path.join(root, 'dist', 'node-client.js'), minified]);
  });

  for (const [program, file] of [
    ["import { ChatClient } from 'switchboard/client'; new ChatClient('/chat');", 'dist/client.mjs'],
    ["new (require('switchboard/client').ChatClient)('/chat');", 'dist/browser/index.js'],
  ] as const) {
    it(`is ${file} for a bundler that makes a page of ${program.split(' ')[0]!.replace(/\W.*/, '')}`, () => {
      const { metafile } = buildSync({
        stdin: { contents: program, resolveDir: root },
        absWorkingDir: root,
        bundle: true,
        platform: 'browser',
        metafile: true,
        write: false,
      });
      const inputs = Object.keys(metafile.inputs);
      expect(inputs).to.include(file);
      expect(inputs.filter((input) => !/^(<stdin>|dist\/client\.mjs|dist\/browser\/.*)$/.test(input))).to.deep.equal(
        [],
      );
    });
  }

  describe('in Node', () => {
    let server: ScriptedServer;

    before(async () => {
      server = await ScriptedServer.start();
    });

    after(() => server.stop());

    const loads = {
      module: "import { ChatClient } from 'switchboard/client';",
      commonjs: "const { ChatClient } = require('switchboard/client');",
    } as const;
    for (const type of ['module', 'commonjs'] as const) {
      it(`talks, by ${type === 'module' ? 'import' : 'require'}, and ends when it is closed`, async () => {
        expect(await run(type, loads[type] + conversation(server.url))).to.match(/^hello \d+$/);
      });

      it(`talks where there is no global WebSocket, by ${type === 'module' ? 'import' : 'require'}`, async () => {
        const program = `${loads[type]} delete globalThis.WebSocket; ${conversation(server.url)}`;
        expect(await run(type, program)).to.match(/^hello \d+$/);
      });
    }
  });

  describe('types', () => {
    let folder: string;

    before(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'switchboard-client-'));
      mkdirSync(path.join(folder, 'node_modules'));
      symlinkSync(root, path.join(folder, 'node_modules', 'switchboard'), 'junction');
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    const program = `
      import { ChatClient, ChatError, type ChatMessage, type ChatRoom, type ConnectionState } from 'switchboard/client';
      interface Move { readonly from: string; readonly to: string }
      const client = new ChatClient<Move>(async () => 'wss://example.org/chess', { name: 'Ann', maxQueued: 5 });
      const stop: () => void = client.on('state', (state: ConnectionState) => {
        if (state.status === 'waiting') console.log(new Date(state.retryAt), state.code);
      });
      const room: ChatRoom<Move> = client.join('board 7');
      room.on('message', (message) => { const to: string | undefined = message.data?.to; return [to, message.text]; });
      const sent: Promise<ChatMessage<Move>> = room.send({ from: 'e2', to: 'e4' });
      sent.catch((error: unknown) => error instanceof ChatError && error.code === 'queue-full');
      void room.send('well played');
      void room.history().then(({ messages: [oldest] }) => oldest && room.history({ before: oldest, limit: 10 }));
      // @ts-expect-error
      void room.send({ from: 'e2' });
      // @ts-expect-error
      room.on('mesage', () => {});
      // @ts-expect-error
      new ChatClient('wss://example.org', { retry: true });
      // @ts-expect-error
      room.state = 'joined';
      stop();
      export { client };`;

    const given: Record<string, { file: string; options: ts.CompilerOptions; more?: string }> = {
      'a module of Node': { file: 'module.mts', options: { module: ts.ModuleKind.NodeNext, types: ['node'] } },
      'CommonJS of Node': { file: 'commonjs.cts', options: { module: ts.ModuleKind.NodeNext, types: ['node'] } },
      'a page that is bundled, without types of Node': {
        file: 'page.ts',
        options: {
          module: ts.ModuleKind.ESNext,
          moduleResolution: ts.ModuleResolutionKind.Bundler,
          lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
          types: [],
        },
        more: "new ChatClient(new URL('/chat', location.href), { WebSocket });",
      },
    };
    for (const [where, { file, options, more = '' }] of Object.entries(given)) {
      it(`fit in ${where}`, () => {
        writeFileSync(path.join(folder, file), program + more);
        const compiler = ts.createProgram([path.join(folder, file)], {
          target: ts.ScriptTarget.ES2022,
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          typeRoots: [path.join(root, 'node_modules', '@types')],
          skipLibCheck: false,
          ...options,
        });
        const own = ts
          .getPreEmitDiagnostics(compiler)
          // Types of Node check themselves.
          .filter((diagnostic) => !diagnostic.file?.fileName.includes('@types'));
        expect(own.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).to.deep.equal([]);
      }).timeout(30_000);
    }
  });
});
