import { createHash } from 'node:crypto';
import { brotliDecompressSync, createGunzip, gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import compression from 'compression';
import type { Response } from 'express';
import { describeOverHttp } from '../../support/http-site';

const text = 'what is said often can be said shortly; '.repeat(1_000);

describeOverHttp('compression', (site) => {
  beforeEach(() => {
    site.app.use(compression());
  });

  for (const [encoding, decode] of [
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as Array<[string, (bytes: Buffer) => Buffer]>) {
    it(`compresses with ${encoding} for a client that accepts it`, async () => {
      site.app.get('/', (_req, res) => {
        res.send(text);
      });
      const { headers, bytes } = await site.get('/', { 'accept-encoding': encoding });
      expect(headers).to.include({ 'content-encoding': encoding, vary: 'Accept-Encoding' });
      expect(headers).to.not.have.property('content-length');
      expect(bytes.length).to.be.below(1_000);
      expect(decode(bytes).toString()).to.equal(text);
    });
  }

  it('leaves alone what is short, what is compressed, and clients that do not ask', async () => {
    site.app.get('/short', (_req, res) => {
      res.send('short');
    });
    site.app.get('/image', (_req, res) => {
      res.type('png').send(Buffer.alloc(5_000));
    });
    site.app.get('/text', (_req, res) => {
      res.send(text);
    });
    const accepting = { 'accept-encoding': 'gzip' };
    for (const [path, headers] of [
      ['/short', accepting],
      ['/image', accepting],
      ['/text', {}],
    ] as Array<[string, Record<string, string>]>) {
      const answer = await site.get(path, headers);
      expect(answer.headers).to.not.have.property('content-encoding');
      expect(answer.headers['content-length']).to.equal(String(answer.bytes.length));
    }
  });

  it('a HEAD has no body', async () => {
    site.app.get('/', (_req, res) => {
      res.send(text);
    });
    const { status, bytes } = await site.ask({ method: 'HEAD', headers: { 'accept-encoding': 'gzip' } });
    expect([status, bytes.length]).to.deep.equal([200, 0]);
  });

  it('304 as without it', async () => {
    site.app.get('/', (_req, res) => {
      res.send(text);
    });
    const { headers } = await site.get('/', { 'accept-encoding': 'gzip' });
    const again = await site.get('/', { 'accept-encoding': 'gzip', 'if-none-match': headers.etag! });
    expect([again.status, again.bytes.length]).to.deep.equal([304, 0]);
  });

  it('pieces of a streamed answer arrive when they are flushed', async () => {
    let res!: Response;
    site.app.get('/events', (_req, response) => {
      res = response;
      response.type('text/event-stream').flushHeaders();
    });
    const response = await site.send({ path: '/events', headers: { 'accept-encoding': 'gzip' } }).response;
    expect(response.headers['content-encoding']).to.equal('gzip');
    const inflated = response.stream.pipe(createGunzip());
    for (const event of ['data: one\n\n', 'data: two\n\n']) {
      const came = new Promise((resolve) => inflated.once('data', (chunk) => resolve(String(chunk))));
      res.write(event);
      res.flush();
      expect(await came).to.equal(event);
    }
    const ended = new Promise((resolve) => inflated.once('end', resolve));
    res.end();
    await ended;
  });

  it('a large answer that does not get shorter', async () => {
    // Hashes of numbers: nothing that zlib could make shorter, and the same each time.
    const blocks = Array.from({ length: 4_000 }, (_, index) => createHash('sha512').update(String(index)).digest());
    const bytes = Buffer.concat(Array<Buffer[]>(4).fill(blocks).flat());
    site.app.get('/', (_req, res) => {
      res.type('text/plain').send(bytes);
    });
    const answer = await site.get('/', { 'accept-encoding': 'gzip' });
    expect(gunzipSync(answer.bytes).equals(bytes)).to.equal(true);
  });

  it('a client that leaves within a compressed answer does no harm', async () => {
    let closed: Promise<void> | undefined;
    site.app.get('/', (_req, res) => {
      closed = new Promise((resolve) => res.on('close', resolve));
      res.type('text/plain').write(text);
      res.flush();
    });
    const exchange = site.send({ headers: { 'accept-encoding': 'gzip' } });
    const response = await exchange.response;
    await new Promise((resolve) => response.stream.once('data', resolve));
    exchange.abort();
    await closed;
    expect((await site.get('/nowhere')).status).to.equal(404);
  });
});
