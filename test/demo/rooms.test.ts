import { expect } from 'chai';
import { ChatSite, conversation, hears, inRoom, roomLink, say } from '../support/chat-site';

describe('chat site: rooms and addresses', function () {
  this.timeout(30_000);
  const site = ChatSite.use();

  it('offers rooms, and one click joins', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'mine');
    await ann.locator('#open-rooms').getByText('help').click();
    await inRoom(ann, 'help');
    expect(await ann.locator('#joined-rooms .room').allTextContents()).to.deep.equal(['mine', 'help']);
    expect(await ann.locator(':focus').getAttribute('id')).to.equal('text');
  });

  it('offers the rooms that others make, with how many are in them, and takes them back when they are empty', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'general');
    const bo = await site.enter(await site.newContext(), 'Bo', 'made by Bo');
    const offered = ann.locator('#open-rooms a', { hasText: 'made by Bo' });
    await offered.getByText('1 person').waitFor();
    const cy = await site.enter(await site.newContext(), 'Cy', 'made by Bo');
    await offered.getByText('2 people').waitFor();
    await bo.close();
    await cy.close();
    await offered.waitFor({ state: 'detached' });
  });

  it('brings a link to its room, however the room is called', async () => {
    const room = 'Größe & <Form> 100% + #1?';
    const ann = await site.enter(await site.newContext(), 'Ann', room);
    await ann.getByLabel('Join or create a room').fill('elsewhere');
    await ann.keyboard.press('Enter');
    await inRoom(ann, 'elsewhere');
    await roomLink(ann, room).click();
    await inRoom(ann, room);
    expect(new URL(ann.url()).searchParams.get('room')).to.equal(room);
  });

  it('says to which room a link invites', async () => {
    const page = await site.newPage(await site.newContext(), '/?room=tea%20break');
    await page.getByText('You are invited to “tea break”').waitFor();
  });

  it('copies a link to the room', async () => {
    const browser = await site.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const ann = await site.enter(browser, 'Ann', 'to share');
    await ann.getByRole('button', { name: 'Copy a link to this room' }).click();
    await ann.locator('#room-summary', { hasText: 'Link copied' }).waitFor();
    const link = await ann.evaluate('navigator.clipboard.readText()');
    expect(link).to.equal(new URL('/?room=to+share', site.url).href);
  });

  it('finds name and rooms again after a reload', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'first');
    await ann.getByLabel('Join or create a room').fill('second');
    await ann.keyboard.press('Enter');
    await inRoom(ann, 'second');
    await ann.reload();
    await inRoom(ann, 'second');
    expect(await ann.locator('#my-name').textContent()).to.equal('Ann');
    expect(await ann.locator('#joined-rooms .room').allTextContents()).to.deep.equal(['first', 'second']);
  });

  it('asks a new tab for a name, and offers the last one', async () => {
    const browser = await site.newContext();
    await site.enter(browser, 'Ann', 'tabs');
    const second = await site.newPage(browser, '/');
    const input = second.getByRole('textbox', { name: 'Your name' });
    expect(await input.inputValue()).to.equal('Ann');
    await input.press('Enter');
    await second.locator('#my-state', { hasText: 'Connected' }).waitFor();
    expect(await second.locator('#joined-rooms .room').allTextContents()).to.include('tabs');
  });

  it('goes back and forward through rooms', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'one');
    await ann.getByLabel('Join or create a room').fill('two');
    await ann.keyboard.press('Enter');
    await inRoom(ann, 'two');
    await ann.goBack();
    await inRoom(ann, 'one');
    await ann.goForward();
    await inRoom(ann, 'two');
  });

  it('keeps a draft for each room', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'drafts');
    await ann.getByLabel('Message in drafts').fill('not yet');
    await ann.getByLabel('Join or create a room').fill('other drafts');
    await ann.keyboard.press('Enter');
    await inRoom(ann, 'other drafts');
    expect(await ann.getByLabel('Message in other drafts').inputValue()).to.equal('');
    await roomLink(ann, 'drafts').first().click();
    expect(await ann.getByLabel('Message in drafts').inputValue()).to.equal('not yet');
  });

  it('leaves a room, and is somewhere when the last one is left', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'last');
    const bo = await site.enter(await site.newContext(), 'Bo', 'last');
    await ann.getByRole('button', { name: 'Leave this room' }).click();
    await ann.getByText('You are in no room.').waitFor();
    await bo.locator('.note', { hasText: 'Ann left' }).waitFor();
    expect(await ann.locator('#people-list li').count()).to.equal(0);
    expect(await ann.locator(':focus').getAttribute('id')).to.equal('room-title');

    await ann.getByLabel('Join or create a room').fill('last');
    await ann.keyboard.press('Enter');
    await inRoom(ann, 'last');
    await say(bo, 'Welcome back');
    await hears(ann, 'Welcome back');
    expect(await conversation(ann)).to.deep.equal(['Welcome back']);
  });

  it('says why a room does not let somebody in, and goes where there is one', async () => {
    const ann = await site.newPage(await site.newContext(), `/?room=${'x'.repeat(300)}`);
    await ann.getByRole('textbox', { name: 'Your name' }).fill('Ann');
    await ann.keyboard.press('Enter');
    await ann.getByRole('alert').getByText('room').waitFor();
    await ann.getByText('You are in no room.').waitFor();
    await ann.getByRole('button', { name: 'Dismiss' }).click();
    expect(await ann.getByRole('alert').count()).to.equal(0);
  });
});
