import { expect } from 'chai';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { debianTool } from './debian-tool';
import type { Seen } from './demo-observer';
import { DemoProcess } from './demo-process';

/** What keeps Chromium from talking to anybody but the site, and lets root run it. */
const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The demo's certificate is its own.
  '--ignore-certificate-errors',
];

/** The demo's site in its own process, and people with real browsers who visit it. */
export class ChatSite {
  url = '';
  /** The same site over HTTP/2. */
  secureUrl = '';
  #process: DemoProcess | undefined;
  #browser: Browser | undefined;
  readonly #isCluster: boolean;
  readonly #contexts: BrowserContext[] = [];
  /** What the pages complained about, on their consoles or by an exception. */
  readonly #complaints: string[] = [];

  private constructor(isCluster: boolean) {
    this.#isCluster = isCluster;
  }

  /**
   * Starts a site and a browser for the tests of this `describe`, and ends both after them.
   *
   * @param options `cluster` has the site run on three nodes that Redis joins
   */
  static use(options: { browserArguments?: readonly string[]; cluster?: boolean } = {}): ChatSite {
    const site = new ChatSite(options.cluster === true);
    before(async function () {
      this.timeout(60_000);
      const executablePath = debianTool(this, 'chromium');
      if (options.cluster) debianTool(this, 'redis-server');
      site.#browser = await chromium.launch({
        executablePath,
        args: [...browserArguments, ...(options.browserArguments ?? [])],
      });
      await site.start(0);
    });
    afterEach(async () => {
      await Promise.all(site.#contexts.splice(0).map((context) => context.close()));
      expect(site.#complaints.splice(0), 'complaints of the pages').to.deep.equal([]);
    });
    after(async () => {
      await site.#browser?.close();
      await site.stop();
    });
    return site;
  }

  async start(port: number): Promise<void> {
    this.#process = this.#isCluster ? DemoProcess.cluster(port) : DemoProcess.demo(port);
    this.url = await this.#process.address();
    if (!this.#isCluster) this.secureUrl = await this.#process.address('https');
  }

  /** Ends the site, and resolves with its exit code. */
  async stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<number | null | undefined> {
    return this.#process?.stop(signal);
  }

  /** Resolves with what this finds in what the site prints, now or later. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    if (this.#process === undefined) throw new Error('The site is not there');
    return this.#process.printed(pattern);
  }

  /** What the server that is at this address has seen so far. */
  seenAt(url: string): readonly Seen[] {
    const port = Number(new URL(url).port);
    return this.#process?.seen.filter((seen) => seen.port === port) ?? [];
  }

  /** A new browser profile: somebody else's computer. */
  async newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    if (this.#browser === undefined) throw new Error('ChatSite.use() starts the browser in a before hook');
    const context = await this.#browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(8_000);
    this.#contexts.push(context);
    return context;
  }

  /** Opens a tab that minds the console. */
  async newPage(context: BrowserContext, address = '/'): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => this.#complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.#complaints.push(message.text());
    });
    await page.goto(new URL(address, this.url).href);
    return page;
  }

  /** Opens the chat in a tab, gives a name and waits until it is in the room. */
  async enter(context: BrowserContext, name: string, room: string): Promise<Page> {
    const page = await this.newPage(context, `/?room=${encodeURIComponent(room)}`);
    await page.getByRole('textbox', { name: 'Your name' }).fill(name);
    await page.getByRole('button', { name: 'Start chatting' }).click();
    await inRoom(page, room);
    return page;
  }

  /** Drops what pages complained about so far, where a test made them: a browser reports each failed dial. */
  forgiveFailedDials(): void {
    const others = this.#complaints.splice(0).filter((text) => !/WebSocket connection to .* failed/.test(text));
    this.#complaints.push(...others);
  }
}

/** Waits until the server has let the page into the room that it shows. */
export async function inRoom(page: Page, room: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: room, exact: true }).waitFor();
  await page.locator('#room-summary', { hasText: /^(You and|Only you)/ }).waitFor();
}

/** Writes a message as a user does, and waits until the server has confirmed it. */
export async function say(page: Page, text: string): Promise<void> {
  const input = page.getByRole('textbox', { name: /^Message in/ });
  await input.fill(text);
  await input.press('Enter');
  await page.locator('.own[data-status="sent"]', { hasText: text }).waitFor();
}

/** Waits for somebody else's message. */
export async function hears(page: Page, text: string): Promise<void> {
  await page.locator('.message:not(.own) .text', { hasText: text }).waitFor();
}

/** The texts on the page, in order. */
export async function conversation(page: Page): Promise<string[]> {
  return page.locator('.message .text').allTextContents();
}

/** The link to a room in the list of rooms. */
export function roomLink(page: Page, room: string) {
  return page.locator('.room-list a', { hasText: room });
}

/** The names in the list of people. */
export async function people(page: Page): Promise<string[]> {
  return page.locator('#people-list .person').allTextContents();
}
