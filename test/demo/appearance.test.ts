import { expect } from 'chai';
import { ChatSite, hears, inRoom, roomLink, say } from '../support/chat-site';

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** What people read, and what it stands on. WCAG 2.2 wants a contrast of 4.5 for it (AA). */
const texts = [
  '#room-title',
  '#room-summary',
  '#people-title',
  '.person',
  '.person .quiet',
  '.room-list .room',
  '.badge',
  '.author',
  '.text',
  '.text a',
  '.own .text',
  '.own .time',
  '.message:not(.own) .time',
  '.note',
  '.unread-line',
  '.avatar',
  '#my-state',
  '.room-form label',
];

describe('chat site: appearance', function () {
  this.timeout(30_000);
  const site = ChatSite.use();
  let inPage: typeof import('../support/in-page.mjs');

  before(async () => {
    inPage = await import('../support/in-page.mjs');
  });

  it('has no horizontal scrolling on a phone, whatever is said', async () => {
    const ann = await site.enter(
      await site.newContext(phone),
      `Ann${'n'.repeat(36)}`,
      `a room ${'with a long name '.repeat(3)}`.trim(),
    );
    await say(ann, 'long'.repeat(200));
    await say(ann, `https://example.org/${'path'.repeat(60)}`);
    expect(await ann.evaluate(inPage.overflow)).to.deep.equal([]);
    await ann.getByRole('button', { name: 'Rooms' }).tap();
    await ann.getByLabel('Join or create a room').waitFor();
    expect(await ann.evaluate(inPage.overflow)).to.deep.equal([]);
    const echo = await site.newPage(await site.newContext(phone), '/echo');
    expect(await echo.evaluate(inPage.overflow)).to.deep.equal([]);
  });

  it('has rooms and people behind buttons on a phone', async () => {
    const ann = await site.enter(await site.newContext(phone), 'Ann', 'phone');
    const bo = await site.enter(await site.newContext(), 'Bo', 'help');
    expect(await ann.getByLabel('Join or create a room').isVisible()).to.equal(false);
    await ann.getByRole('button', { name: 'Rooms' }).tap();
    await roomLink(ann, 'help').tap();
    await inRoom(ann, 'help');
    expect(await ann.getByLabel('Join or create a room').isVisible()).to.equal(false);

    await ann.getByRole('button', { name: 'Rooms' }).tap();
    await roomLink(ann, 'phone').tap();
    await say(bo, 'You are elsewhere');
    await ann.locator('#rooms-badge', { hasText: '1' }).waitFor();
    expect(await ann.getByRole('button', { name: 'Rooms 1 unread' }).count()).to.equal(1);
    await ann.getByRole('button', { name: 'People here' }).tap();
    await ann.locator('.person', { hasText: 'Ann (you)' }).waitFor();
    await ann.keyboard.press('Escape');
    expect(await ann.locator('.person', { hasText: 'Ann (you)' }).isVisible()).to.equal(false);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has enough contrast in ${colorScheme} colours`, async () => {
      const room = `contrast ${colorScheme}`;
      const ann = await site.enter(await site.newContext({ colorScheme }), 'Ann', room);
      const bo = await site.enter(await site.newContext({ colorScheme }), 'Bo', room);
      await say(ann, 'See https://example.org/');
      await ann.getByLabel('Join or create a room').fill('aside');
      await ann.keyboard.press('Enter');
      await inRoom(ann, 'aside');
      await say(bo, 'See https://example.org/');
      await roomLink(ann, room).getByText('1 unread').waitFor();
      const badge = await ann.evaluate(inPage.contrasts, ['.badge']);
      await roomLink(ann, room).click();
      await inRoom(ann, room);
      const others = await ann.evaluate(
        inPage.contrasts,
        texts.filter((selector) => selector !== '.badge'),
      );
      const cy = await site.enter(await site.newContext({ colorScheme }), 'Cy', room);
      await cy.getByText('Said before you came').waitFor();
      const earlier = await cy.evaluate(inPage.contrasts, ['.here-line span', '.earlier span']);
      const low = Object.entries({ ...badge, ...others, ...earlier }).filter(
        ([, contrast]) => contrast === null || contrast < 4.5,
      );
      expect(low).to.deep.equal([]);
    });
  }

  it('can be used with the keyboard alone', async () => {
    const ann = await site.newPage(await site.newContext(), '/?room=keys');
    await ann.keyboard.type('Ann');
    await ann.keyboard.press('Enter');
    await inRoom(ann, 'keys');
    await ann.keyboard.type('typed at once');
    await ann.keyboard.press('Enter');
    await ann.locator('.own[data-status="sent"]').waitFor();

    const seen: string[] = [];
    for (let stop = 0; stop < 20; stop++) {
      await ann.keyboard.press('Tab');
      const { name, outlined } = await ann.evaluate(inPage.focused);
      if (name === 'text') break;
      if (name !== '') expect(outlined, `outline of ${name}`).to.not.equal('none');
      seen.push(name);
    }
    expect(seen).to.include.members(['keys', 'general', 'room-name', 'Join', 'rename', 'copy-link', 'leave', 'log']);
  });

  it('tells a screen reader what others say, who comes and goes, and the state of the connection', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'heard');
    const bo = await site.enter(await site.newContext(), 'Bo', 'heard');
    await say(bo, 'Can you hear me?');
    await hears(ann, 'Can you hear me?');
    await bo.close();
    await ann.locator('.note', { hasText: 'Bo left' }).waitFor();
    const announcements = ann.getByRole('log', { name: 'Announcements' }).locator('p');
    expect(await announcements.allTextContents()).to.deep.equal(['Bo joined', 'Bo: Can you hear me?', 'Bo left']);
    expect(await ann.locator('#connection-text').getAttribute('role')).to.equal('status');
  });

  it('has a language, one main part, a heading, and a name for every control', async () => {
    for (const address of ['/', '/echo']) {
      const page = await site.newPage(await site.newContext(), address);
      if (address === '/') {
        await page.getByRole('textbox', { name: 'Your name' }).fill('Ann');
        await page.keyboard.press('Enter');
        await inRoom(page, 'general');
      }
      expect(await page.locator('html').getAttribute('lang')).to.equal('en');
      expect(await page.getByRole('main').count(), `main of ${address}`).to.equal(1);
      expect(await page.getByRole('heading', { level: 1 }).count(), `h1 of ${address}`).to.equal(1);
      for (const role of ['button', 'textbox', 'link'] as const) {
        const all = await page.getByRole(role).count();
        const named = await page.getByRole(role, { name: /\S/ }).count();
        expect(named, `${role} with a name on ${address}`).to.equal(all);
      }
    }
  });
});
