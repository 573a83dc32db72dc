import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { chromium } from 'playwright-core';
import { root } from '../support/code-blocks';
import { debianTool } from '../support/debian-tool';
import { ReaderFolder } from '../support/readme-examples';

/** Runs `npx switchboard …`; resolves with what it printed. */
async function switchboard(...parameters: string[]): Promise<{ code: number; output: string }> {
  const program = spawn(process.execPath, [path.join(root, 'dist', 'cli', 'main.mjs'), ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(program.stdout), once(program, 'close')]);
  return { code, output };
}

describe('docs/tutorial.md', function () {
  this.timeout(60_000);
  let reader: ReaderFolder;
  let port: number;

  before(async () => {
    reader = new ReaderFolder();
    const app = path.join(reader.folder, 'tutorial', 'app.mjs');
    appendFileSync(app, readFileSync(path.join(reader.folder, 'tutorial', 'app-chat.mjs')));
    port = await reader.start('tutorial/server');
  });

  after(() => reader.dispose());

  it('has a server that the command line talks to', async () => {
    const sent = await switchboard('send', `localhost:${port}/echo`, 'hello', '--count', '1');
    expect(sent).to.deep.equal({ code: 0, output: 'hello\n' });
  });

  it('has a test that passes', async () => {
    const lines = await reader.run('tutorial/app.test');
    expect(lines.filter((line) => /pass 3$/.test(line))).to.have.length(1);
  });

  it('is measured', async () => {
    const quick = ['--connections', '2', '--duration', '200ms', '--no-warmup', '--json'];
    for (const parameters of [
      [`localhost:${port}/echo`],
      [`localhost:${port}/chat`, '--mode', 'answer', '--message', '{"type":"ping"}'],
    ]) {
      const { code, output } = await switchboard('bench', ...parameters, ...quick);
      expect(code, output).to.equal(0);
      expect(JSON.parse(output)).to.have.nested.property('messages.perSecond').that.is.above(0);
    }
  });

  it('has a page in which people talk', async function () {
    const browser = await chromium.launch({ executablePath: debianTool(this, 'chromium'), args: ['--no-sandbox'] });
    try {
      const [ann, bob] = [await browser.newPage(), await browser.newPage()];
      for (const page of [ann, bob]) {
        await page.goto(`http://localhost:${port}/`);
        await page.locator('#people', { hasText: /\d/ }).waitFor();
      }
      await ann.getByPlaceholder('Say something').fill('Hello');
      await ann.getByRole('button').click();
      await bob.locator('li', { hasText: /^Guest \d+: Hello$/ }).waitFor();
      await ann.locator('li', { hasText: /^Guest \d+: Hello$/ }).waitFor();
      expect(await bob.locator('#people').textContent()).to.equal('2');
      const carl = await browser.newPage();
      await carl.goto(`http://localhost:${port}/`);
      await carl.locator('li', { hasText: 'Hello' }).waitFor();
    } finally {
      await browser.close();
    }
  });

  it('ends when it is asked to', async () => {
    expect(await reader.end()).to.deep.equal([0, 0]);
  });
});
