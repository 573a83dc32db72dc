import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import express from 'express';
import type { Context } from 'mocha';
import ts from 'typescript';
import { debianTool } from '../../support/debian-tool';
import {
  browserChecks,
  type CheckResult,
  type Checks,
  commonChecks,
  deflateChecks,
  deflatingClientChecks,
  plainChecks,
} from './checks';
import { PeerProcess } from './peer-process';
import { compressing, PeerServer } from './peer-server';

/** A browser that can show a page without a screen. */
export interface HeadlessBrowser {
  readonly name: string;
  readonly command: string;
  readonly debianPackage: string;
  /** The arguments that let it open `url`, with a profile of its own in `profile`, and talk to nobody else. */
  arguments(url: string, profile: string): string[];
  /** Files that the profile must have before the start, by their names. */
  readonly profileFiles?: Readonly<Record<string, string>>;
}

/** The checks by the server that they need: the page is of the one without compression, and so is the origin of all. */
const suites: Record<string, Checks> = {
  'without compression': { ...commonChecks, ...plainChecks, ...browserChecks },
  'with compression': { ...commonChecks, ...deflateChecks, ...deflatingClientChecks },
};

type Report = Record<string, CheckResult[]>;

/** Opens a page of ours in the browser, once, which makes all checks; each of them is a test. */
export function describeBrowser(browser: HeadlessBrowser): void {
  describe(`${browser.name} and our server`, () => {
    let report: Report = {};

    before(async function () {
      this.timeout(120_000);
      report = await open(this, browser);
    });

    for (const [suite, checks] of Object.entries(suites)) {
      describe(suite, () => {
        for (const name of Object.keys(checks)) {
          it(name, () => {
            const result = report[suite]?.find((result) => result.name === name);
            expect(result).to.deep.equal({ name, failure: null });
          });
        }
      });
    }
  });
}

function page(plain: PeerServer, compressed: PeerServer): string {
  return `<!doctype html>
<title>Checks</title>
<script type="module">
  import * as all from '/checks.mjs';
  const { commonChecks, runChecks } = all;
  const plain = { ...commonChecks, ...all.plainChecks, ...all.browserChecks };
  const compressed = { ...commonChecks, ...all.deflateChecks, ...all.deflatingClientChecks };
  const report = {
    'without compression': await runChecks({ WebSocket, url: 'ws://${plain.host}' }, plain),
    'with compression': await runChecks({ WebSocket, url: 'ws://${compressed.host}' }, compressed),
  };
  await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
</script>
`;
}

/** Starts the browser and the server, and ends both when the page has reported. */
async function open(context: Context, browser: HeadlessBrowser): Promise<Report> {
  const program = debianTool(context, browser.command, browser.debianPackage);
  const server = new PeerServer();
  const compressed = await new PeerServer(compressing).listen();
  const reported = new Promise<Report>((resolve) => {
    server.app.post('/report', express.text({ type: () => true, limit: '1mb' }), (req, res) => {
      res.sendStatus(204);
      resolve(JSON.parse(req.body));
    });
  });
  server.app.get('/', (_req, res) => res.type('html').send(page(server, compressed)));
  server.app.get('/checks.mjs', (_req, res) => res.type('text/javascript').send(checksForBrowsers()));
  await server.listen();

  const peer = new PeerProcess();
  for (const [name, text] of Object.entries(browser.profileFiles ?? {})) peer.write(name, text);
  try {
    peer.start(program, browser.arguments(`http://${server.host}/`, peer.folder), { HOME: peer.folder });
    return await peer.whileRunning(reported);
  } finally {
    await peer.stop();
    await server.close();
    await compressed.close();
  }
}

function checksForBrowsers(): string {
  const source = readFileSync(path.join(__dirname, 'checks.ts'), 'utf8');
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
