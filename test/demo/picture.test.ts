import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ChatSite, hears, say } from '../support/chat-site';

const picture = path.join(__dirname, '..', '..', 'docs', 'images', 'chat.png');
const size = { width: 1000, height: 560 };

/** UPDATE_PICTURE=1 draws the picture of the README anew: it is of the site as it is. */
describe('chat site: the picture of the README', function () {
  this.timeout(30_000);
  const site = ChatSite.use();

  it('shows a conversation', async () => {
    const context = await site.newContext({ viewport: size, colorScheme: 'light' });
    const ann = await site.enter(context, 'Ann', 'tea break');
    const bo = await site.enter(await site.newContext(), 'Bo', 'tea break');
    const chi = await site.enter(await site.newContext(), 'Chi', 'tea break');
    await say(bo, 'Tea at four?');
    await hears(ann, 'Tea at four?');
    await say(ann, 'Gladly. Who brings the cake?');
    await hears(chi, 'Who brings the cake?');
    await say(chi, 'I do. See you there!');
    await hears(ann, 'See you there!');
    const drawn = await ann.screenshot({ animations: 'disabled', caret: 'hide' });
    if (process.env.UPDATE_PICTURE) writeFileSync(picture, drawn);

    const bytes = readFileSync(picture);
    expect(bytes.subarray(1, 4).toString()).to.equal('PNG');
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).to.deep.equal([size.width, size.height]);
    expect(bytes.length).to.be.below(150_000);
  });
});
