import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import WebSocket from 'ws';
import { dashboard } from '../../src/dashboard/dashboard';
import { type Switchboard, switchboard } from '../../src/express/switchboard';
import { debianTool } from '../support/debian-tool';

/** What people read, and what it stands on. WCAG 2.2 wants a contrast of 4.5 for it (AA). */
const texts = [
  'h1',
  'h2:not(.visually-hidden)',
  'h3',
  'h3 small',
  '#server',
  '#status-text',
  '.segments input:checked + span',
  '.segments input:not(:checked) + span',
  '.tile dt',
  '.tile .number',
  '.tile .note',
  '.tile.alarm dt',
  '.tile.alarm .number',
  '.legend b',
  '.legend .quiet',
  '.plot .empty',
  'td.code',
  'td.text',
  'td.number',
  'th',
  '.foot',
];

const hostile = '<img src=x onerror="document.title=1">';

describe('dashboard in Chromium', function () {
  this.timeout(60_000);
  let browser: Browser;
  let board: Switchboard;
  let server: Server;
  let page: Page;
  let inPage: typeof import('../support/in-page.mjs');
  const clients: WebSocket[] = [];
  const complaints: string[] = [];

  before(async function () {
    const executablePath = debianTool(this, 'chromium');
    inPage = await import('../support/in-page.mjs');
    // The sandbox is what root cannot have; the rest keeps the browser from talking to anybody else.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
    browser = await chromium.launch({ executablePath, args });
  });

  beforeEach(() => start(0));

  afterEach(async () => {
    await page.context().close();
    await stop();
    expect(complaints.splice(0), 'complaints of the page').to.deep.equal([]);
  });

  after(() => browser?.close());

  async function start(port: number): Promise<void> {
    const app = express();
    app.set('env', 'test');
    board = switchboard(app);
    board.on('error', () => {});
    app.ws('/echo', (socket) => {
      socket.on('message', (data) => {
        if (String(data) === 'mistake') throw new Error('A mistake');
        socket.send(data);
      });
    });
    app.ws('/room/:name', (socket, req) => {
      socket.user = hostile;
      socket.join(req.params.name);
    });
    app.use('/_switchboard', dashboard());
    server = app.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  async function stop(): Promise<void> {
    for (const client of clients.splice(0)) client.terminate();
    server.closeAllConnections();
    const closed = new Promise((resolve) => server.close(resolve));
    await board.close({ timeout: 100 });
    await closed;
  }

  function port(): number {
    return (server.address() as AddressInfo).port;
  }

  /** Connects somebody who is not the page. */
  async function open(path: string): Promise<WebSocket> {
    const client = new WebSocket(`ws://127.0.0.1:${port()}${path}`);
    clients.push(client);
    client.on('error', () => {});
    await once(client, 'open');
    return client;
  }

  /** Looks at the dashboard. */
  async function look(options: BrowserContextOptions = {}): Promise<void> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      // A browser reports each dial that fails, as those do while the server is away.
      if (/WebSocket connection to .* failed/.test(message.text())) return;
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${port()}/_switchboard`);
    await status('Live');
    await page.locator('canvas').first().waitFor();
  }

  function status(text: string): Promise<void> {
    return page.locator('#status-text', { hasText: text }).waitFor();
  }

  function tile(label: string) {
    return page.locator('.tile', { has: page.locator('dt', { hasText: label }) }).locator('.number');
  }

  function row(table: string, text: string) {
    return page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text });
  }

  it('draws its charts, and shows numbers that change when messages flow', async () => {
    await look();
    const messages = page.getByRole('img', { name: /^Messages:/ }).locator('.empty');
    expect(await page.locator('canvas').count()).to.equal(await page.locator('.chart').count());
    await tile('Open connections').filter({ hasText: /^0$/ }).waitFor();
    await messages.filter({ hasText: 'No messages' }).waitFor();
    const client = await open('/echo');
    await tile('Open connections').filter({ hasText: /^1$/ }).waitFor();
    client.send('x'.repeat(100));
    await messages.waitFor({ state: 'hidden' });
    client.close(4001);
    await row('Closed, by close code', '4001').filter({ hasText: "the application's own" }).waitFor();
    await tile('Open connections').filter({ hasText: /^0$/ }).waitFor();
    expect(await page.title()).to.equal('0 open · Switchboard');
  });

  it('says what went wrong, and how often', async () => {
    await look();
    const refused = new WebSocket(`ws://127.0.0.1:${port()}/echo`, { origin: 'https://evil.example' });
    refused.on('error', () => {});
    await row('Refused, by code', 'FOREIGN_ORIGIN').filter({ hasText: 'allowedOrigins' }).waitFor();
    const client = await open('/echo');
    client.send('mistake');
    await tile('Handler errors').filter({ hasText: /^1$/ }).waitFor();
    expect(await page.locator('.tile.alarm dt').allTextContents()).to.include('Handler errors');
  });

  it('shows names that strangers chose as text', async () => {
    await look();
    await open(`/room/${encodeURIComponent(hostile)}`);
    await row('Largest rooms', hostile).waitFor();
    expect(await page.locator('main img').count()).to.equal(0);
  });

  it('shows who is slow', async () => {
    await look();
    const client = await open('/room/slow');
    client.pause();
    const socket = [...board.connections].find(({ user }) => user === hostile);
    const half = Buffer.alloc(512 * 1024);
    const slow = row('Slowest connections', hostile).filter({ hasText: 'slow' });
    // The kernels take some megabytes first.
    while (!(await slow.isVisible())) if (socket!.bufferedAmount < half.length) socket!.send(half);
    expect(await page.locator('main img').count()).to.equal(0);
  });

  it('says that it is disconnected, and is there again when the server is', async () => {
    await look();
    const before = port();
    await stop();
    await status('Disconnected, reconnecting');
    expect(await page.title()).to.equal('disconnected · Switchboard');
    await start(before);
    await status('Live');
    await open('/echo');
    await tile('Open connections').filter({ hasText: /^1$/ }).waitFor();
  });

  it('is light or dark as the system, or as is chosen, and remembers that', async () => {
    await look({ colorScheme: 'dark' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const dark = await ground();
    await page.getByText('Light', { exact: true }).click();
    const light = await ground();
    expect(light).not.to.equal(dark);
    await page.reload();
    await status('Live');
    expect(await ground()).to.equal(light);
    await page.getByText('Auto', { exact: true }).click();
    expect(await ground()).to.equal(dark);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await ground()).to.equal(light);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`can be read in ${colorScheme} colours`, async () => {
      await look({ colorScheme });
      const client = await open('/echo');
      client.send('mistake');
      await row('Closed, by close code', '1011').waitFor();
      await page.locator('.tile.alarm').first().waitFor();
      for (const [selector, contrast] of Object.entries(await page.evaluate(inPage.contrasts, texts))) {
        expect(contrast, selector).to.be.at.least(4.5);
      }
    });
  }

  it('has no horizontal scrolling on a phone', async () => {
    await look({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
    await open(`/room/${'long'.repeat(50)}`);
    await row('Largest rooms', 'long').waitFor();
    const beyond = await page.evaluate(inPage.overflow);
    expect(beyond).to.deep.equal([]);
  });

  it('tells single moments to the pointer and to the keyboard', async () => {
    await look();
    const plot = page.getByRole('img', { name: /^Open connections: open / });
    const tooltip = page.locator('.chart', { hasText: 'Open connections' }).locator('.tooltip');
    await plot.focus();
    await plot.press('End');
    await tooltip.waitFor();
    expect(await tooltip.innerText()).to.match(/^\d\d:\d\d:\d\d\s+open\s+0$/);
    expect(await page.locator('#spoken').textContent()).to.match(/^\d\d:\d\d:\d\d: open 0$/);
    await plot.press('Escape');
    await tooltip.waitFor({ state: 'hidden' });
    await page.getByText('1 min', { exact: true }).click();
    expect(await page.getByRole('radio', { name: '1 min' }).isChecked()).to.equal(true);
  });
});
