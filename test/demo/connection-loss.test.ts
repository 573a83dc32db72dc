import { expect } from 'chai';
import type { Page, WebSocketRoute } from 'playwright-core';
import { ChatSite, conversation, hears, inRoom, people, say } from '../support/chat-site';

describe('chat site: the connection is lost', function () {
  // A page may wait some seconds before it dials again, and a server is started twice.
  this.timeout(40_000);
  const site = ChatSite.use();

  it('says so, comes back by itself when the server does, and everybody talks again', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'restart');
    const bo = await site.enter(await site.newContext(), 'Bo', 'restart');
    await say(ann, 'before');
    await hears(bo, 'before');

    await site.stop();
    for (const page of [ann, bo]) {
      await page.getByText('The connection is lost.').waitFor();
      expect(await page.locator('#my-state').textContent()).to.equal('Not connected');
    }
    await ann.getByLabel('Message in restart').fill('written meanwhile');
    await ann.keyboard.press('Enter');
    await ann.getByText('Waiting for the connection').waitFor();

    await site.start(Number(new URL(site.url).port));
    // At the same time: the line goes away after some seconds.
    await Promise.all([ann, bo].map((page) => page.getByText('Connected again.').waitFor({ timeout: 25_000 })));
    for (const page of [ann, bo]) await page.locator('#room-summary', { hasText: 'You and 1 other' }).waitFor();
    await ann.locator('.own[data-status="sent"]', { hasText: 'written meanwhile' }).waitFor();
    await say(bo, 'after');
    await hears(ann, 'after');
    await say(ann, 'indeed');
    await hears(bo, 'indeed');
    expect((await conversation(ann)).slice(-2)).to.deep.equal(['after', 'indeed']);
    expect(await people(ann)).to.deep.equal(['Ann (you)', 'Bo']);
    site.forgiveFailedDials();
  });

  it('dials at once when the user asks for it', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'impatient');
    // The longest delay that may be drawn.
    await ann.evaluate("Math.random = () => 1; dispatchEvent(new Event('offline'))");
    await ann.getByText('The connection is lost.').waitFor();
    await ann.getByRole('button', { name: 'Try now' }).click();
    await inRoom(ann, 'impatient');
    site.forgiveFailedDials();
  });

  it('sends again by itself what was not answered, and it is there once', async () => {
    const { page: ann, connections } = await enterBySwitch('Ann', 'again', (message) => !message.includes('lost one'));
    const bo = await site.enter(await site.newContext(), 'Bo', 'again');
    await ann.getByLabel('Message in again').fill('a lost one');
    await ann.keyboard.press('Enter');
    await ann.locator('.own[data-status="sending"]').waitFor();

    letEverythingPass();
    await connections.at(-1)?.close({ code: 1001 });
    await hears(bo, 'a lost one');
    await ann.locator('.own[data-status="sent"]').waitFor();
    for (const page of [ann, bo]) expect(await conversation(page)).to.deep.equal(['a lost one']);
    site.forgiveFailedDials();
  });

  it('says when a message was perhaps not delivered, and sends it again when asked', async () => {
    const { page: ann, connections } = await enterBySwitch(
      'Ann',
      'unconfirmed',
      (message) => !message.includes('lost one'),
    );
    const bo = await site.enter(await site.newContext(), 'Bo', 'unconfirmed');
    await ann.getByLabel('Message in unconfirmed').fill('a lost one');
    await ann.keyboard.press('Enter');
    await ann.locator('.own[data-status="sending"]').waitFor();

    // So long that the server would not know it again.
    await ann.evaluate('{ const now = Date.now; Date.now = () => now() + 120_000; }');
    await connections.at(-1)?.close({ code: 1001 });
    await ann.locator('.status', { hasText: 'Perhaps not delivered' }).waitFor();
    await inRoom(ann, 'unconfirmed');
    letEverythingPass();
    await ann.getByRole('button', { name: 'Send again' }).click();
    await hears(bo, 'a lost one');
    await ann.locator('.own[data-status="sent"]').waitFor();
    expect(await conversation(ann)).to.deep.equal(['a lost one']);
    site.forgiveFailedDials();
  });

  let letEverythingPass = () => {};

  /** Enters by a connection on which the test decides what reaches the server. */
  async function enterBySwitch(
    name: string,
    room: string,
    passes: (message: string) => boolean,
  ): Promise<{ page: Page; connections: WebSocketRoute[] }> {
    const connections: WebSocketRoute[] = [];
    let decide = passes;
    letEverythingPass = () => {
      decide = () => true;
    };
    const page = await site.newPage(await site.newContext(), `/?room=${room}`);
    await page.routeWebSocket(/\/chat\?/, (route) => {
      connections.push(route);
      const server = route.connectToServer();
      route.onMessage((message) => {
        if (decide(String(message))) server.send(message);
      });
    });
    await page.getByRole('textbox', { name: 'Your name' }).fill(name);
    await page.keyboard.press('Enter');
    await inRoom(page, room);
    return { page, connections };
  }
});
