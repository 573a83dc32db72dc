import http from 'node:http';
import { expect } from 'chai';
import { connect } from '../../src';
import { ChatSite } from '../support/chat-site';

describe('chat site: dashboard', function () {
  this.timeout(30_000);
  const site = ChatSite.use();

  it('is a link away for who looks from this computer, and shows the site', async () => {
    const ann = await site.enter(await site.newContext(), 'Ann', 'watched');
    const dashboard = await site.newPage(await site.newContext(), '/_switchboard/');
    const link = ann.getByRole('link', { name: 'The dashboard' });
    expect(new URL((await link.getAttribute('href'))!, site.url).href).to.equal(dashboard.url());
    await link.click();
    await ann.waitForURL('**/_switchboard/');
    await ann.getByRole('heading', { level: 1 }).waitFor();
  });

  it('is for nobody else', async () => {
    const { port } = new URL(site.url);
    const request = http.get({ port, path: '/_switchboard/', headers: { Host: 'chat.example' } });
    const status = await new Promise((resolve, reject) => {
      request.on('error', reject).on('response', (response) => resolve(response.resume().statusCode));
    });
    expect(status).to.equal(403);
  });
});

describe('chat site: limits', function () {
  this.timeout(30_000);
  const site = ChatSite.use();

  it('has who says too much at once wait, and loses nothing', async () => {
    const socket = await connect(new URL('/chat/limits?name=Ann', site.url).href.replace('http', 'ws'));
    const count = 1010;
    for (let id = 1; id <= count; id++) socket.send(JSON.stringify({ type: 'message', text: `${id}`, id: `${id}` }));
    const sent: string[] = [];
    for await (const message of socket.messages()) {
      const { type, id } = JSON.parse(String(message));
      if (type === 'sent' && sent.push(id) === count) break;
    }
    expect(sent).to.deep.equal(Array.from({ length: count }, (_, index) => `${index + 1}`));
    socket.close();
    await socket.closed;
  });
});
