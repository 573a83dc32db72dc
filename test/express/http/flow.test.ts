import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { describeOverHttp } from '../../support/http-site';

const pieceSize = 64 * 1024;

/**
 * How many bytes may be under way while nobody reads. TCP: what the kernel keeps for both ends, which it decides itself;
 * HTTP/2: a stream's window, and the buffers of both ends.
 */
const underWay = { '1.1': 12 * 1024 * 1024, '2.0': 512 * 1024 };

/** Bytes of a body: a good deal more than may be under way. */
const sizes = { '1.1': 16 * 1024 * 1024, '2.0': 4 * 1024 * 1024 };

/** Bytes that differ from piece to piece; counts what was taken of them. */
class Pieces {
  taken = 0;
  private readonly hash = createHash('sha1');

  constructor(private readonly size: number) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (this.taken < this.size) {
      const piece = Buffer.alloc(pieceSize, `piece at ${this.taken} `);
      this.hash.update(piece);
      this.taken += piece.length;
      yield piece;
    }
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}

/** Waits until a count that has begun stays as it is, for a time that is long for what is under way, and returns it. */
async function settled(count: () => number): Promise<number> {
  for (let before = 0; before === 0 || before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return count();
}

async function digestOf(chunks: AsyncIterable<Buffer>): Promise<{ length: number; digest: string }> {
  const hash = createHash('sha1');
  let length = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, digest: hash.digest('hex') };
}

describeOverHttp('many megabytes', (site) => {
  const size = sizes[site.row.version];

  describe('downloaded by a client that is slow to begin', () => {
    it('are written no faster than they are read, by a handler that waits for drain', async () => {
      const pieces = new Pieces(size);
      site.app.get('/', async (_req, res) => {
        for await (const piece of pieces) if (!res.write(piece)) await once(res, 'drain');
        res.end();
      });
      const response = await site.send({}).response;
      const written = await settled(() => pieces.taken);
      expect(written).to.be.within(pieceSize, underWay[site.row.version]);
      expect(await digestOf(response.chunks())).to.deep.equal({ length: size, digest: pieces.digest() });
    });

    it('are pulled no faster than they are read, by pipeline()', async () => {
      const pieces = new Pieces(size);
      site.app.get('/', async (_req, res) => {
        res.set('Content-Length', String(size));
        await pipeline(Readable.from(pieces), res);
      });
      const response = await site.send({}).response;
      expect(await settled(() => pieces.taken)).to.be.within(pieceSize, underWay[site.row.version]);
      expect(await digestOf(response.chunks())).to.deep.equal({ length: size, digest: pieces.digest() });
    });

    it('hold up no other request of that client', async () => {
      site.app.get('/large', async (_req, res) => {
        await pipeline(Readable.from(new Pieces(size)), res).catch(() => {});
      });
      site.app.get('/small', (_req, res) => {
        res.send('small');
      });
      const stalled = [site.send({ path: '/large' }), site.send({ path: '/large' })];
      await Promise.all(stalled.map(({ response }) => response));
      for (let round = 0; round < 5; round++) expect((await site.get('/small')).text).to.equal('small');
      for (const exchange of stalled) exchange.abort();
    });
  });

  it('downloaded at once, though the handler waits for nothing', async () => {
    const body = Buffer.alloc(size / 4, 'all at once ');
    site.app.get('/', (_req, res) => {
      for (let part = 0; part < 4; part++) res.write(body);
      res.end();
    });
    const { bytes } = await site.get('/');
    expect(bytes.length).to.equal(size);
    for (let part = 0; part < 4; part++) {
      expect(bytes.subarray(part * body.length, (part + 1) * body.length).equals(body)).to.equal(true);
    }
  });

  describe('uploaded', () => {
    for (const [how, headers] of [
      ['without a length', {}],
      ['with a length', { 'content-length': size }],
    ] as Array<[string, Record<string, number>]>) {
      it(`${how} to a handler that is slow to begin: no more is sent than it reads`, async () => {
        const pieces = new Pieces(size);
        let begin: () => void = () => {};
        const begun = new Promise<void>((resolve) => {
          begin = resolve;
        });
        site.app.post('/', async (req, res) => {
          await begun;
          res.json(await digestOf(req));
        });
        const exchange = site.send({ method: 'POST', body: pieces, headers });
        expect(await settled(() => pieces.taken)).to.be.within(pieceSize, underWay[site.row.version]);
        begin();
        const { text } = await exchange.answer();
        expect(JSON.parse(text)).to.deep.equal({ length: size, digest: pieces.digest() });
      });
    }

    it('to a handler that pauses: what is sent meanwhile is bounded', async () => {
      const pieces = new Pieces(size);
      let read = 0;
      const halfway = new Promise<IncomingMessage>((resolve) => {
        site.app.post('/', (req, res) => {
          req.on('data', (chunk: Buffer) => {
            const before = read;
            read += chunk.length;
            if (before >= size / 2 || read < size / 2) return;
            req.pause();
            resolve(req);
          });
          req.on('end', () => res.end(String(read)));
        });
      });
      const exchange = site.send({ method: 'POST', body: pieces });
      const paused = await halfway;
      expect((await settled(() => pieces.taken)) - read).to.be.at.most(underWay[site.row.version]);
      expect(read).to.be.within(size / 2, size / 2 + pieceSize);
      paused.resume();
      expect((await exchange.answer()).text).to.equal(String(size));
    });

    it('and sent back, by a client that reads what comes', async () => {
      const pieces = new Pieces(size);
      site.app.post('/', (req, res) => {
        req.pipe(res);
      });
      const response = await site.send({ method: 'POST', body: pieces }).response;
      expect(await digestOf(response.chunks())).to.deep.equal({ length: size, digest: pieces.digest() });
    });
  });
});
