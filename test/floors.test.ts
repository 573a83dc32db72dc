import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const source = path.join(__dirname, '..', 'src');

/** The floors from the ground up; `index` and `node-client` are the roof. Imports go down, or stay in their folder. */
const floors = [
  ['protocol'],
  ['connection'],
  ['server', 'client'],
  ['rooms'],
  ['redis', 'nats'],
  ['express'],
  ['chat'],
  ['browser'],
  ['index', 'node-client'],
];

/** Runs where nothing of the other folders does, and nothing of Node: its imports stay in it. */
const island = 'browser';

/** What the ground floor may have of Node: computation only. */
const pureModules = ['node:buffer', 'node:crypto', 'node:zlib'];

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(source, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'/gm);
  return Array.from(statements, (match) => match[1]!);
}

function folderOf(file: string): string {
  const [first = ''] = file.split(path.sep);
  return first.replace(/\.ts$/, '');
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
        expect(own, `${file} imports ${name}`).not.to.equal(island);
        expect(floorOf(folderOf(target)), `${file} imports ${name}`).to.be.within(0, floorOf(own) - 1);
      }
    });

    it(`${file} loads nothing but Node's own modules`, () => {
      const text = readFileSync(path.join(source, file), 'utf8');
      for (const name of importsOf(file).filter((imported) => !imported.startsWith('.'))) {
        expect(folderOf(file), `${file} imports ${name}`).not.to.equal(island);
        // Types of Express vanish when compiled.
        if (name === 'express-serve-static-core')
          expect(text).to.match(/import type \{[^}]*\} from 'express-serve-static-core'/);
        else if (folderOf(file) === 'protocol') expect(pureModules).to.include(name);
        else expect(name).to.match(/^node:/);
      }
    });
  }
});
