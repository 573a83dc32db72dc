import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import express from 'express';
import type { Context } from 'mocha';
import ts from 'typescript';
import { serveHttp2 } from '../../../src';
import { type Certificate, makeCertificates } from '../../client/support/certificates';
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
import { type Arrival, compressing, PeerServer } from './peer-server';

/** How a browser reaches our server. */
export interface BrowserRow {
  readonly name: string;
  readonly scheme: 'http' | 'https';
  /** What `req.httpVersion` says. Over TLS the server speaks both, and the browser is told not to. */
  readonly version: '1.1' | '2.0';
}

const rows: readonly BrowserRow[] = [
  { name: 'HTTP/1.1', scheme: 'http', version: '1.1' },
  { name: 'HTTP/1.1 over TLS', scheme: 'https', version: '1.1' },
  { name: 'HTTP/2', scheme: 'https', version: '2.0' },
];

/** A browser that can show a page without a screen. */
export interface HeadlessBrowser {
  readonly name: string;
  readonly command: string;
  readonly debianPackage: string;
  /** The arguments that let it open `url`, with a profile of its own in `profile`, and talk to nobody else. */
  arguments(url: string, profile: string, row: BrowserRow): string[];
  /** Files that the profile must have before the start, by their names; it is to trust `certificate` on these hosts. */
  profileFiles?(row: BrowserRow, certificate: string, hosts: readonly string[]): Readonly<Record<string, string>>;
}

/** The groups of checks for each of the servers. */
const suites: Record<string, Record<string, Checks>> = {
  'without compression': { commonChecks, plainChecks, browserChecks },
  'with compression': { commonChecks, deflateChecks, deflatingClientChecks },
};

/** What came of a suite: the browser's results, and what its server saw. */
interface Report {
  results: CheckResult[];
  arrivals: readonly Arrival[];
}

/** Opens pages of ours in the browser, which make all checks; each of them is a test. */
export function describeBrowser(browser: HeadlessBrowser): void {
  for (const row of rows) {
    describe(`${browser.name} and our server, over ${row.name}`, () => {
      let reports = new Map<string, Report>();

      before(async function () {
        this.timeout(120_000);
        reports = await open(this, browser, row);
      });

      for (const [suite, groups] of Object.entries(suites)) {
        describe(suite, () => {
          for (const name of Object.values(groups).flatMap(Object.keys)) {
            it(name, () => {
              const result = reports.get(suite)?.results.find((result) => result.name === name);
              expect(result).to.deep.equal({ name, failure: null });
            });
          }

          it(
            row.version === '2.0' ? 'all WebSockets on the connection of the page' : 'each WebSocket on its own',
            () => {
              checkConnections(row, reports.get(suite)?.arrivals ?? []);
            },
          );
        });
      }
    });
  }
}

/**
 * Looks at the requests to the page's own host, since those to the other one are of a foreign origin; and at those before the
 * first refusal, behind which Firefox ends a session of HTTP/2 and begins another.
 */
function checkConnections({ version }: BrowserRow, all: readonly Arrival[]): void {
  const own = all.filter(({ host }) => host?.startsWith('127.0.0.1:'));
  expect(own.filter((arrival) => arrival.version !== version)).to.deep.equal([]);
  const arrivals = own.slice(
    0,
    own.findIndex(({ path }) => path === '/guarded'),
  );
  const pages = arrivals.filter(({ isWebSocket }) => !isWebSocket).map(({ port }) => port);
  const sockets = arrivals.filter(({ isWebSocket }) => isWebSocket).map(({ port }) => port);
  expect(pages.length).to.be.at.least(2);
  expect(sockets.length).to.be.above(20);
  if (version === '2.0') expect(new Set([...pages, ...sockets]).size).to.equal(1);
  else expect(new Set(sockets).size).to.equal(sockets.length);
}

/** The page of a suite: when it is through, it goes on to that of the next. */
function page(suite: string, next: string | undefined): string {
  return `<!doctype html>
<title>Checks</title>
<script type="module">
  import * as all from '/checks.mjs';
  const checks = Object.assign({}, ...${JSON.stringify(Object.keys(suites[suite] ?? {}))}.map((name) => all[name]));
  const results = await all.runChecks({ WebSocket, url: location.origin.replace('http', 'ws') }, checks);
  await fetch('/report', { method: 'POST', body: JSON.stringify(results) });
  const next = ${JSON.stringify(next ?? null)};
  if (next !== null) location.href = next;
</script>
`;
}

/** Starts the browser and a server for each suite, and ends all when the last page has reported. */
async function open(context: Context, browser: HeadlessBrowser, row: BrowserRow): Promise<Map<string, Report>> {
  const program = debianTool(context, browser.command, browser.debianPackage);
  const { server: certificate } = await makeCertificates();
  const servers = new Map<string, PeerServer>();
  const peer = new PeerProcess();
  const reports = new Map<string, Report>();
  try {
    let first = '';
    const reported: Promise<void>[] = [];
    // Each page knows the next one's address, so the last is made first.
    for (const suite of Object.keys(suites).reverse()) {
      const server = makeServer(suite, row, certificate);
      servers.set(suite, server);
      reported.push(
        served(server, suite, first || undefined).then((results) => {
          reports.set(suite, { results, arrivals: server.arrivals });
        }),
      );
      await server.listen();
      first = `${row.scheme}://${server.host}/`;
    }
    const ports = [...servers.values()].map(({ port }) => port);
    const hosts = ports.flatMap((port) => [`127.0.0.1:${port}`, `localhost:${port}`]);
    const files = browser.profileFiles?.(row, certificate.cert, hosts) ?? {};
    for (const [name, text] of Object.entries(files)) peer.write(name, text);
    peer.start(program, browser.arguments(first, peer.folder, row), { HOME: peer.folder });
    await peer.whileRunning(Promise.all(reported));
  } finally {
    await peer.stop();
    for (const server of servers.values()) await server.close();
  }
  return reports;
}

function makeServer(suite: string, { scheme }: BrowserRow, certificate: Certificate): PeerServer {
  const options = suite === 'with compression' ? compressing : {};
  return scheme === 'http' ? new PeerServer(options) : new PeerServer(options, (app) => serveHttp2(app, certificate));
}

/** Adds the page of a suite to its server, and resolves with what it reports. */
function served({ app }: PeerServer, suite: string, next: string | undefined): Promise<CheckResult[]> {
  app.get('/', (_req, res) => res.type('html').send(page(suite, next)));
  app.get('/checks.mjs', (_req, res) => res.type('text/javascript').send(checksForBrowsers()));
  return new Promise((resolve) => {
    app.post('/report', express.text({ type: () => true, limit: '1mb' }), (req, res) => {
      res.sendStatus(204);
      resolve(JSON.parse(req.body));
    });
  });
}

function checksForBrowsers(): string {
  const source = readFileSync(path.join(__dirname, 'checks.ts'), 'utf8');
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
