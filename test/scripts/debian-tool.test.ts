import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Context } from 'mocha';
import { debianPython, debianTool, findProgram } from '../support/debian-tool';

describe('debianTool', () => {
  const { PATH, CI } = process.env;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'debian-tool-'));
    // No apt-get in it: nothing is installed here.
    process.env.PATH = folder;
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    restore('PATH', PATH);
    restore('CI', CI);
  });

  it('gives the path of a program that is there', () => {
    const program = path.join(folder, 'some-tool');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    expect(debianTool({} as Context, 'some-tool')).to.equal(program);
  });

  it('takes neither folders nor files that cannot be run for programs', () => {
    mkdirSync(path.join(folder, 'a-folder'));
    writeFileSync(path.join(folder, 'a-text'), '', { mode: 0o644 });
    expect(findProgram('a-folder')).to.equal(undefined);
    expect(findProgram('a-text')).to.equal(undefined);
    expect(findProgram('not-there')).to.equal(undefined);
  });

  it('skips the test where the program is missing, and says what to install', () => {
    delete process.env.CI;
    const lines: string[] = [];
    const { log } = console;
    console.log = (line: string) => lines.push(line);
    const skipped = new Error('skipped');
    const context = {
      skip() {
        throw skipped;
      },
    } as unknown as Context;
    try {
      expect(() => debianTool(context, 'not-there', 'some-package')).to.throw(skipped);
    } finally {
      console.log = log;
    }
    expect(lines.join('\n')).to.include('not-there is needed for this test: apt-get install some-package');
  });

  it('fails with that line where CI is set', () => {
    process.env.CI = 'true';
    expect(() => debianTool({} as Context, 'not-there', 'some-package')).to.throw(
      'not-there is needed for this test: apt-get install some-package',
    );
  });

  it("knows the modules of Debian's Python, and says which package has one", () => {
    process.env.CI = 'true';
    expect(() => debianPython({} as Context, 'not_there', 'python3-not-there')).to.throw(
      'the Python module not_there is needed for this test: apt-get install python3-not-there',
    );
  });

  it("gives Debian's Python where it has the module", function () {
    if (findProgram('python3', ['/usr/bin']) === undefined) this.skip();
    expect(debianPython({} as Context, 'json')).to.equal('/usr/bin/python3');
  });

  function restore(name: string, value: string | undefined): void {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});
