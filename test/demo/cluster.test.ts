import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { ChatSite, conversation, hears, inRoom, people, roomLink, say } from '../support/chat-site';
import { DemoProcess, projectRoot } from '../support/demo-process';

describe('chat site on several nodes', function () {
  // A node is started again after five seconds, Redis after ten.
  this.timeout(60_000);
  const site = ChatSite.use({ cluster: true });

  it('spreads tabs over the nodes, and each says where it is', async () => {
    const tabs = await enterEachNode('spread');
    expect([...tabs.keys()].sort()).to.deep.equal([1, 2, 3]);
    const [page] = tabs.values();
    await page!
      .locator('#node-list li', { hasText: /Node \d\s*1 tab/ })
      .nth(2)
      .waitFor({ state: 'attached' });
    expect(await page!.locator('#node-list [aria-current]').textContent()).to.include(`Node ${await nodeOf(page!)}`);
    await site.printed(/node 1: 1 WebSocket, Redis ready {3}node 2: 1 WebSocket, Redis ready {3}node 3: 1 WebSocket/);
  });

  it('has people of all nodes in one room, with what was said before they came', async () => {
    const tabs = [...(await enterEachNode('one room')).values()];
    const [ann, bo, cy] = tabs as [Page, Page, Page];
    for (const page of tabs) await page.locator('#room-summary', { hasText: 'You and 2 others' }).waitFor();
    expect((await people(ann)).sort()).to.deep.equal(['Person 1 (you)', 'Person 2', 'Person 3']);
    for (const page of tabs) await say(page, `of ${await nodeOf(page)}`);
    for (const [page, ...others] of [
      [ann, bo, cy],
      [bo, ann, cy],
      [cy, ann, bo],
    ] as const) {
      for (const other of others) await hears(page, `of ${await nodeOf(other)}`);
    }
    const all = await conversation(ann);
    expect(all).to.have.length(3);
    for (const page of [bo, cy]) expect(await conversation(page)).to.deep.equal(all);

    await bo.close();
    await ann.locator('.note', { hasText: 'Person 2 left' }).waitFor();
    const late = await site.enter(await site.newContext(), 'Late', 'one room');
    await late.getByText('Said before you came').waitFor();
    expect(await conversation(late)).to.deep.equal(all);
  });

  it('offers the rooms that are open on other nodes', async () => {
    const tabs = [...(await enterEachNode('offered')).values()];
    const elsewhere = await site.enter(await site.newContext(), 'Dee', 'elsewhere');
    await roomLink(elsewhere, 'offered').getByText('3 people').waitFor();
    for (const page of tabs) await roomLink(page, 'elsewhere').getByText('1 person').waitFor({ state: 'attached' });
  });

  it('shows no dashboard: behind the balancer everybody seems to be at this computer', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'no dashboard');
    await ann.locator('#my-state', { hasText: /On node/ }).waitFor();
    expect(await ann.getByRole('link', { name: 'The dashboard' }).count()).to.equal(0);
    expect((await fetch(new URL('/_switchboard/', site.url))).status).to.equal(404);
  });

  it('keeps its session on whichever node', async () => {
    const context = await site.newContext();
    await site.newPage(context, '/');
    const first = await context.cookies();
    for (let times = 0; times < 4; times++) {
      const response = await context.request.get(site.url);
      expect(response.headers()['set-cookie']).to.equal(undefined);
    }
    expect(await context.cookies()).to.deep.equal(first);
  });

  it('moves the tabs of a node that is killed, and they miss nothing', async () => {
    const tabs = await enterEachNode('moved');
    const ann = tabs.get(2)!;
    const bo = tabs.get(1)!;
    await say(bo, 'before');
    await hears(ann, 'before');
    const [notes, present] = [await bo.locator('.note').allTextContents(), await people(bo)];
    // The longest delay that may be drawn.
    await ann.evaluate('Math.random = () => 1');
    const [, pid] = await site.printed(/node 2 is process (\d+)/);
    process.kill(Number(pid), 'SIGKILL');
    await ann.getByText('The connection is lost.').waitFor();
    const said = ['one', 'two', 'three'];
    for (const text of said) await say(bo, text);
    await ann.locator('#my-state', { hasText: /On node [13]/ }).waitFor();
    await inRoom(ann, 'moved');
    await hears(ann, 'three');
    await say(ann, 'here again');
    await hears(bo, 'here again');
    for (const page of [ann, bo]) {
      expect(await conversation(page)).to.deep.equal(['before', ...said, 'here again']);
      expect(await page.locator('.gap-line').count()).to.equal(0);
    }
    // She is the same person, by another connection.
    expect(await bo.locator('.note').allTextContents()).to.deep.equal(notes);
    await bo.locator('#node-list li', { hasText: 'Node 2' }).getByText('away').waitFor({ state: 'attached' });
    expect(await people(bo)).to.deep.equal(present);
    await site.printed(/node 2 has died \(SIGKILL\); in 5 s it is started again/);
    await bo
      .locator('#node-list [data-state="here"]', { hasText: 'Node 2' })
      .waitFor({ state: 'attached', timeout: 20_000 });
    site.forgiveFailedDials();
  });

  it('goes on while Redis is away, and everybody has everything once when it is back', async () => {
    const tabs = await enterEachNode('apart');
    const ann = tabs.get(1)!;
    const bo = tabs.get(2)!;
    // A fourth one shares a node with one of them.
    const dee = await site.enter(await site.newContext(), 'Dee', 'apart');
    const neighbour = tabs.get(await nodeOf(dee))!;
    const [stranger] = [ann, bo].filter((page) => page !== neighbour) as [Page];
    await say(ann, 'together');
    await hears(bo, 'together');
    await hears(dee, 'together');

    const [, pid] = await site.printed(/Redis is process (\d+)/);
    process.kill(Number(pid), 'SIGKILL');
    for (const page of [dee, neighbour, stranger])
      await page.getByText('Your node does not reach the others.').waitFor();
    await send(dee, 'to my neighbour');
    await neighbour.locator('.message[data-status="pending"]', { hasText: 'to my neighbour' }).waitFor();
    await send(stranger, 'from elsewhere');
    await stranger.locator('.own[data-status="sending"]', { hasText: 'from elsewhere' }).waitFor();
    expect(await stranger.locator('.message', { hasText: 'to my neighbour' }).count()).to.equal(0);

    // Whoever comes now gets what was said before when that can be read.
    const late = await site.enter(await site.newContext(), 'Late', 'apart');
    await late.getByText('Earlier messages cannot be read now.').waitFor();

    await site.printed(/Redis is there again/);
    await late.getByText('Said before you came').waitFor();
    await hears(stranger, 'to my neighbour');
    await hears(neighbour, 'from elsewhere');
    await hears(dee, 'from elsewhere');
    for (const page of [dee, neighbour, stranger]) {
      await page.getByText('Your node does not reach the others.').waitFor({ state: 'hidden' });
      await page.locator('.message:not([data-status="sent"])').first().waitFor({ state: 'detached' });
    }
    const all = await conversation(dee);
    expect([...all].sort()).to.deep.equal(['from elsewhere', 'to my neighbour', 'together']);
    for (const page of [neighbour, stranger, late]) expect(await conversation(page)).to.deep.equal(all);
    for (const page of [dee, neighbour, stranger]) expect(await page.locator('.gap-line').count()).to.equal(0);
    await say(stranger, 'together again');
    await hears(dee, 'together again');
  });

  it('ends everything on Ctrl-C, and leaves nothing behind', async () => {
    const pids = await Promise.all(
      [/node 1 is process (\d+)/, /node 3 is process (\d+)/, /Redis is there again \(process (\d+)/].map(
        async (pattern) => Number((await site.printed(pattern))[1]),
      ),
    );
    const tab = await site.enter(await site.newContext(), 'Ann', 'the end');
    const [, folder] = await site.printed(/in (\/\S+switchboard-demo-\S+), which is deleted/);
    expect(existsSync(folder!)).to.equal(true);
    expect(await site.stop('SIGINT')).to.equal(0);
    await tab.getByText('The connection is lost.').waitFor();
    for (const pid of pids) expect(() => process.kill(pid, 0)).to.throw('ESRCH');
    expect(existsSync(folder!)).to.equal(false);
    site.forgiveFailedDials();
  });

  /** Opens tabs, each somebody else's, until there is one on each node: three, since a new one goes where the fewest are. */
  async function enterEachNode(room: string): Promise<Map<number, Page>> {
    const none = '0 WebSockets, Redis ready';
    // Those of the test before are gone: of what is printed of all nodes, it is the last line.
    await site.printed(new RegExp(`node 1: ${none} {3}node 2: ${none} {3}node 3: ${none}\n(?!(?:.*\n)*node 1: )`));
    const tabs = new Map<number, Page>();
    for (let count = 0; count < 3; count++) {
      const page = await site.enter(await site.newContext(), `Person ${count + 1}`, room);
      tabs.set(await nodeOf(page), page);
    }
    return tabs;
  }
});

async function nodeOf(page: Page): Promise<number> {
  const state = page.locator('#my-state', { hasText: /node \d/ });
  return Number(/node (\d)/.exec((await state.textContent()) ?? '')?.[1]);
}

/** Writes a message, and does not wait for the server to have it. */
async function send(page: Page, text: string): Promise<void> {
  const input = page.getByRole('textbox', { name: /^Message in/ });
  await input.fill(text);
  await input.press('Enter');
}

describe('demo:cluster', function () {
  this.timeout(30_000);

  it('says what to install where Redis is not, and ends with 1', async () => {
    const cluster = DemoProcess.cluster(0, { PATH: path.join(projectRoot, 'demo') });
    expect(await cluster.exited()).to.equal(1);
    expect(cluster.output).to.include('On Debian and Ubuntu: apt-get install redis-server');
    expect(cluster.output).to.include('REDIS_URL=');
    expect(cluster.output).to.not.include('    at ');
  });
});
