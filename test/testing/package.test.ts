import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const root = path.join(__dirname, '..', '..');

/** Runs a program beside the built package, which it may load by its name; resolves with what it prints. */
async function run(type: 'module' | 'commonjs', program: string, options: readonly string[] = []): Promise<string> {
  // A runner of tests tells its children that they are its own.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const args = [...options, `--input-type=${type}`, '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
  return stdout.trim();
}

const tests = `
  const app = express();
  switchboard(app);
  app.ws('/echo', (socket) => socket.on('message', (message) => socket.send(message)));

  test.afterEach(closeAll);
  test('an echo', async () => {
    const socket = await connectTo(app, '/echo');
    socket.send('hello');
    await socket.expectMessage('hello');
  });
  test('an upgrade', () => request(app).get('/echo').use(upgradable).expect(101));
  test('a failure', async () => {
    const socket = await connectTo(app, '/echo');
    socket.send('hello');
    await socket.expectMessage('good bye');
  });`;

describe('switchboard/testing', () => {
  it('is the same by import and by require, and loads nothing but modules of Node', async () => {
    const program = `
      import { createRequire } from 'node:module';
      import * as imported from 'switchboard/testing';
      const require = createRequire(import.meta.url);
      const required = require('switchboard/testing');
      const names = Object.keys(required).sort();
      const same = names.every((name) => imported[name] === required[name]);
      const foreign = Object.keys(require.cache).filter((file) => file.includes('node_modules'));
      console.log(JSON.stringify({ names, same, foreign }));`;
    expect(JSON.parse(await run('module', program))).to.deep.equal({
      names: ['closeAll', 'connectTo', 'expectClose', 'expectMessage', 'expectNoMessage', 'upgradable', 'useFakeClock'],
      same: true,
      foreign: [],
    });
  });

  for (const express of ['express', 'express4']) {
    it(`serves tests of node:test, from modules and from CommonJS (${express})`, async () => {
      const module = `
        import test from 'node:test';
        import express from '${express}';
        import request from 'supertest';
        import { switchboard } from 'switchboard';
        import { closeAll, connectTo, upgradable } from 'switchboard/testing';
        ${tests}`;
      const commonjs = module.replace(/import (.*) from ('.*');/g, 'const $1 = require($2);');
      for (const [type, program] of [
        ['module', module],
        ['commonjs', commonjs],
      ] as const) {
        const error = await run(type, program, ['--test-reporter=tap']).catch((reason) => reason);
        expect(error.code).to.equal(1);
        expect(error.stdout).to.include('# pass 2').and.include('# fail 1');
        expect(error.stdout).to.include("Expected the message 'good bye', but got 'hello'.");
      }
    });
  }

  it('keeps no process: not by connections that nobody closes, stalled ones, or the clock', async () => {
    const program = `
      import express from 'express';
      import { switchboard } from 'switchboard';
      import { connectTo, useFakeClock } from 'switchboard/testing';
      const app = express();
      switchboard(app);
      app.ws('/', (socket) => socket.on('message', () => {}));
      const [open, stalled, gone] = [await connectTo(app, '/'), await connectTo(app, '/'), await connectTo(app, '/')];
      stalled.faults.stall();
      stalled.send('x');
      gone.faults.vanish();
      useFakeClock();
      setTimeout(() => console.log('too late'), 1);
      await connectTo(app, '/');
      console.log('done');`;
    expect(await run('module', program)).to.equal('done');
  });
});
