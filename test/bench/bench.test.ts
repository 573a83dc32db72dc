import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { needGenerator } from '../support/bench-generator';

const root = path.join(__dirname, '..', '..');

interface Figures {
  machine: { node: string };
  results: { scenario: { name: string }; samples: Record<string, { value: number; generatorCpu: number }[]> }[];
}

describe('npm run bench', function () {
  this.timeout(60_000);
  let folder: string;
  let bench: ChildProcessWithoutNullStreams | undefined;

  before(function () {
    this.timeout(600_000);
    needGenerator(this);
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'bench-test-'));
  });
  afterEach(() => {
    bench?.kill('SIGKILL');
    bench = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  function run(...args: string[]): ChildProcessWithoutNullStreams {
    bench = spawn(process.execPath, ['-r', 'ts-node/register', path.join('bench', 'run.ts'), ...args], {
      cwd: root,
      env: { ...process.env, TMPDIR: folder },
    });
    return bench;
  }

  async function outcome(child: ChildProcessWithoutNullStreams): Promise<{ status: number; text: string }> {
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk;
      });
    }
    const [status] = await once(child, 'close');
    return { status, text };
  }

  /** The generator and the servers run from a folder in TMPDIR, which stands on their command lines. */
  function leftBehind(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        } catch {
          return ''; // it has ended in between
        }
      })
      .filter((command) => command.includes(folder));
  }

  /** The folders that the bench works in. */
  function workshops(): string[] {
    return readdirSync(folder).filter((name) => name.startsWith('switchboard-bench-'));
  }

  it('measures, prints and writes the figures, and leaves nothing behind', async () => {
    const json = path.join(folder, 'figures.json');
    const { status, text } = await outcome(
      run(
        ...['--only', 'echo-32x1', '--only', 'fanout-200x1', '--peers', 'ws'],
        ...['--rounds', '1', '--warmup', '1', '--duration', '200', '--json', json],
      ),
    );
    expect(status, text).to.equal(0);
    expect(text).to.match(/ws +[\d.]+ k?/);
    const { results, machine } = JSON.parse(readFileSync(json, 'utf8')) as Figures;
    expect(machine.node).to.equal(process.version);
    expect(results.map(({ scenario }) => scenario.name)).to.deep.equal(['echo-32x1', 'fanout-200x1']);
    for (const { samples } of results) {
      expect(samples.ws![0]!.value).to.be.above(100);
      expect(samples.ws![0]!.generatorCpu).to.be.within(0, 1.1);
    }
    expect(leftBehind()).to.deep.equal([]);
    expect(workshops()).to.deep.equal([]);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const child = run('--only', 'echo-32x1', '--peers', 'ws', '--rounds', '1000');
    const ended = outcome(child);
    while (!leftBehind().some((command) => command.includes('servers'))) {
      await delay(10);
      expect(child.exitCode, 'it ended by itself').to.equal(null);
    }
    child.kill('SIGINT');
    expect((await ended).status).to.equal(130);
    // The kernel may still be taking the killed ones down.
    while (leftBehind().length > 0) await delay(10);
    expect(workshops()).to.deep.equal([]);
  });

  it('says what is wrong with its arguments, without a stack', async () => {
    const { status, text } = await outcome(run('--peers', 'wss'));
    expect(status).to.equal(1);
    expect(text.trim()).to.match(/^No peer is called 'wss'\. There are: switchboard, ws, .*, net$/);
  });
});
