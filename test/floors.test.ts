import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const source = path.join(__dirname, '..', 'src');

/** The floors from the ground up; `index` and `node-client` are the roof. Imports go down, or stay in their folder. */
const floors = [
  ['protocol'],
  ['diagnostics'],
  ['connection'],
  ['server', 'client'],
  ['rooms'],
  ['redis', 'nats'],
  ['express'],
  ['chat'],
  ['dashboard', 'testing', 'prometheus', 'opentelemetry'],
  ['browser'],
  ['dashboard/page'],
  ['index', 'node-client'],
  ['cli'],
];

/** They run in browsers, where nothing of the other folders does, and nothing of Node: what they import is of islands. */
const islands = ['browser', 'dashboard/page'];

/** Packages that are bundled with what is in a folder. */
const bundled: Record<string, readonly string[]> = {
  'dashboard/page': ['uplot'],
  cli: [
    '@nats-io/transport-node',
    'cli-progress',
    'cli-table3',
    'commander',
    'express',
    'picocolors',
    'redis',
    'selfsigned',
  ],
};

/** Who imports the folder has the package, for it is what the folder is about. */
const loaded: Record<string, readonly string[]> = { opentelemetry: ['@opentelemetry/api'] };

/** Types only, so that both ends of a wire agree: they vanish when compiled. */
const sharedTypes = ['dashboard/wire'];

/** What the ground floor may have of Node: computation only. */
const pureModules = ['node:buffer', 'node:crypto', 'node:zlib'];

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(source, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'/gm);
  return Array.from(statements, (match) => match[1]!);
}

function folderOf(file: string): string {
  const island = islands.find((each) => file.startsWith(path.join(each, path.sep)));
  if (island !== undefined) return island;
  const [first = ''] = file.split(path.sep);
  return first.replace(/\.ts$/, '');
}

function importOfTypes(name: string): RegExp {
  return new RegExp(`^import type \\{[^}]*\\} from '${name.replaceAll('.', '\\.')}'`, 'm');
}

function floorOf(folder: string): number {
  return floors.findIndex((folders) => folders.includes(folder));
}

describe('floors', () => {
  it('are the folders of src', () => {
    expect(new Set(files.map(folderOf))).to.deep.equal(new Set(floors.flat()));
  });

  for (const file of files) {
    it(`${file} imports nothing from above`, () => {
      const own = folderOf(file);
      for (const name of importsOf(file).filter((imported) => imported.startsWith('.'))) {
        const target = path.relative(source, path.resolve(source, path.dirname(file), name));
        if (folderOf(target) === own) continue;
        if (islands.includes(own)) {
          if (sharedTypes.includes(target.split(path.sep).join('/'))) {
            expect(readFileSync(path.join(source, file), 'utf8')).to.match(importOfTypes(name));
            continue;
          }
          expect(islands, `${file} imports ${name}`).to.include(folderOf(target));
        }
        expect(floorOf(folderOf(target)), `${file} imports ${name}`).to.be.within(0, floorOf(own) - 1);
      }
    });

    it(`${file} loads nothing but Node's own modules`, () => {
      const text = readFileSync(path.join(source, file), 'utf8');
      for (const name of importsOf(file).filter((imported) => !imported.startsWith('.'))) {
        if (islands.includes(folderOf(file))) {
          expect(bundled[folderOf(file)] ?? [], `${file} imports ${name}`).to.include(name);
          continue;
        }
        if (bundled[folderOf(file)]?.includes(name) || loaded[folderOf(file)]?.includes(name)) continue;
        // Types of Express vanish when compiled.
        if (name === 'express-serve-static-core') expect(text).to.match(importOfTypes(name));
        else if (folderOf(file) === 'protocol') expect(pureModules).to.include(name);
        else expect(name).to.match(/^node:/);
      }
    });
  }
});
