import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { codeBlocks, documents, root, textOf } from '../support/code-blocks';
import { ReaderFolder } from '../support/readme-examples';

/** Every test that may run an example. */
function testsOfExamples(): string {
  const folder = path.join(root, 'test', 'docs');
  const files = [
    path.join(root, 'test', 'readme.test.ts'),
    ...readdirSync(folder).map((name) => path.join(folder, name)),
  ];
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

/** What GitHub makes of a heading, for links. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

describe('documentation', function () {
  this.timeout(120_000);

  it('has examples that the compiler accepts as they stand', async () => {
    const reader = new ReaderFolder();
    try {
      expect(reader.typeErrors()).to.deep.equal([]);
    } finally {
      await reader.dispose();
    }
  });

  it('says of all code whether it is run: an example, a file, or a fragment', () => {
    const code = codeBlocks().filter(({ language }) => /^(?:ts|js|mjs|html)$/.test(language));
    expect(code).to.have.length.above(20);
    const unmarked = code.filter(({ marker }) => marker === undefined);
    expect(unmarked.map(({ document, code }) => `${document}: ${code.slice(0, 60)}`)).to.deep.equal([]);
    const nameless = code.filter(({ marker, name }) => marker !== 'fragment' && name === undefined);
    expect(nameless).to.deep.equal([]);
  });

  it('has no two examples of one name, and a test for each', () => {
    const names = codeBlocks()
      .filter(({ marker }) => marker === 'example')
      .map(({ name }) => name!);
    expect(names).to.deep.equal([...new Set(names)]);
    const tests = testsOfExamples();
    expect(names.filter((name) => !new RegExp(`\\.(?:run|start)\\('${name}'`).test(tests))).to.deep.equal([]);
  });

  it('has links that lead somewhere', () => {
    const dead: string[] = [];
    for (const document of documents()) {
      for (const [, link = ''] of textOf(document).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue;
        const [target = '', anchor] = link.split('#', 2);
        const file = target === '' ? document : path.posix.join(path.posix.dirname(document), target);
        const headings = () => Array.from(textOf(file).matchAll(/^#+ (.*)$/gm), ([, text]) => anchorOf(text!));
        const isThere = existsSync(path.join(root, file)) && (anchor === undefined || headings().includes(anchor));
        if (!isThere) dead.push(`${document}: ${link}`);
      }
    }
    expect(dead).to.deep.equal([]);
  });

  it('lists every page in its index', () => {
    const index = textOf('docs/README.md');
    const pages = documents().filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    expect(pages.filter((page) => !index.includes(`(${page.slice('docs/'.length)})`))).to.deep.equal([]);
  });
});
