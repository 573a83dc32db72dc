import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { root } from '../support/code-blocks';

function readJson(name: string) {
  return JSON.parse(readFileSync(path.join(root, name), 'utf8'));
}

/** The compiled files of types that `exports` of package.json names. */
function typesIn(exported: unknown): string[] {
  if (typeof exported !== 'object' || exported === null) return [];
  return Object.entries(exported).flatMap(([key, value]) => (key === 'types' ? [String(value)] : typesIn(value)));
}

describe('npm run docs', function () {
  this.timeout(300_000);

  it('has every subpath of the package', () => {
    const entryPoints: string[] = readJson('typedoc.json').entryPoints;
    const sources = typesIn(readJson('package.json').exports)
      .filter((file) => file.endsWith('.d.ts'))
      .map((file) => file.replace(/^\.\/dist\/(.*)\.d\.ts$/, 'src/$1.ts'));
    // In Node the same names, and a class more.
    const wanted = sources.filter((file) => file !== 'src/browser/index.ts');
    expect(entryPoints.slice().sort()).to.deep.equal([...new Set(wanted)].sort());
  });

  it('makes the reference without a warning', () => {
    const typedoc = path.join(root, 'node_modules', 'typedoc', 'bin', 'typedoc');
    const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc, '--emit', 'none'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    expect(status, stdout + stderr).to.equal(0);
    expect(stdout + stderr).not.to.match(/warning|error\]/);
  });
});
