import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { ChatSite, hears, inRoom, say } from '../support/chat-site';

interface Row {
  name: string;
  secure: boolean;
  browserArguments: string[];
  /** What the pages show. */
  protocol: string;
  /** What `req.httpVersion` says. */
  version: string;
  /** Connections that the WebSocket of a page opens. */
  opened: number;
}

const rows: Row[] = [
  { name: 'https', secure: true, browserArguments: [], protocol: 'HTTP/2', version: '2.0', opened: 0 },
  {
    name: 'https, by a browser without HTTP/2',
    secure: true,
    browserArguments: ['--disable-http2'],
    protocol: 'HTTP/1.1',
    version: '1.1',
    opened: 1,
  },
  { name: 'http', secure: false, browserArguments: [], protocol: 'HTTP/1.1', version: '1.1', opened: 1 },
];

for (const { name, secure, browserArguments, protocol, version, opened } of rows) {
  describe(`chat site: protocols, over ${name}`, function () {
    this.timeout(30_000);
    const site = ChatSite.use({ browserArguments });
    const address = (path: string) => new URL(path, secure ? site.secureUrl : site.url).href;
    const connections = () => site.seenAt(address('/')).filter(({ kind }) => kind === 'connection').length;
    const shown = (page: Page) => page.locator('#protocols', { hasText: /WebSocket/ }).textContent();

    it(`carries the page, what belongs to it, and its WebSocket by ${protocol}`, async () => {
      const ann = await site.newPage(await site.newContext(), address('/?room=protocols'));
      await ann.waitForLoadState('networkidle');
      const before = connections();
      expect(before).to.be.above(0);
      await ann.getByRole('textbox', { name: 'Your name' }).fill('Ann');
      await ann.keyboard.press('Enter');
      await inRoom(ann, 'protocols');
      await ann.locator('#open-rooms', { hasText: 'help' }).waitFor({ state: 'attached' });
      expect(await shown(ann)).to.equal(`Page: ${protocol} · WebSocket: ${protocol}`);
      expect(connections() - before).to.equal(opened);

      const answers = site.seenAt(address('/')).filter((seen) => seen.kind === 'answer');
      expect(answers.map(({ path }) => path)).to.include.members(['/?room=protocols', '/chat.mjs', '/theme.css']);
      expect(answers.filter((answer) => answer.version !== version)).to.deep.equal([]);
    });

    it('lets those talk who came by different ones', async () => {
      const room = `both ${name}`;
      const ann = await site.newPage(await site.newContext(), address(`/?room=${room}`));
      await ann.getByRole('textbox', { name: 'Your name' }).fill('Ann');
      await ann.keyboard.press('Enter');
      await inRoom(ann, room);
      const bo = await site.enter(await site.newContext(), 'Bo', room);
      await say(ann, 'over there');
      await hears(bo, 'over there');
      await say(bo, 'and back');
      await hears(ann, 'and back');
    });

    it('keeps the session', async () => {
      const context = await site.newContext();
      await site.newPage(context, address('/'));
      const first = await context.cookies();
      expect(first.map((cookie) => cookie.name)).to.deep.equal(['connect.sid']);
      await site.newPage(context, address('/echo'));
      expect(await context.cookies()).to.deep.equal(first);
    });

    it('says on the echo page which it is', async () => {
      const page = await site.newPage(await site.newContext(), address('/echo'));
      await page.getByLabel('Message').fill('hello');
      await page.getByRole('status').getByText('Connected').waitFor();
      await page.keyboard.press('Enter');
      await page.locator('#echoes li').waitFor();
      expect(await page.locator('#echoes p').allTextContents()).to.deep.equal(['hello']);
      expect(await shown(page)).to.equal(`Page: ${protocol} · WebSocket: ${protocol}`);
    });
  });
}
