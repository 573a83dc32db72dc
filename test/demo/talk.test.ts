import { expect } from 'chai';
import { WebSocket } from 'undici';
import { ChatSite, conversation, hears, inRoom, people, roomLink, say } from '../support/chat-site';

describe('chat site: people talk', function () {
  this.timeout(30_000);
  const site = ChatSite.use();

  it('lets two tabs of one browser talk to each other', async () => {
    const browser = await site.newContext();
    const ann = await site.enter(browser, 'Ann', 'talk');
    const bo = await site.enter(browser, 'Bo', 'talk');

    await say(ann, 'Hello, Bo');
    await hears(bo, 'Hello, Bo');
    await say(bo, 'Hello, Ann');
    await hears(ann, 'Hello, Ann');

    for (const page of [ann, bo]) expect(await conversation(page)).to.deep.equal(['Hello, Bo', 'Hello, Ann']);
    expect(await bo.locator('.message:not(.own) .author').allTextContents()).to.deep.equal(['Ann']);
    expect(await ann.locator('.message time').first().textContent()).to.match(/^\d\d:\d\d$/);
  });

  it('shows messages in the order of the server, ours below until they are confirmed', async () => {
    const ann = await site.newPage(await site.newContext(), '/?room=order');
    const held: (() => void)[] = [];
    await ann.routeWebSocket(/\/chat\?/, (page) => {
      const server = page.connectToServer();
      server.onMessage((message) => {
        if (String(message).includes('"type":"sent"')) held.push(() => page.send(message));
        else page.send(message);
      });
    });
    await ann.getByRole('textbox', { name: 'Your name' }).fill('Ann');
    await ann.keyboard.press('Enter');
    await inRoom(ann, 'order');
    const bo = await site.enter(await site.newContext(), 'Bo', 'order');

    await ann.getByLabel('Message in order').fill('first');
    await ann.keyboard.press('Enter');
    await hears(bo, 'first');
    await say(bo, 'second');
    await hears(ann, 'second');
    expect(await conversation(ann)).to.deep.equal(['second', 'first']);
    expect(await ann.locator('.own').getAttribute('data-status')).to.equal('sending');

    for (const release of held.splice(0)) release();
    await ann.locator('.own[data-status="sent"]').waitFor();
    expect(await conversation(ann)).to.deep.equal(['first', 'second']);
  });

  it('keeps rooms apart', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'left room');
    const bo = await site.enter(await site.newContext(), 'Bo', 'right room');
    const cy = await site.enter(await site.newContext(), 'Cy', 'left room');

    await say(ann, 'only on the left');
    await say(bo, 'only on the right');
    await hears(cy, 'only on the left');
    await say(cy, 'the end');
    await hears(ann, 'the end');

    expect(await conversation(ann)).to.deep.equal(['only on the left', 'the end']);
    expect(await conversation(bo)).to.deep.equal(['only on the right']);
    expect(await people(ann)).to.deep.equal(['Ann (you)', 'Cy']);
    expect(await people(bo)).to.deep.equal(['Bo (you)']);
  });

  it('marks what is unread in another room, and takes the mark away when it is read', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'hall');
    await ann.getByLabel('Join or create a room').fill('elsewhere');
    await ann.keyboard.press('Enter');
    await inRoom(ann, 'elsewhere');
    const bo = await site.enter(await site.newContext(), 'Bo', 'hall');

    await say(bo, 'one');
    await say(bo, 'two');
    await roomLink(ann, 'hall').getByText('2 unread').waitFor();
    expect(await ann.title()).to.equal('(2) elsewhere · Switchboard');

    await roomLink(ann, 'hall').click();
    await inRoom(ann, 'hall');
    await ann.getByText('New', { exact: true }).waitFor();
    expect(await ann.title()).to.equal('hall · Switchboard');
    expect(await roomLink(ann, 'hall').locator('.badge').isVisible()).to.equal(false);
    expect(
      await ann.locator('.messages > li').evaluateAll((items) => items.map((item) => item.className)),
    ).to.deep.equal(['note', 'line unread-line', 'message', 'message together']);

    await say(ann, 'read');
    expect(await ann.getByText('New', { exact: true }).count()).to.equal(0);
  });

  it('tells the others when a tab is closed', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'leaving');
    const bo = await site.enter(await site.newContext(), 'Bo', 'leaving');
    await ann.locator('.note', { hasText: 'Bo joined' }).waitFor();
    await bo.close();
    await ann.locator('.note', { hasText: 'Bo left' }).waitFor();
    expect(await people(ann)).to.deep.equal(['Ann (you)']);
    expect(await ann.locator('#room-summary').textContent()).to.equal('Only you are here so far');
  });

  it('shows hostile text as text', async () => {
    const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script> &amp; javascript:alert(1)';
    const ann = await site.enter(await site.newContext(), 'Ann', 'hostile');
    const bo = await site.enter(await site.newContext(), '<b>Bo</b>', 'hostile');
    await say(bo, hostile);
    await hears(ann, 'alert(1)');
    expect(await conversation(ann)).to.deep.equal([hostile]);
    expect(await ann.locator('.message img, .message script, .message a, .message b, #people-list b').count()).to.equal(
      0,
    );
    expect(await people(ann)).to.deep.equal(['Ann (you)', '<b>Bo</b>']);
  });

  it('makes links of http and https addresses only, and opens them apart from the page', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'links');
    await say(ann, 'See (https://example.org/a?b=1&c=2), http://example.org. Not ftp://example.org.');
    const links = await ann.locator('.message a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    expect(links).to.deep.equal(['https://example.org/a?b=1&c=2', 'http://example.org']);
    expect(await ann.locator('.message a').first().getAttribute('rel')).to.equal('noopener noreferrer');
  });

  it('keeps line breaks, and sends with Enter but not with Shift+Enter', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'lines');
    const input = ann.getByLabel('Message in lines');
    await input.pressSequentially('one');
    await input.press('Shift+Enter');
    await input.pressSequentially('two');
    await input.press('Enter');
    await ann.locator('.own[data-status="sent"]').waitFor();
    expect(await conversation(ann)).to.deep.equal(['one\ntwo']);
    expect(await input.inputValue()).to.equal('');
  });

  it('keeps the newest 500 lines, and does not move who reads older ones', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'crowd');
    const bo = new WebSocket(new URL('/chat/crowd?name=Bo', site.url).href.replace('http', 'ws'));
    await new Promise((resolve) => bo.addEventListener('open', resolve));
    const tell = (text: string) => bo.send(JSON.stringify({ type: 'message', text }));
    for (let number = 1; number <= 600; number++) tell(`number ${number}`);
    await hears(ann, 'number 600');
    expect(await ann.locator('.messages > li').count()).to.equal(500);
    expect((await conversation(ann)).at(0)).to.equal('number 101');

    const older = ann.locator('.message', { hasText: 'number 300' });
    await older.scrollIntoViewIfNeeded();
    const before = await older.boundingBox();
    tell('number 601');
    await ann.getByRole('button', { name: 'New messages below' }).waitFor();
    const after = await older.boundingBox();
    expect(after?.y).to.be.closeTo(before?.y ?? Number.NaN, 1);
    await ann.getByRole('button', { name: 'New messages below' }).click();
    const newest = ann.locator('.message', { hasText: 'number 601' });
    await newest.waitFor();
    const { y = 0, height = 0 } = (await newest.boundingBox()) ?? {};
    expect(y + height).to.be.within(1, ann.viewportSize()!.height);
    expect(await ann.getByRole('button', { name: 'New messages below' }).count()).to.equal(0);
    bo.close();
  });

  it('does not send what is empty', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'empty');
    const input = ann.getByLabel('Message in empty');
    await input.fill('   ');
    await input.press('Enter');
    await say(ann, 'something');
    expect(await conversation(ann)).to.deep.equal(['something']);
  });

  it('changes a name in every room, and the others see it', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'names');
    const bo = await site.enter(await site.newContext(), 'Bo', 'names');
    await bo.getByRole('button', { name: 'Change your name' }).click();
    await bo.getByRole('textbox', { name: 'Your name' }).fill('Barbara');
    await bo.keyboard.press('Enter');
    await ann.locator('#people-list', { hasText: 'Barbara' }).waitFor();
    expect(await people(ann)).to.deep.equal(['Ann (you)', 'Barbara']);
    await inRoom(bo, 'names');
    expect(await people(bo)).to.deep.equal(['Barbara (you)', 'Ann']);
    await say(bo, 'It is me');
    await hears(ann, 'It is me');
    expect(await ann.locator('.author').last().textContent()).to.equal('Barbara');
  });

  it('does not change the name when the dialog is cancelled', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'cancelled');
    for (const cancel of [
      () => ann.getByRole('button', { name: 'Cancel' }).click(),
      () => ann.keyboard.press('Escape'),
    ]) {
      await ann.getByRole('button', { name: 'Change your name' }).click();
      await ann.getByRole('textbox', { name: 'Your name' }).fill('Somebody');
      await cancel();
      await ann.getByRole('dialog').waitFor({ state: 'hidden' });
    }
    expect(await people(ann)).to.deep.equal(['Ann (you)']);
  });
});
