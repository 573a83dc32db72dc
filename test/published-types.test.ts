import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';

const root = path.join(__dirname, '..');

/** What a program can import, as package.json names it. */
const subpaths = Object.keys(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).exports).filter(
  (name) => name !== './package.json',
);

/** The projects of users, who may have their compiler check the types of packages, too. */
const projects: Array<[title: string, files: string[], options: ts.CompilerOptions]> = [
  [
    'of Node',
    ['imports.mts', 'requires.cts'],
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ['lib.es2023.d.ts'],
    },
  ],
  [
    'of a bundler',
    ['imports.mts'],
    { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  ],
];

describe('the published types', function () {
  this.timeout(120_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'switchboard-types-'));
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(root, path.join(folder, 'node_modules', 'switchboard'), 'junction');
    const lines = subpaths.map((name, at) => `export * as part${at} from '${path.posix.join('switchboard', name)}';\n`);
    writeFileSync(path.join(folder, 'imports.mts'), lines.join(''));
    // It is a module of ECMAScript only.
    writeFileSync(path.join(folder, 'requires.cts'), lines.filter((line) => !line.includes('.mjs')).join(''));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [project, files, options] of projects) {
    it(`have no error in a project ${project} with skipLibCheck: false`, () => {
      const names = files.map((name) => path.join(folder, name));
      const program = ts.createProgram(names, {
        target: ts.ScriptTarget.ES2023,
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        types: ['node'],
        typeRoots: [path.join(root, 'node_modules', '@types')],
        ...options,
      });
      const dist = `${path.join(root, 'dist')}${path.sep}`;
      const isPublished = ({ fileName }: ts.SourceFile) => path.normalize(fileName).startsWith(dist);
      const published = program.getSourceFiles().filter(isPublished);
      const own = names.map((name) => program.getSourceFile(name)!);
      const errors = [...published, ...own].flatMap((file) => [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ]);
      const host = {
        getCanonicalFileName: (name: string) => name,
        getCurrentDirectory: () => root,
        getNewLine: () => '\n',
      };
      expect(ts.formatDiagnostics([...program.getOptionsDiagnostics(), ...errors], host)).to.equal('');
      expect(published.length).to.be.greaterThan(subpaths.length);
    });
  }
});
