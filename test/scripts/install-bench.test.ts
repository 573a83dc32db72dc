import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';

const root = path.join(__dirname, '..', '..');

/** In a project of its own, with an npm that only notes what it is asked for. */
describe('scripts/install-bench.mjs', () => {
  let project: string;

  beforeEach(() => {
    project = realpathSync(mkdtempSync(path.join(tmpdir(), 'install-test-')));
    cpSync(path.join(root, 'scripts'), path.join(project, 'scripts'), { recursive: true });
    mkdirSync(path.join(project, 'bench', 'node_modules'), { recursive: true });
    writeLock('package-lock.json', '1.0.0');
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  function writeLock(file: string, version: string): void {
    const packages = { '': {}, 'node_modules/bun': { version }, 'node_modules/other-system': { optional: true } };
    writeFileSync(path.join(project, 'bench', file), JSON.stringify({ packages }));
  }

  function run(npmStatus = 0): SpawnSyncReturns<string> {
    const npm = path.join(project, 'npm-cli.js');
    const asked = path.join(project, 'asked.json');
    writeFileSync(
      npm,
      `require('fs').writeFileSync(${JSON.stringify(asked)}, JSON.stringify(process.argv.slice(2))); process.exit(${npmStatus})`,
    );
    return spawnSync(process.execPath, [path.join(project, 'scripts', 'install-bench.mjs')], {
      env: { ...process.env, npm_execpath: npm },
      encoding: 'utf8',
    });
  }

  /** What npm was called with; undefined if it was not. */
  function asked(): string[] | undefined {
    const file = path.join(project, 'asked.json');
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  }

  it("installs the bench's own packages, without their scripts", () => {
    expect(run()).to.include({ status: 0, stdout: 'Installing what is missing (npm ci) …\n' });
    expect(asked()!.slice(0, 4)).to.deep.equal(['ci', '--prefix', 'bench', '--ignore-scripts']);
  });

  it('installs them again when they are of another version', () => {
    writeLock(path.join('node_modules', '.package-lock.json'), '0.9.0');
    expect(run().status).to.equal(0);
    expect(asked()).to.include('ci');
  });

  it('does nothing when they are there', () => {
    writeLock(path.join('node_modules', '.package-lock.json'), '1.0.0');
    expect(run()).to.include({ status: 0, stdout: '', stderr: '' });
    expect(asked()).to.equal(undefined);
  });

  it('says so when npm fails', () => {
    const { status, stderr } = run(1);
    expect(status).to.equal(1);
    expect(stderr).to.contain('npm ci failed (see above).');
  });
});
