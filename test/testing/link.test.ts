import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import { Link } from '../../src/testing/link';
import { iteration } from '../../src/testing/real-time';

/** What comes out of an end from now on, chunk by chunk. */
function chunksOf(end: Duplex): string[] {
  const chunks: string[] = [];
  end.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return chunks;
}

async function arrival(): Promise<void> {
  for (let i = 0; i < 5; i++) await iteration();
}

describe('Link', () => {
  let link: Link;
  beforeEach(() => {
    link = new Link();
    for (const end of [link.client, link.server]) end.on('error', () => {});
  });
  afterEach(() => link.destroy());

  it('carries bytes both ways, and not before the next iteration', async () => {
    const [atServer, atClient] = [chunksOf(link.server), chunksOf(link.client)];
    link.client.write('ping');
    link.server.write('pong');
    expect(atServer).to.deep.equal([]);
    await arrival();
    expect([atServer, atClient]).to.deep.equal([['ping'], ['pong']]);
  });

  it('gives the other end bytes of its own', async () => {
    const sent = Buffer.from('abc');
    link.client.write(sent);
    const [received] = (await once(link.server, 'data')) as [Buffer];
    received.fill(0);
    expect(sent.toString()).to.equal('abc');
  });

  it('holds the writer up while the reader does not read, and loses nothing', async () => {
    const { client, server } = link;
    const total = 1024 * 1024;
    for (let i = 0; i < total; i += 8192) client.write(Buffer.alloc(8192));
    await arrival();
    expect(client.writableLength).to.be.above(total / 2);
    let received = 0;
    server.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await once(client, 'drain');
    await arrival();
    expect(received).to.equal(total);
  });

  it('ends one direction at a time', async () => {
    const { client, server } = link;
    client.end('last');
    server.resume();
    await once(server, 'end');
    server.end('answer');
    expect(String((await once(client, 'data'))[0])).to.equal('answer');
    await link.closed;
  });

  it('lets what was written arrive before the end, when the writer is destroyed', async () => {
    const atServer = chunksOf(link.server);
    link.client.write('last words');
    link.client.destroy();
    await once(link.server, 'end');
    expect(atServer).to.deep.equal(['last words']);
  });

  it('lets held up writes go when either end is destroyed', async () => {
    for (const end of ['client', 'server'] as const) {
      const { client, server, ...rest } = new Link();
      client.on('error', () => {});
      let written = 0;
      for (let i = 0; i < 16; i++) client.write(Buffer.alloc(16 * 1024), () => written++);
      await arrival();
      expect(written).to.be.below(16);
      ({ client, server })[end].destroy();
      while (written < 16) await arrival();
      client.destroy();
      server.destroy();
      await rest.closed;
    }
  });

  it('answers as sockets do', async () => {
    const { client, server } = new Link('203.0.113.7');
    expect([server.remoteAddress, server.remoteFamily]).to.deep.equal(['203.0.113.7', 'IPv4']);
    expect(server.address()).to.deep.equal({ address: '127.0.0.1', family: 'IPv4', port: 80 });
    expect([client.localAddress, client.localPort]).to.deep.equal([server.remoteAddress, server.remotePort]);
    expect([client.remoteAddress, client.remotePort]).to.deep.equal([server.localAddress, server.localPort]);
    expect(server.setNoDelay().setKeepAlive().ref().unref()).to.equal(server);
    const timeout = new Promise<void>((resolve) => server.setTimeout(1, resolve));
    await timeout;
    server.setTimeout(0);
    client.destroy();
    expect(client.remoteAddress).to.equal(undefined);
    server.destroy();
  });

  describe('faults', () => {
    it('stall() holds what is under way, and resume() lets it go', async () => {
      const [atServer, atClient] = [chunksOf(link.server), chunksOf(link.client)];
      link.client.write('a');
      link.stall('toServer');
      link.server.write('b');
      await arrival();
      expect([atServer, atClient]).to.deep.equal([[], ['b']]);
      link.resume();
      await arrival();
      expect(atServer).to.deep.equal(['a']);
    });

    it('stall() keeps the end from being seen', async () => {
      link.server.resume();
      link.stall();
      link.client.destroy();
      await arrival();
      expect(link.server.readableEnded).to.equal(false);
      link.resume();
      await once(link.server, 'end');
    });

    it('chunk() cuts into pieces', async () => {
      const [atServer, atClient] = [chunksOf(link.server), chunksOf(link.client)];
      link.chunk(1, 'toServer');
      link.chunk(2, 'toClient');
      link.client.write('abc');
      link.server.write('abc');
      await arrival();
      expect([atServer, atClient]).to.deep.equal([
        ['a', 'b', 'c'],
        ['ab', 'c'],
      ]);
    });

    it('duplicate() has the next write arrive twice', async () => {
      const atServer = chunksOf(link.server);
      link.duplicate();
      link.client.write('a');
      await arrival();
      link.client.write('b');
      await arrival();
      expect(atServer).to.deep.equal(['a', 'a', 'b']);
    });

    it('cut() resets both ends', async () => {
      const errors = [link.client, link.server].map(async (end) => (await once(end, 'error'))[0].code);
      link.cut();
      expect(await Promise.all(errors)).to.deep.equal(['ECONNRESET', 'ECONNRESET']);
      await link.closed;
    });

    it('vanish() takes the client away, and tells the server nothing', async () => {
      link.server.resume();
      link.vanish();
      await once(link.client, 'error');
      await arrival();
      expect([link.server.destroyed, link.server.readableEnded]).to.deep.equal([false, false]);
    });

    it('refuse a direction and a size that are none', () => {
      expect(() => link.stall('up' as never)).to.throw(/'toServer', 'toClient' or 'both', not "up"/);
      expect(() => link.chunk(0)).to.throw(/'size' must be a whole number of at least 1, not 0/);
    });
  });
});
