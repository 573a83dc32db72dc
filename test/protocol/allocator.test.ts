import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';

const source = path.join(__dirname, '..', '..', 'src', 'protocol', 'allocator.ts');
const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), {
  compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.CommonJS },
});

/**
 * What a script prints, in a process of its own: an allocator never forgets what it has seen freed. So there is no compiler
 * in there either.
 */
function run(script: string): number {
  const flags = ['--expose-gc', '--eval', `${outputText}\n${script}`];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  expect(stdout, stderr).to.match(/^-?\d+\n$/);
  return Number(stdout);
}

/** How often the system has to hand out a page while large buffers come and go, eight at a time. */
const pageFaults = `
  const useBuffers = () => {
    for (let i = 0; i < 5; i++) {
      Array.from({ length: 8 }, () => Buffer.allocUnsafeSlow(1024 * 1024).fill(1));
      gc();
    }
  };
  gc();
  useBuffers();
  const { minorPageFault } = process.resourceUsage();
  useBuffers();
  console.log(process.resourceUsage().minorPageFault - minorPageFault);
`;

const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };

describe('tellAllocator()', () => {
  it('lets the memory of large buffers be used again', function () {
    // No other allocator is told anything by this.
    if (header.glibcVersionRuntime === undefined) this.skip();
    expect(run(`tellAllocator();${pageFaults}`)).to.be.below(run(pageFaults) / 2);
  });

  it('costs no memory, however often it is called', () => {
    const script = `
      const before = process.memoryUsage.rss();
      for (let i = 0; i < 100; i++) tellAllocator();
      console.log(process.memoryUsage.rss() - before);
    `;
    expect(run(script)).to.be.below(4 * 1024 * 1024);
  });
});
