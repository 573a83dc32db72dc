import { once } from 'node:events';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { WebSocket } from 'undici';
import { ChatSite, conversation, hears, inRoom, people, say } from '../support/chat-site';

describe('chat site: what was said before and meanwhile', function () {
  // A server is started twice.
  this.timeout(40_000);
  const site = ChatSite.use();
  const talkers: WebSocket[] = [];

  afterEach(async () => {
    await Promise.all(talkers.splice(0).map(hangUp));
  });

  it('shows who comes what was said before, marked, the latest first', async () => {
    const bo = await talker('before');
    await tell(bo, 3);
    const ann = await site.enter(await site.newContext(), 'Ann', 'before');
    await ann.getByText('Said before you came').waitFor();
    await tell(bo, 1, 4);
    await hears(ann, 'number 4');
    expect(await lines(ann)).to.deep.equal(['number 1', 'number 2', 'number 3', 'Said before you came', 'number 4']);
    await ann.getByText('Nothing earlier is kept.').waitFor();
    expect(await ann.getByRole('button', { name: 'Show earlier messages' }).count()).to.equal(0);
  });

  it('says that nothing was said where nothing was', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'silent');
    expect(await ann.getByText('Said before you came').count()).to.equal(0);
    await ann.locator('.messages.read').waitFor({ state: 'attached' });
    const shown = "getComputedStyle(document.querySelector('.messages'), '::before').content";
    expect(await ann.evaluate(shown)).to.equal('"Nothing has been said here yet. Say hello."');
  });

  it('reads older ones when asked, and by scrolling up, and what is read does not move', async () => {
    const bo = await talker('long');
    await tell(bo, 180);
    const ann = await site.enter(await site.newContext(), 'Ann', 'long');
    await ann.getByText('Said before you came').waitFor();
    expect(await numbers(ann)).to.deep.equal(range(131, 180));

    // By the keyboard: without scrolling there.
    const oldest = ann.locator('.message', { hasText: 'number 131' });
    const button = ann.getByRole('button', { name: 'Show earlier messages' });
    await button.focus();
    await ann.locator('.message').nth(99).waitFor({ state: 'attached' });
    const y = (await oldest.boundingBox())?.y;
    await button.press('Enter');
    await ann.locator('.message').nth(149).waitFor({ state: 'attached' });
    expect((await oldest.boundingBox())?.y).to.be.closeTo(y ?? Number.NaN, 1);
    expect(await ann.locator(':focus').textContent()).to.equal('Show earlier messages');

    await ann.locator('#log').hover();
    while (!(await ann.getByText('Nothing earlier is kept.').isVisible())) await ann.mouse.wheel(0, -2000);
    expect(await numbers(ann)).to.deep.equal(range(1, 180));
    await tell(bo, 1, 181);
    await ann.getByRole('button', { name: 'New messages below' }).waitFor();
    await ann.locator('.message').nth(180).waitFor({ state: 'attached' });
  });

  it('reads again what has left the page', async () => {
    const bo = await talker('left the page');
    const ann = await site.enter(await site.newContext(), 'Ann', 'left the page');
    await tell(bo, 520);
    await hears(ann, 'number 520');
    expect((await numbers(ann))[0]).to.be.above(20);
    await ann.getByRole('button', { name: 'Show earlier messages' }).click();
    await ann.getByText('Nothing earlier is kept.').waitFor();
    expect(await numbers(ann)).to.deep.equal(range(1, 520));
  });

  it('knows what one has said oneself after a reload', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'reloaded');
    const bo = await site.enter(await site.newContext(), 'Bo', 'reloaded');
    await say(ann, 'mine');
    await hears(bo, 'mine');
    await say(bo, 'of Bo');
    await hears(ann, 'of Bo');
    await ann.reload();
    await ann.getByText('Said before you came').waitFor();
    expect(await ann.locator('.own .text').allTextContents()).to.deep.equal(['mine']);
    expect(await conversation(ann)).to.deep.equal(['mine', 'of Bo']);
    expect(await people(bo)).to.deep.equal(['Bo (you)', 'Ann']);
  });

  it('takes a duplicated tab for the same person', async () => {
    const browser = await site.newContext();
    const first = await site.enter(browser, 'Ann', 'twice');
    const tab = await first.evaluate<string>('sessionStorage.getItem("tab")');
    const bo = await site.enter(await site.newContext(), 'Bo', 'twice');
    const second = await browser.newPage();
    await second.addInitScript(`sessionStorage.setItem('tab', ${JSON.stringify(tab)})`);
    await second.goto(first.url());
    await second.getByRole('textbox', { name: 'Your name' }).press('Enter');
    await inRoom(second, 'twice');
    for (const page of [first, second, bo]) await page.locator('.person', { hasText: /^Ann.* · 2 tabs$/ }).waitFor();
    expect(await people(second)).to.deep.equal(['Ann (you) · 2 tabs', 'Bo']);
    expect(await bo.locator('#room-summary').textContent()).to.equal('You and 1 other');
    await say(first, 'I am here twice');
    await second.locator('.own .text', { hasText: 'I am here twice' }).waitFor();
    await second.close();
    await bo.locator('.person', { hasText: /^Ann$/ }).waitFor();
    expect(await people(first)).to.deep.equal(['Ann (you)', 'Bo']);
    expect(await bo.locator('.note').allTextContents()).to.deep.equal([]);
  });

  it('brings what was said while the connection was lost, in its place, before what is said then', async () => {
    const bo = await talker('meanwhile');
    const browser = await site.newContext();
    const ann = await site.enter(browser, 'Ann', 'meanwhile');
    await tell(bo, 2);
    await hears(ann, 'number 2');
    await browser.setOffline(true);
    await ann.getByText('The connection is lost.').waitFor();
    await ann.getByLabel('Message in meanwhile').fill('written meanwhile');
    await ann.keyboard.press('Enter');
    await ann.getByText('Waiting for the connection').waitFor();
    await tell(bo, 60, 3);
    await browser.setOffline(false);
    await ann.locator('.own[data-status="sent"]').waitFor();
    await tell(bo, 1, 63);
    await hears(ann, 'number 63');
    const texts = (await conversation(ann)).map((text) => text.replace('number ', ''));
    expect(texts).to.deep.equal([...range(1, 62).map(String), 'written meanwhile', '63']);
    expect(await ann.locator('.gap-line').count()).to.equal(0);
    site.forgiveFailedDials();
  });

  it('marks where something may be missing, when the server has lost it', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'lost');
    await say(ann, 'one');
    await site.stop();
    await ann.getByText('The connection is lost.').waitFor();
    await ann.getByLabel('Message in lost').fill('said meanwhile');
    await ann.keyboard.press('Enter');
    await site.start(Number(new URL(site.url).port));
    const bo = await talker('lost');
    await tell(bo, 2);
    await ann.getByText('Connected again.').waitFor({ timeout: 25_000 });
    await ann.locator('.own[data-status="sent"]', { hasText: 'said meanwhile' }).waitFor();
    expect(await lines(ann)).to.deep.equal([
      'one',
      'Something may be missing here',
      'number 1',
      'number 2',
      'said meanwhile',
    ]);
    await tell(bo, 1, 3);
    await hears(ann, 'number 3');
    expect((await conversation(ann)).at(-1)).to.equal('number 3');
    const heard = await ann.getByRole('log', { name: 'Announcements' }).locator('p').allTextContents();
    expect(heard).to.include('Something may be missing here');
    site.forgiveFailedDials();
  });

  /** Somebody without a browser, who is in the room. */
  async function talker(room: string): Promise<WebSocket> {
    const url = new URL(`/chat/${encodeURIComponent(room)}?name=Bo`, site.url);
    const socket = new WebSocket(url.href.replace('http', 'ws'));
    talkers.push(socket);
    await heardOf(socket, 'joined', 1);
    return socket;
  }

  /** Says `number 1` and so on, and waits until the server has all of it. */
  async function tell(socket: WebSocket, count: number, first = 1): Promise<void> {
    const sent = heardOf(socket, 'sent', count);
    for (const number of range(first, first + count - 1)) {
      socket.send(JSON.stringify({ type: 'message', text: `number ${number}` }));
    }
    await sent;
  }
});

function heardOf(socket: WebSocket, type: string, count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    socket.addEventListener('message', function listener({ data }) {
      if (JSON.parse(String(data)).type !== type) return;
      left--;
      if (left > 0) return;
      socket.removeEventListener('message', listener);
      resolve();
    });
  });
}

async function hangUp(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = once(socket as unknown as EventTarget, 'close');
  socket.close();
  await closed;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

async function numbers(page: Page): Promise<number[]> {
  return (await conversation(page)).map((text) => Number(text.replace('number ', '')));
}

/** Messages and the lines between them, in order; without who came and went. */
async function lines(page: Page): Promise<string[]> {
  return page.locator('.messages .text, .messages .line').allTextContents();
}
