import { createReadStream, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import type { ErrorRequestHandler } from 'express';
import { describeOverHttp } from '../../support/http-site';

const changed = new Date('2024-05-06T07:08:09Z');
const large = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 256));

const inWords: ErrorRequestHandler = (error: { status?: number; statusCode?: number }, _req, res, _next) => {
  res.status(error.status ?? 500).send('refused in words');
};

describeOverHttp('files', (site) => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'files-'));
    mkdirSync(join(folder, 'sub'));
    for (const [name, content] of [
      ['page.html', '<!doctype html><title>a page</title>'],
      ['digits.txt', '0123456789'],
      ['empty.txt', ''],
      ['.hidden', 'secret'],
      ['sub/index.html', 'the index'],
      ['large.bin', large],
    ] as Array<[string, string | Buffer]>) {
      writeFileSync(join(folder, name), content);
      utimesSync(join(folder, name), changed, changed);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe('express.static', () => {
    beforeEach(() => {
      site.app.use('/files', site.express.static(folder, { maxAge: '1h' }));
    });

    it('sends a file with its type, length, date and ETag', async () => {
      const { status, headers, text } = await site.get('/files/page.html');
      expect([status, text]).to.deep.equal([200, '<!doctype html><title>a page</title>']);
      expect(headers).to.include({
        'content-length': '36',
        'last-modified': changed.toUTCString(),
        'accept-ranges': 'bytes',
        'cache-control': 'public, max-age=3600',
      });
      expect(headers['content-type']).to.match(/^text\/html; charset=utf-8$/i);
      expect(headers.etag).to.match(/^W\/"24-/);
    });

    it('sends a large one, an empty one, and the index of a folder', async () => {
      expect((await site.get('/files/large.bin')).bytes.equals(large)).to.equal(true);
      const empty = await site.get('/files/empty.txt');
      expect([empty.status, empty.bytes.length, empty.headers['content-length']]).to.deep.equal([200, 0, '0']);
      expect((await site.get('/files/sub/')).text).to.equal('the index');
      const { status, headers } = await site.get('/files/sub');
      expect([status, headers.location]).to.deep.equal([301, '/files/sub/']);
    });

    it('has for HEAD what it has for GET, without the file', async () => {
      const { status, headers, bytes } = await site.ask({ method: 'HEAD', path: '/files/large.bin' });
      expect([status, headers['content-length'], bytes.length]).to.deep.equal([200, '300000', 0]);
    });

    it('leaves missing and hidden files, and other folders, to the 404', async () => {
      for (const path of ['/files/nothing', '/files/.hidden', '/files/../package.json', '/files/%2e%2e/package.json']) {
        expect((await site.get(path)).status, path).to.be.oneOf([403, 404]);
      }
    });
  });

  describe('ranges', () => {
    beforeEach(() => {
      site.app.use(site.express.static(folder));
    });

    for (const [range, status, contentRange, body] of [
      ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
      ['bytes=7-', 206, 'bytes 7-9/10', '789'],
      ['bytes=-2', 206, 'bytes 8-9/10', '89'],
      ['bytes=0-0', 206, 'bytes 0-0/10', '0'],
      ['bytes=5-100', 206, 'bytes 5-9/10', '56789'],
      ['bytes=0-1,4-5', 200, undefined, '0123456789'],
      ['pages=1-2', 200, undefined, '0123456789'],
    ] as Array<[string, number, string | undefined, string]>) {
      it(`${range} is answered with ${status}`, async () => {
        const { headers, text, ...answer } = await site.get('/digits.txt', { range });
        expect([answer.status, headers['content-range'], text]).to.deep.equal([status, contentRange, body]);
        expect(headers['content-length']).to.equal(String(body.length));
      });
    }

    it('a range behind the end is answered with 416', async () => {
      const { status, headers } = await site.get('/digits.txt', { range: 'bytes=20-30' });
      expect([status, headers['content-range']]).to.deep.equal([416, 'bytes */10']);
    });

    it('If-Range decides whether the range is wanted', async () => {
      const { headers } = await site.get('/digits.txt');
      const same = { range: 'bytes=2-4', 'if-range': headers['last-modified']! };
      expect((await site.get('/digits.txt', same)).status).to.equal(206);
      const older = { range: 'bytes=2-4', 'if-range': 'Mon, 01 Jan 2001 00:00:00 GMT' };
      expect((await site.get('/digits.txt', older)).status).to.equal(200);
    });

    it('a range out of the middle of a large file', async () => {
      const { status, bytes } = await site.get('/large.bin', { range: 'bytes=100000-199999' });
      expect([status, bytes.equals(large.subarray(100_000, 200_000))]).to.deep.equal([206, true]);
    });
  });

  describe('conditional requests', () => {
    beforeEach(() => {
      site.app.get('/page', (_req, res) => {
        res.send('a page');
      });
      site.app.use(site.express.static(folder));
    });

    for (const path of ['/page', '/digits.txt']) {
      it(`304 for ${path} when the client has this ETag`, async () => {
        const { headers } = await site.get(path);
        const again = await site.get(path, { 'if-none-match': headers.etag! });
        expect([again.status, again.bytes.length]).to.deep.equal([304, 0]);
        expect(again.headers.etag).to.equal(headers.etag);
        expect(again.headers).to.not.have.any.keys('content-length', 'content-type', 'transfer-encoding');
        expect((await site.get(path, { 'if-none-match': '"another"' })).status).to.equal(200);
      });
    }

    it('304 when the file has not changed since', async () => {
      const since = async (date: Date) =>
        (await site.get('/digits.txt', { 'if-modified-since': date.toUTCString() })).status;
      expect(await since(changed)).to.equal(304);
      expect(await since(new Date(changed.getTime() - 1_000))).to.equal(200);
    });

    it('412 when the file is not the one that was meant', async () => {
      expect((await site.get('/digits.txt', { 'if-match': '"another"' })).status).to.equal(412);
      const { headers } = await site.get('/digits.txt');
      expect((await site.get('/digits.txt', { 'if-match': '*' })).status).to.equal(200);
      const older = new Date(changed.getTime() - 1_000).toUTCString();
      expect((await site.get('/digits.txt', { 'if-unmodified-since': older })).status).to.equal(412);
      expect(headers['last-modified']).to.equal(changed.toUTCString());
    });
  });

  describe('handlers of their own', () => {
    it('res.sendFile, and its callback when all has gone', async () => {
      let sent: unknown = 'not called';
      site.app.get('/', (_req, res) => {
        res.sendFile('large.bin', { root: folder, headers: { 'x-thing': 'thing' } }, (error) => {
          sent = error;
        });
      });
      const { headers, bytes } = await site.get('/');
      expect([headers['x-thing'], bytes.equals(large)]).to.deep.equal(['thing', true]);
      // The client may have it all before the callback is called.
      while (sent === 'not called') await new Promise(setImmediate);
      expect(sent).to.equal(undefined);
    });

    it('res.sendFile of what is not there goes to the error middleware', async () => {
      site.app.get('/', (_req, res) => {
        res.sendFile('nothing.txt', { root: folder });
      });
      site.app.use(inWords);
      const { status, text } = await site.get('/');
      expect([status, text]).to.deep.equal([404, 'refused in words']);
    });

    it('res.sendFile with a range', async () => {
      site.app.get('/', (_req, res) => {
        res.sendFile(join(folder, 'digits.txt'));
      });
      const { status, text } = await site.get('/', { range: 'bytes=1-3' });
      expect([status, text]).to.deep.equal([206, '123']);
    });

    it('res.download', async () => {
      site.app.get('/', (_req, res) => {
        res.download(join(folder, 'digits.txt'), '€ 1.txt');
      });
      const { headers, text } = await site.get('/');
      expect(headers['content-disposition']).to.match(/^attachment; .*filename\*=UTF-8''%E2%82%AC%201\.txt$/);
      expect(text).to.equal('0123456789');
    });

    it('pipeline(file, res)', async () => {
      site.app.get('/', async (_req, res) => {
        await pipeline(createReadStream(join(folder, 'large.bin'), { highWaterMark: 1_000 }), res);
      });
      expect((await site.get('/')).bytes.equals(large)).to.equal(true);
    });
  });
});
