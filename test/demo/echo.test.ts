import { expect } from 'chai';
import { ChatSite } from '../support/chat-site';

describe('echo page', function () {
  this.timeout(30_000);
  const site = ChatSite.use();

  it('shows what came back, as text, in order', async () => {
    const page = await site.newPage(await site.newContext(), '/echo');
    await page.getByRole('status').getByText('Connected').waitFor();
    const texts = ['hello', '<b>bold</b>', 'ünï¢ødé'];
    for (const text of texts) {
      await page.getByLabel('Message').fill(text);
      await page.keyboard.press('Enter');
    }
    await page
      .locator('#echoes li')
      .nth(texts.length - 1)
      .waitFor();
    expect(await page.locator('#echoes p').allTextContents()).to.deep.equal(texts);
    expect(await page.locator('#echoes span').first().textContent()).to.match(/^\d+\.\d ms$/);
  });
});
