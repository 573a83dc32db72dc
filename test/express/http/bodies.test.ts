import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { describeOverHttp } from '../../support/http-site';

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** Cuts the bytes, so that a character, a number and a boundary lie in two pieces. */
async function* pieces(text: string | Buffer, size = 3): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
    await new Promise(setImmediate);
  }
}

/** What the body parsers made of the body, and how it was announced. */
const tell: RequestHandler = (req, res) => {
  res.json({
    body: req.body ?? null,
    length: req.headers['content-length'] ?? null,
    method: req.method,
  });
};

const tellStatus: ErrorRequestHandler = (error: { status?: number; type?: string }, _req, res, _next) => {
  res.status(error.status ?? 500).send(error.type);
};

describeOverHttp('bodies of requests', (site) => {
  describe('express.json', () => {
    beforeEach(() => {
      site.app.use(site.express.json({ limit: 1_000 }));
      site.app.all('/', tell);
      site.app.use(tellStatus);
    });

    const text = '{"name":"Zoë","list":[1,2,{"deep":"😀"}]}';
    const value: unknown = JSON.parse(text);

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET']) {
      it(`reads the body of a ${method} with its length`, async () => {
        const { status, text: answer } = await site.ask({ method, body: text, headers: json });
        expect(status).to.equal(200);
        expect(JSON.parse(answer)).to.deep.equal({ body: value, length: String(Buffer.byteLength(text)), method });
      });
    }

    it('reads a body without a length, in small pieces', async () => {
      const { status, text: answer } = await site.ask({ method: 'POST', body: pieces(text), headers: json });
      expect(status).to.equal(200);
      expect(JSON.parse(answer)).to.deep.equal({ body: value, length: null, method: 'POST' });
    });

    it('reads a body with a length, in small pieces', async () => {
      const headers = { ...json, 'content-length': Buffer.byteLength(text) };
      const { text: answer } = await site.ask({ method: 'POST', body: pieces(text), headers });
      expect(JSON.parse(answer)).to.have.deep.property('body', value);
    });

    it('inflates a body with gzip', async () => {
      const headers = { ...json, 'content-encoding': 'gzip' };
      const { text: answer } = await site.ask({ method: 'POST', body: gzipSync(text), headers });
      expect(JSON.parse(answer)).to.have.deep.property('body', value);
    });

    it('leaves a body of another type alone', async () => {
      const { text: answer } = await site.ask({ method: 'POST', body: text, headers: { 'content-type': 'text/x' } });
      expect(JSON.parse(answer).body).to.deep.equal(site.expressVersion === 'Express 4' ? {} : null);
    });

    it('answers 400 to what is no JSON', async () => {
      const { status, text: answer } = await site.ask({ method: 'POST', body: '{"a":', headers: json });
      expect([status, answer]).to.deep.equal([400, 'entity.parse.failed']);
    });

    it('answers 415 to an encoding that nobody knows', async () => {
      const headers = { ...json, 'content-encoding': 'squeezed' };
      const { status, text: answer } = await site.ask({ method: 'POST', body: text, headers });
      expect([status, answer]).to.deep.equal([415, 'encoding.unsupported']);
    });

    it('answers 413 to a body that says it is too large', async () => {
      const body = JSON.stringify({ filler: 'x'.repeat(300_000) });
      const { status, text: answer } = await site.ask({ method: 'POST', body, headers: json });
      expect([status, answer]).to.deep.equal([413, 'entity.too.large']);
      expect((await site.ask({ method: 'POST', body: text, headers: json })).status).to.equal(200);
    });

    it('answers 413 to a body that turns out to be too large', async () => {
      const body = pieces(JSON.stringify({ filler: 'x'.repeat(300_000) }), 10_000);
      const { status, text: answer } = await site.ask({ method: 'POST', body, headers: json });
      expect([status, answer]).to.deep.equal([413, 'entity.too.large']);
      expect((await site.ask({ method: 'POST', body: text, headers: json })).status).to.equal(200);
    });
  });

  it('express.urlencoded reads a form', async () => {
    site.app.post('/', site.express.urlencoded({ extended: true }), tell);
    const body = new URLSearchParams({ name: 'Zoë & co', 'list[]': '1', 'deep[er]': 'x=y' }).toString();
    const { text } = await site.ask({ method: 'POST', body, headers: form });
    expect(JSON.parse(text).body).to.deep.equal({ name: 'Zoë & co', list: ['1'], deep: { er: 'x=y' } });
  });

  it('express.text reads by the charset', async () => {
    site.app.post('/', site.express.text(), tell);
    const headers = { 'content-type': 'text/plain; charset=latin1' };
    const { text } = await site.ask({ method: 'POST', body: Buffer.from('Zo\xeb', 'latin1'), headers });
    expect(JSON.parse(text).body).to.equal('Zoë');
  });

  it('express.raw reads every byte as it is', async () => {
    site.app.post('/', site.express.raw({ type: '*/*' }), (req, res) => {
      res.type('application/octet-stream').send(req.body);
    });
    const body = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7) % 256));
    const { bytes } = await site.ask({ method: 'POST', body, headers: { 'content-type': 'application/x-bytes' } });
    expect(bytes.equals(body)).to.equal(true);
  });

  for (const [kind, split] of [
    ['whole', (bytes: Buffer) => bytes],
    ['in pieces', (bytes: Buffer) => pieces(bytes, 1_000)],
  ] as Array<[string, (bytes: Buffer) => Buffer | AsyncGenerator<Buffer>]>) {
    it(`a multipart form with a file arrives ${kind}`, async () => {
      site.app.post('/', site.express.raw({ type: 'multipart/form-data' }), async (req, res) => {
        const headers = { 'content-type': req.headers['content-type']! };
        const fields = await new globalThis.Response(req.body as Buffer, { headers }).formData();
        const file = fields.get('file') as File;
        res.json({
          name: fields.get('name'),
          file: [file.name, file.type, Buffer.from(await file.arrayBuffer()).toString('hex')],
        });
      });
      const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251));
      const fields = new FormData();
      fields.set('name', 'Zoë');
      fields.set('file', new File([bytes], 'some bytes.bin', { type: 'application/x-bytes' }));
      const encoded = new globalThis.Response(fields);
      const headers = { 'content-type': encoded.headers.get('content-type')! };
      const body = split(Buffer.from(await encoded.arrayBuffer()));
      const { text } = await site.ask({ method: 'POST', body, headers });
      expect(JSON.parse(text)).to.deep.equal({
        name: 'Zoë',
        file: ['some bytes.bin', 'application/x-bytes', bytes.toString('hex')],
      });
    });
  }

  describe('empty bodies', () => {
    beforeEach(() => {
      site.app.all('/', async (req, res) => {
        let bytes = 0;
        for await (const chunk of req) bytes += (chunk as Buffer).length;
        res.json({ bytes, complete: req.complete });
      });
    });

    const nothing = { bytes: 0, complete: true };

    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
      it(`a ${method} that ends with its head has none`, async () => {
        expect(JSON.parse((await site.ask({ method })).text)).to.deep.equal(nothing);
      });
    }

    it('a POST of length 0 has none, and is an empty object to express.json', async () => {
      expect(JSON.parse((await site.ask({ method: 'POST', body: '' })).text)).to.deep.equal(nothing);
      site.app.post('/json', site.express.json(), tell);
      const { text } = await site.ask({ method: 'POST', path: '/json', body: '', headers: json });
      expect(JSON.parse(text)).to.deep.equal({ body: {}, length: '0', method: 'POST' });
    });

    it('a POST that ends later, without having sent anything, has none', async () => {
      const exchange = site.open({ method: 'POST', headers: { 'content-type': 'text/plain' } });
      exchange.body.end();
      expect(JSON.parse((await exchange.answer()).text)).to.deep.equal(nothing);
    });
  });

  it('a body is there for a handler that awaits before it reads', async () => {
    site.app.post('/', async (req, res) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      let text = '';
      for await (const chunk of req) text += chunk;
      res.send(text);
    });
    expect((await site.ask({ method: 'POST', body: 'patient' })).text).to.equal('patient');
  });

  it('pieces of a body arrive while the client still sends', async () => {
    let heard: (text: string) => void = () => {};
    site.app.post('/', async (req, res) => {
      for await (const chunk of req) heard(String(chunk));
      res.send('done');
    });
    const next = () =>
      new Promise<string>((resolve) => {
        heard = resolve;
      });
    const exchange = site.open({ method: 'POST' });
    for (const text of ['one', 'two', 'three']) {
      const came = next();
      exchange.body.write(text);
      expect(await came).to.equal(text);
    }
    exchange.body.end();
    expect((await exchange.answer()).text).to.equal('done');
  });

  for (const [what, path, answer] of [
    ['with a body', '/words', 'log in first'],
    ['without a body', '/nothing', ''],
    ['in pieces', '/pieces', 'log in first'],
  ] as const) {
    it(`an answer ${what} may come before the request has: so may the next one`, async () => {
      site.app.post('/words', (_req, res) => {
        res.status(401).send('log in first');
      });
      site.app.post('/nothing', (_req, res) => {
        res.status(401).end();
      });
      site.app.post('/pieces', (_req, res) => {
        res.status(401).write('log in ');
        res.end('first');
      });
      for (const body of [Buffer.alloc(2 * 1024 * 1024), '', pieces('a few bytes'), Buffer.alloc(100_000)]) {
        const { status, text } = await site.ask({ method: 'POST', path, body });
        expect([status, text]).to.deep.equal([401, answer]);
      }
    });
  }

  it('both ways at once: what is sent comes back while more is sent', async () => {
    site.app.post('/', (req, res) => {
      req.pipe(res);
    });
    const exchange = site.open({ method: 'POST' });
    exchange.body.write('ping;');
    const response = await exchange.response;
    expect(await response.readUntil(';')).to.equal('ping;');
    exchange.body.write('pong;');
    expect(await response.readUntil(';')).to.equal('pong;');
    exchange.body.end('end');
    expect((await response.answer()).text).to.equal('end');
  });
});
