import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { debianTool } from '../support/debian-tool';
import { ScriptedServer } from './support/scripted-server';

const minified = path.join(__dirname, '..', '..', 'dist', 'client.min.mjs');

/** What the page keeps for the tests. */
interface ChatPage {
  client: import('../../src/browser').ChatClient;
  room: import('../../src/browser').ChatRoom;
  heard: (string | undefined)[];
  states: string[];
}

describe('switchboard/client in Chromium', function () {
  this.timeout(60_000);
  let browser: Browser;
  let site: http.Server;
  let server: ScriptedServer;
  let page: Page;
  const complaints: string[] = [];

  before(async function () {
    const executablePath = debianTool(this, 'chromium');
    site = http.createServer((request, response) => {
      if (request.url === '/client.min.mjs') {
        response.setHeader('Content-Type', 'text/javascript');
        response.end(readFileSync(minified));
      } else {
        response.setHeader('Content-Type', 'text/html');
        response.end('<!doctype html><link rel="icon" href="data:,"><title>chat</title>');
      }
    });
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    // The sandbox is what root cannot have; the rest keeps the browser from talking to anybody else.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
    browser = await chromium.launch({ executablePath, args });
  });

  beforeEach(async () => {
    server = await ScriptedServer.start();
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await page.evaluate(
      async ({ url, file }) => {
        const { ChatClient } = await import(file);
        const chat = globalThis as unknown as ChatPage;
        chat.client = new ChatClient(url, { name: 'Ann', firstRetryDelay: 50 });
        chat.room = chat.client.join('general');
        chat.heard = [];
        chat.states = [];
        chat.room.on('message', ({ text }) => chat.heard.push(text));
        chat.client.on('state', ({ status }) => chat.states.push(status));
        await chat.room.joined();
      },
      { url: server.url, file: '/client.min.mjs' },
    );
  });

  afterEach(async () => {
    await page.close();
    await server.stop();
    expect(complaints.splice(0)).to.deep.equal([]);
  });

  after(async () => {
    await browser?.close();
    if (site !== undefined) await new Promise((resolve) => site.close(resolve));
  });

  /** Says something on the page; resolves with the message's place in the log. */
  function say(text: string): Promise<number | null> {
    return page.evaluate(async (said) => (await (globalThis as unknown as ChatPage).room.send(said)).offset, text);
  }

  /** Waits until the page has heard so many messages, and gives them. */
  async function heard(count: number): Promise<unknown> {
    await page.waitForFunction((wanted) => (globalThis as unknown as ChatPage).heard.length >= wanted, count);
    return page.evaluate(() => (globalThis as unknown as ChatPage).heard);
  }

  it('says, and hears', async () => {
    expect(await say('hello')).to.equal(1);
    server.say('hi');
    expect(await heard(1)).to.deep.equal(['hi']);
  });

  it('comes back when the connection is cut, and hears what it missed', async () => {
    for (const connection of server.connections) connection.terminate();
    server.say('missed');
    expect(await heard(1)).to.deep.equal(['missed']);
    expect(await say('hello')).to.equal(2);
  });

  it('waits while the browser is offline, and says then what was said meanwhile', async () => {
    await page.context().setOffline(true);
    await page.waitForFunction(() => (globalThis as unknown as ChatPage).states.includes('waiting'));
    const said = say('from the tunnel');
    server.say('missed');
    await page.context().setOffline(false);
    expect(await said).to.equal(2);
    expect(await heard(1)).to.deep.equal(['missed']);
    expect(server.log.map(({ text }) => text)).to.deep.equal(['missed', 'from the tunnel']);
  });

  it('stays away when the server says so', async () => {
    for (const connection of server.connections) connection.close(4001, 'banned');
    await page.waitForFunction(() => (globalThis as unknown as ChatPage).states.includes('closed'));
    const state = await page.evaluate(() => (globalThis as unknown as ChatPage).client.state);
    expect(state).to.deep.equal({ status: 'closed', code: 4001, reason: 'banned' });
  });
});
