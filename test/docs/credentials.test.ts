import { once } from 'node:events';
import { expect } from 'chai';
import { MessageClients, refusedStatus } from '../support/message-clients';
import { ReaderFolder } from '../support/readme-examples';

describe('docs/how-to/sessions-and-passport.md', function () {
  this.timeout(30_000);
  const clients = new MessageClients();
  let reader: ReaderFolder;

  before(() => {
    reader = new ReaderFolder();
  });

  after(async () => {
    clients.terminate();
    await reader.dispose();
  });

  it('example passport lets in who is logged in, keeps what a WebSocket sets, and ends it at the logout', async () => {
    const port = await reader.start('passport');
    const url = `ws://localhost:${port}`;
    expect(await refusedStatus(`${url}/settings`)).to.equal(401);
    expect(await refusedStatus(`${url}/chat`)).to.equal(401);
    const body = new URLSearchParams({ username: 'ann', password: 'a secret' });
    const login = await fetch(`http://localhost:${port}/login`, { method: 'POST', body });
    expect(await login.json()).to.deep.equal({ name: 'ann' });
    const headers = { Cookie: login.headers.getSetCookie()[0]!.split(';')[0]! };

    const settings = await clients.open(`${url}/settings`, { headers });
    expect(await settings.next()).to.equal('hello ann, your theme is light');
    settings.client.send('dark');
    expect(await settings.next()).to.equal('saved');
    const again = await clients.open(`${url}/settings`, { headers });
    expect(await again.next()).to.equal('hello ann, your theme is dark');

    const chat = await clients.open(`${url}/chat/general?name=Ann`, { headers });
    expect(JSON.parse(await chat.next())).to.deep.include({ type: 'joined', member: { id: 'ann', name: 'Ann' } });

    const closed = [settings, again, chat].map(({ client }) => once(client, 'close'));
    expect((await fetch(`http://localhost:${port}/logout`, { method: 'POST', headers })).status).to.equal(204);
    for (const end of closed) expect((await end)[0]).to.equal(4001);
  });

  it('example tokens takes a token as subprotocol, and a newer one before it expires', async () => {
    const url = `ws://localhost:${await reader.start('tokens')}/feed`;
    expect(await refusedStatus(url)).to.equal(401);
    const bearer = `bearer.${Buffer.from('token-1').toString('base64url')}`;
    const feed = await clients.open(url, { subprotocols: ['feed.v1', bearer] });
    expect(feed.client.protocol).to.equal('feed.v1');
    expect(JSON.parse(await feed.next())).to.deep.equal({ type: 'renew' });
    feed.client.send(JSON.stringify({ type: 'token', token: 'token-2' }));
    expect(JSON.parse(await feed.next())).to.deep.equal({ type: 'renewed' });
    feed.client.send(JSON.stringify({ type: 'token', token: 'made up' }));
    expect((await once(feed.client, 'close'))[0]).to.equal(4401);
  });

  it('example tickets lets each in once', async () => {
    const port = await reader.start('tickets');
    const url = `ws://localhost:${port}/feed`;
    expect(await refusedStatus(url)).to.equal(401);
    const { ticket } = (await (await fetch(`http://localhost:${port}/ticket`, { method: 'POST' })).json()) as {
      ticket: string;
    };
    const feed = await clients.open(`${url}?ticket=${ticket}`);
    expect(await feed.next()).to.equal('hello ann');
    expect(await refusedStatus(`${url}?ticket=${ticket}`)).to.equal(401);
  });
});
