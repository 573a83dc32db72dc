import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import { expect } from 'chai';
import { type ClientOptions, WebSocket } from 'ws';
import { connect as connectTo } from '../src/client/connect';
import { debianTool } from './support/debian-tool';
import { ReaderFolder } from './support/readme-examples';
import { RedisServer } from './support/redis-server';

/** Messages of a client, one after the other. */
async function open(url: string, options?: ClientOptions): Promise<{ client: WebSocket; next(): Promise<string> }> {
  const client = new WebSocket(url, options);
  const waiting: string[] = [];
  let wake: (() => void) | undefined;
  client.on('message', (data) => {
    waiting.push(String(data));
    wake?.();
  });
  await once(client, 'open');
  return {
    client,
    async next() {
      if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift()!;
    },
  };
}

describe('README', function () {
  this.timeout(30_000);
  const clients: WebSocket[] = [];
  let reader: ReaderFolder;

  const connect = async (url: string, options?: ClientOptions) => {
    const opened = await open(url, options);
    clients.push(opened.client);
    return opened;
  };

  before(() => {
    reader = new ReaderFolder();
  });

  after(async () => {
    for (const client of clients) client.terminate();
    await reader.dispose();
  });

  it('has examples that the compiler accepts as they stand', () => {
    expect(reader.typeErrors()).to.deep.equal([]);
  });

  it('example quick-start echoes, and has chat rooms', async () => {
    const port = await reader.start('quick-start');
    const echo = await connect(`ws://localhost:${port}/echo`);
    echo.client.send('hello');
    expect(await echo.next()).to.equal('hello');
    const chat = await connect(`ws://localhost:${port}/chat`);
    chat.client.send(JSON.stringify({ type: 'join', room: 'general', name: 'Ann' }));
    expect(JSON.parse(await chat.next())).to.include({ type: 'joined', room: 'general' });
  });

  it('example middleware refuses with a complete answer, and loses nothing', async () => {
    const port = await reader.start('middleware');
    const refused = new WebSocket(`ws://localhost:${port}/feed/abc`);
    const [, response] = await once(refused, 'unexpected-response');
    expect(response.statusCode).to.equal(401);
    response.resume();

    const feed = await connect(`ws://localhost:${port}/feed/abc?token=let-me-in`);
    for (let i = 0; i < 20; i++) feed.client.send(String(i));
    expect(await feed.next()).to.equal('welcome to abc');
    for (let i = 0; i < 20; i++) expect(await feed.next()).to.equal(`abc: ${i}`);

    const log = await connect(`ws://localhost:${port}/admin/log?token=let-me-in`);
    expect(await log.next()).to.equal('ready');
  });

  it('example compression compresses what is worth it, where it is on', async () => {
    const port = await reader.start('compression');
    const prices = new WebSocket(`ws://localhost:${port}/prices`);
    clients.push(prices);
    const [{ socket }] = await once(prices, 'upgrade');
    const sizes: number[] = [];
    prices.on('message', (data) => sizes.push((data as Buffer).length));
    while (sizes.length < 2) await once(prices, 'message');
    expect(prices.extensions).to.equal('permessage-deflate');
    expect(sizes).to.deep.equal([5601, 5000]);
    expect(socket.bytesRead).to.be.above(5000).and.below(6000);

    const { client } = await connect(`ws://localhost:${port}/video`);
    expect(client.extensions).to.equal('');
  });

  it('example http2 serves the page and the WebSocket over HTTP/2, and over HTTP/1.1', async () => {
    const port = await reader.start('http2');
    const session = http2.connect(`https://localhost:${port}`, { rejectUnauthorized: false });
    const page = session.request({ ':path': '/' });
    expect((await page.setEncoding('utf8').toArray()).join('')).to.equal('a page over HTTP/2.0');
    const socket = await connectTo(`wss://localhost:${port}/echo`, { http2: session });
    expect(await socket.receive()).to.equal('a WebSocket over HTTP/2.0');
    socket.send('hello');
    expect(await socket.receive()).to.equal('hello');
    session.destroy();
    const other = await connect(`wss://localhost:${port}/echo`, { rejectUnauthorized: false });
    expect(await other.next()).to.equal('a WebSocket over HTTP/1.1');
  });

  it('example http2-session shares a session, and ends', async () => {
    expect(await reader.run('http2-session')).to.deep.equal(['hello from feed hello from chat']);
  });

  it('example two-modules has a router, and lets a page of the named origin in', async () => {
    const port = await reader.start('two-modules');
    const log = await connect(`ws://localhost:${port}/feed/log`, { origin: 'http://localhost:5173' });
    expect(await log.next()).to.equal('ready');
  });

  it('example testing passes', async () => {
    expect(await reader.run('testing')).to.deep.equal(['closed']);
  });

  it('example hub publishes to the other members, and from a request', async () => {
    const port = await reader.start('hub');
    const one = await connect(`ws://localhost:${port}/match/7`);
    const other = await connect(`ws://localhost:${port}/match/7`);
    one.client.send('corner');
    expect(await other.next()).to.equal('corner');
    const response = await fetch(`http://localhost:${port}/match/7/goal`, { method: 'POST' });
    expect(response.status).to.equal(204);
    expect(await one.next()).to.equal('{"goal":true}');
  });

  it('example rooms asks before it lets somebody in', async () => {
    const port = await reader.start('rooms');
    const ann = await connect(`ws://localhost:${port}/support/general?name=Ann`);
    expect(JSON.parse(await ann.next())).to.include({ type: 'joined', room: 'general' });
    ann.client.send(JSON.stringify({ type: 'join', room: 'staff' }));
    expect(JSON.parse(await ann.next())).to.include({ type: 'error', code: 'forbidden' });
    const announced = await fetch(`http://localhost:${port}/announce`, { method: 'POST' });
    expect(await announced.json()).to.deep.equal({ present: 1, said: 1 });
    expect(JSON.parse(await ann.next())).to.include({ type: 'message', text: 'We close at six', offset: 1 });
    expect(JSON.parse(await ann.next())).to.include({ type: 'notice' });
  });

  it('example redis shares rooms with another process', async function () {
    const redis = await RedisServer.start(debianTool(this, 'redis-server'));
    try {
      const ports = [
        await reader.start('redis', { REDIS_URL: redis.url }),
        await reader.start('redis', { REDIS_URL: redis.url }),
      ];
      const [ann, bob] = await Promise.all(ports.map((port) => connect(`ws://localhost:${port}/support/general`)));
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

  it('example chat-client talks, and is told what it may not', async () => {
    expect(await reader.run('chat-client')).to.deep.equal(['Ann: Hello', 'forbidden', '0 2 1']);
  });

  it('example chat-server starts and stops', async () => {
    const [line] = await reader.run('chat-server');
    expect(line).to.match(/^chat on port \d+$/);
  });

  it('example client talks, and is told why it is refused', async () => {
    const [joined, refused, ...rest] = await reader.run('client');
    expect(JSON.parse(joined!)).to.include({ type: 'joined', room: 'general' });
    expect(refused).to.match(
      /^The server ws:\/\/127\.0\.0\.1:\d+ answered 403 Forbidden Pages of the origin "https:\/\/elsewhere.example" may not/,
    );
    expect(rest).to.deep.equal(['']);
  });

  it('example streams takes and gives in pieces, and streams', async () => {
    const url = `ws://localhost:${await reader.start('streams')}`;
    const upload = await connect(`${url}/upload`);
    const hash = createHash('sha256');
    for (let i = 0; i < 40; i++) {
      const fragment = Buffer.alloc(64 * 1024, i);
      hash.update(fragment);
      upload.client.send(fragment, { fin: i === 39 });
    }
    expect(await upload.next()).to.equal(hash.digest('hex'));

    const download = await connect(`${url}/download`);
    expect(JSON.parse(await download.next())).to.include({ name: 'switchboard' });

    for (const [path, answer] of [
      ['echo', 'hello'],
      ['shout', 'HELLO'],
    ]) {
      const talk = await connect(`${url}/${path}`);
      talk.client.send('hello');
      expect(await talk.next()).to.equal(answer);
      talk.client.close(1000);
      expect((await once(talk.client, 'close'))[0]).to.equal(1000);
    }
  });

  it('example protocol prints what it says', async () => {
    expect(await reader.run('protocol')).to.deep.equal([
      's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      '810548656c6c6f',
      'Hello',
      'null',
    ]);
  });
});
