import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { connect } from '../../src/client/connect';
import { debianTool } from '../support/debian-tool';
import { MessageClients, refusedStatus } from '../support/message-clients';
import { NatsServer } from '../support/nats-server';
import { ReaderFolder } from '../support/readme-examples';
import { RedisServer } from '../support/redis-server';

describe('docs/how-to', function () {
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

  it('example http2 serves the page and the WebSocket over HTTP/2, and over HTTP/1.1', async () => {
    const port = await reader.start('http2');
    const session = http2.connect(`https://localhost:${port}`, { rejectUnauthorized: false });
    const page = session.request({ ':path': '/' });
    expect((await page.setEncoding('utf8').toArray()).join('')).to.equal('a page over HTTP/2.0');
    const socket = await connect(`wss://localhost:${port}/echo`, { http2: session });
    expect(await socket.receive()).to.equal('a WebSocket over HTTP/2.0');
    socket.send('hello');
    expect(await socket.receive()).to.equal('hello');
    session.destroy();
    const other = await clients.open(`wss://localhost:${port}/echo`, { rejectUnauthorized: false });
    expect(await other.next()).to.equal('a WebSocket over HTTP/1.1');
  });

  it('example http2-session shares a session, and ends', async () => {
    expect(await reader.run('http2-session')).to.deep.equal(['hello from feed hello from chat']);
  });

  it('example client talks, and is told why it is refused', async () => {
    const [joined, refused, ...rest] = await reader.run('client');
    expect(JSON.parse(joined!)).to.include({ type: 'joined', room: 'general' });
    expect(refused).to.match(
      /^The server ws:\/\/127\.0\.0\.1:\d+ answered 403 Forbidden: Pages of the origin "https:\/\/elsewhere.example" may not/,
    );
    expect(rest).to.deep.equal([]);
  });

  it('example streams takes and gives in pieces, and streams', async () => {
    const url = `ws://localhost:${await reader.start('streams')}`;
    const upload = await clients.open(`${url}/upload`);
    const hash = createHash('sha256');
    for (let i = 0; i < 40; i++) {
      const fragment = Buffer.alloc(64 * 1024, i);
      hash.update(fragment);
      upload.client.send(fragment, { fin: i === 39 });
    }
    expect(await upload.next()).to.equal(hash.digest('hex'));

    const download = await clients.open(`${url}/download`);
    expect(JSON.parse(await download.next())).to.include({ name: 'switchboard' });

    for (const [path, answer] of [
      ['echo', 'hello'],
      ['shout', 'HELLO'],
    ]) {
      const talk = await clients.open(`${url}/${path}`);
      talk.client.send('hello');
      expect(await talk.next()).to.equal(answer);
      talk.client.close(1000);
      expect((await once(talk.client, 'close'))[0]).to.equal(1000);
    }
  });

  it('example compression compresses what is worth it, where it is on', async () => {
    const port = await reader.start('compression');
    const prices = new WebSocket(`ws://localhost:${port}/prices`);
    const [{ socket }] = await once(prices, 'upgrade');
    const sizes: number[] = [];
    prices.on('message', (data) => sizes.push((data as Buffer).length));
    while (sizes.length < 2) await once(prices, 'message');
    expect(prices.extensions).to.equal('permessage-deflate');
    expect(sizes).to.deep.equal([5601, 5000]);
    expect(socket.bytesRead).to.be.above(5000).and.below(6000);

    prices.terminate();

    const { client } = await clients.open(`ws://localhost:${port}/video`);
    expect(client.extensions).to.equal('');
  });

  it('example testing passes', async () => {
    expect(await reader.run('testing')).to.deep.equal(['closed']);
  });

  it('example testing-kit passes', async () => {
    const lines = await reader.run('testing-kit');
    expect(lines.filter((line) => /pass 3$/.test(line))).to.have.length(1);
  });

  it('example supertest passes', async () => {
    expect(await reader.run('supertest')).to.deep.equal(['fine']);
  });

  it('example from-express-ws says it to all in the room', async () => {
    const port = await reader.start('from-express-ws');
    const { client, next } = await clients.open(`ws://localhost:${port}/room/1`);
    client.send('hello');
    expect(await next()).to.equal('hello');
  });

  it('example from-ws speaks the subprotocol, and tells the others', async () => {
    const url = `ws://localhost:${await reader.start('from-ws')}/news`;
    const one = await clients.open(url, { subprotocols: ['news.v1'] });
    const other = await clients.open(url);
    expect(await one.next()).to.equal('you speak news.v1');
    expect(await other.next()).to.equal('you speak nothing in particular');
    one.client.send('rain');
    expect(await other.next()).to.equal('rain');
    one.client.send(Buffer.from('rain'));
    expect((await once(one.client, 'close'))[0]).to.equal(1003);
  });

  it('example from-socket-io has rooms, acknowledgements and a login', async () => {
    const url = `ws://localhost:${await reader.start('from-socket-io')}/game`;
    expect(await refusedStatus(url)).to.equal(401);
    const [ann, bob] = [await clients.open(`${url}?user=ann`), await clients.open(`${url}?user=bob`)];
    for (const { client, next } of [ann, bob]) {
      client.send('{"type":"join","id":1,"room":"final"}');
      expect(JSON.parse(await next())).to.deep.equal({ type: 'ok', id: 1 });
    }
    ann.client.send('{"type":"move","id":2,"room":"final","data":"e4"}');
    expect(JSON.parse(await ann.next())).to.deep.equal({ type: 'ok', id: 2 });
    expect(JSON.parse(await bob.next())).to.deep.equal({ type: 'move', room: 'final', data: 'e4', from: 'ann' });
    ann.client.send('{"type":"dance","id":3}');
    expect(JSON.parse(await ann.next())).to.include({ type: 'error', id: 3 });
  });

  it('example behind-a-proxy sees the client', async () => {
    const port = await reader.start('behind-a-proxy');
    const headers = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' };
    const { next } = await clients.open(`ws://127.0.0.1:${port}/whoami`, { headers });
    expect(await next()).to.equal('203.0.113.9 over https');
  });

  it('example shutting-down lets what is under way finish, and ends', async () => {
    const shutdown = new ReaderFolder();
    try {
      const port = await shutdown.start('shutting-down');
      expect((await fetch(`http://localhost:${port}/ready`, { headers: { Connection: 'close' } })).status).to.equal(
        200,
      );
      const { client, next } = await clients.open(`ws://localhost:${port}/orders`);
      const closed = once(client, 'close');
      client.send('two coffees');
      client.ping();
      await once(client, 'pong');
      const ended = shutdown.end();
      expect(await next()).to.equal('saved');
      expect((await closed)[0]).to.equal(1012);
      expect(await ended).to.deep.equal([0]);
    } finally {
      await shutdown.dispose();
    }
  });

  it('example redis shares rooms with another process', async function () {
    const redis = await RedisServer.start(debianTool(this, 'redis-server'));
    try {
      const ports = [
        await reader.start('redis', { REDIS_URL: redis.url }),
        await reader.start('redis', { REDIS_URL: redis.url }),
      ];
      const [ann, bob] = await Promise.all(ports.map((port) => clients.open(`ws://localhost:${port}/support/general`)));
      const [joined] = [JSON.parse(await ann!.next()), JSON.parse(await bob!.next())];
      expect(joined.position).to.include({ offset: 2 });
      ann!.client.send(JSON.stringify({ type: 'message', text: 'Hello' }));
      for (;;) {
        const answer = JSON.parse(await bob!.next());
        if (answer.type === 'presence') continue;
        expect(answer).to.include({ type: 'message', text: 'Hello', offset: 3 });
        break;
      }
    } finally {
      await reader.end();
      await redis.stop();
    }
  });

  it('example nats shares rooms with another process', async function () {
    const nats = await NatsServer.start(debianTool(this, 'nats-server'));
    try {
      const env = { NATS_URL: `127.0.0.1:${nats.port}` };
      const ports = [await reader.start('nats', env), await reader.start('nats', env)];
      const [ann, bob] = await Promise.all(ports.map((port) => clients.open(`ws://localhost:${port}/support/general`)));
      for (const { next } of [ann!, bob!]) expect(JSON.parse(await next())).to.include({ type: 'joined' });
      ann!.client.send(JSON.stringify({ type: 'message', text: 'Hello' }));
      for (;;) {
        const answer = JSON.parse(await bob!.next());
        if (answer.type === 'presence') continue;
        expect(answer).to.include({ type: 'message', text: 'Hello' });
        break;
      }
    } finally {
      await reader.end();
      await nats.stop();
    }
  });
});
