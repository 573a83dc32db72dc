import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { DemoProcess, projectRoot } from '../support/demo-process';

describe('scripts', function () {
  // src/ is compiled.
  this.timeout(120_000);

  it('npm start builds, serves the chat, and ends with 0 on Ctrl-C', async () => {
    const stale = mkdtempSync(path.join(projectRoot, 'dist', 'stale-'));
    writeFileSync(path.join(stale, 'old.js'), '');
    const site = new DemoProcess([path.join('scripts', 'start.mjs')], { PORT: '0' });
    try {
      const response = await fetch(await site.address());
      expect(await response.text()).to.include('<title>Switchboard</title>');
      expect(existsSync(stale), 'what is not of this build').to.equal(false);
    } finally {
      rmSync(stale, { recursive: true, force: true });
      expect(await site.stop('SIGINT'), site.output).to.equal(0);
    }
  });

  it('import and require of the package give the same objects', async () => {
    const code = `
      const required = require('switchboard');
      import('switchboard').then((imported) => {
        const names = Object.keys(required).sort();
        const same = names.every((name) => imported[name] === required[name]);
        console.log(same, names.length > 10, names.filter((name) => !(name in imported)).length);
      });`;
    const node = new DemoProcess(['--eval', code], {});
    expect(await node.exited(), node.output).to.equal(0);
    expect(node.output.trim()).to.equal('true true 0');
  });
});
