import { expect } from 'chai';
import type { ErrorRequestHandler } from 'express';
import { describeOverHttp } from '../../support/http-site';

describeOverHttp('what a client gets', (site) => {
  it('of res.json, with its type, length and ETag', async () => {
    site.app.get('/', (_req, res) => {
      res.status(201).json({ name: 'Zoë' });
    });
    const { status, headers, text } = await site.get('/');
    expect([status, text]).to.deep.equal([201, '{"name":"Zoë"}']);
    expect(headers).to.include({
      'content-type': 'application/json; charset=utf-8',
      'content-length': '15',
      'x-powered-by': 'Express',
    });
    expect(headers.etag).to.match(/^W\/"/);
    expect(new Date(headers.date!).getTime()).to.be.closeTo(Date.now(), 60_000);
  });

  it('of res.send, by what is sent', async () => {
    const bytes = Buffer.from([0, 1, 2, 255]);
    site.app.get('/text', (_req, res) => {
      res.send('<p>Zoë');
    });
    site.app.get('/bytes', (_req, res) => {
      res.send(bytes);
    });
    site.app.get('/nothing', (_req, res) => {
      res.send();
    });
    const text = await site.get('/text');
    expect([text.headers['content-type'], text.text]).to.deep.equal(['text/html; charset=utf-8', '<p>Zoë']);
    const raw = await site.get('/bytes');
    expect(raw.headers['content-type']).to.equal('application/octet-stream');
    expect(raw.bytes.equals(bytes)).to.equal(true);
    const nothing = await site.get('/nothing');
    expect([nothing.status, nothing.headers['content-length'], nothing.text]).to.deep.equal([200, '0', '']);
  });

  for (const status of [204, 304]) {
    it(`of a ${status}: no body, though one was given`, async () => {
      site.app.get('/', (_req, res) => {
        res.status(status).set('x-thing', 'thing').send('not to be seen');
      });
      const { headers, bytes, ...answer } = await site.get('/');
      expect([answer.status, bytes.length, headers['x-thing']]).to.deep.equal([status, 0, 'thing']);
      expect(headers).to.not.have.any.keys('content-type', 'content-length', 'transfer-encoding');
    });
  }

  it('of res.end without anything', async () => {
    site.app.get('/', (_req, res) => {
      res.end();
    });
    const { status, bytes } = await site.get('/');
    expect([status, bytes.length]).to.deep.equal([200, 0]);
  });

  it('of res.sendStatus, and of a status with words of its own', async () => {
    site.app.get('/teapot', (_req, res) => {
      res.sendStatus(418);
    });
    site.app.get('/odd', (_req, res) => {
      res.statusMessage = 'Rather Odd';
      res.status(599).end('odd');
    });
    const teapot = await site.get('/teapot');
    expect([teapot.status, teapot.text]).to.deep.equal([418, "I'm a Teapot"]);
    const odd = await site.get('/odd');
    expect([odd.status, odd.text]).to.deep.equal([599, 'odd']);
  });

  describe('a HEAD', () => {
    it('has the headers of the GET and no body', async () => {
      site.app.get('/', (_req, res) => {
        res.send('a page');
      });
      const get = await site.get('/');
      const head = await site.ask({ method: 'HEAD' });
      expect([head.status, head.bytes.length, head.headers['content-length']]).to.deep.equal([200, 0, '6']);
      expect(head.headers.etag).to.equal(get.headers.etag);
    });

    it('of a large answer leaves the connection as it was', async () => {
      site.app.get('/', (_req, res) => {
        res.send(Buffer.alloc(1024 * 1024));
      });
      for (let round = 0; round < 3; round++) {
        const { headers, bytes } = await site.ask({ method: 'HEAD' });
        expect([headers['content-length'], bytes.length]).to.deep.equal(['1048576', 0]);
      }
    });

    it('of an answer that is streamed has no body either', async () => {
      site.app.get('/', (_req, res) => {
        res.write('one');
        res.end('two');
      });
      const { status, bytes } = await site.ask({ method: 'HEAD' });
      expect([status, bytes.length]).to.deep.equal([200, 0]);
    });
  });

  it('redirects', async () => {
    site.app.get('/old', (_req, res) => {
      res.redirect('/new?a=b#c');
    });
    site.app.get('/moved', (_req, res) => {
      res.redirect(308, 'https://elsewhere.example/caf\xe9');
    });
    const old = await site.get('/old', { accept: 'text/plain' });
    expect([old.status, old.headers.location, old.text]).to.deep.equal([
      302,
      '/new?a=b#c',
      'Found. Redirecting to /new?a=b#c',
    ]);
    const moved = await site.get('/moved');
    expect([moved.status, moved.headers.location]).to.deep.equal([308, 'https://elsewhere.example/caf%C3%A9']);
  });

  it('cookies, each in a field of its own', async () => {
    site.app.get('/', (_req, res) => {
      res
        .cookie('a', 'one two', { httpOnly: true, sameSite: 'lax' })
        .cookie('b', '2', { secure: true })
        .clearCookie('c');
      res.send('');
    });
    expect((await site.get('/')).headers['set-cookie']).to.deep.equal([
      'a=one%20two; Path=/; HttpOnly; SameSite=Lax',
      'b=2; Path=/; Secure',
      'c=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ]);
  });

  it('repeated headers, and those of writeHead', async () => {
    site.app.get('/', (_req, res) => {
      res.append('X-Many', 'one').append('X-Many', ['two', 'three']).vary('Accept').vary('Cookie');
      res.links({ next: '/2' });
      res.writeHead(203, { 'X-Head': 'yes', 'Content-Type': 'text/x' });
      res.end('done');
    });
    const { status, headers } = await site.get('/');
    expect(status).to.equal(203);
    expect(headers).to.include({
      'x-many': 'one, two, three',
      vary: 'Accept, Cookie',
      link: '</2>; rel="next"',
      'x-head': 'yes',
      'content-type': 'text/x',
    });
  });

  it('characters of latin1, and empty values', async () => {
    site.app.get('/', (_req, res) => {
      res.set('x-latin', 'Zo\xeb').set('x-empty', '').send('');
    });
    expect((await site.get('/')).headers).to.include({ 'x-latin': 'Zo\xeb', 'x-empty': '' });
  });

  it('a hundred headers of a hundred bytes', async () => {
    site.app.get('/', (_req, res) => {
      for (let index = 0; index < 100; index++) res.set(`x-header-${index}`, `${index}`.padEnd(100, '.'));
      res.send('');
    });
    const { headers } = await site.get('/');
    for (let index = 0; index < 100; index++)
      expect(headers[`x-header-${index}`]).to.equal(`${index}`.padEnd(100, '.'));
  });

  it('what is about the connection only where there is one of HTTP/1.1 (RFC 9113, 8.2.2)', async () => {
    site.app.get('/', (_req, res) => {
      res.set({ Connection: 'keep-alive', 'Keep-Alive': 'timeout=9', 'Proxy-Connection': 'x', Upgrade: 'h2c' });
      res.write('in pieces');
      res.end();
    });
    const { status, headers, text } = await site.get('/');
    expect([status, text]).to.deep.equal([200, 'in pieces']);
    const { connection, 'transfer-encoding': coding, upgrade, 'keep-alive': keepAlive } = headers;
    const expected = { '1.1': ['keep-alive', 'chunked', 'h2c', 'timeout=9'], '2.0': Array(4).fill(undefined) };
    expect([connection, coding, upgrade, keepAlive]).to.deep.equal(expected[site.row.version]);
  });

  it('a whole answer when the app wants the connection closed', async () => {
    site.app.get('/', (_req, res) => {
      res.set('Connection', 'close');
      res.write('a ');
      res.end('page');
    });
    for (let round = 0; round < 3; round++) expect((await site.get('/')).text).to.equal('a page');
    // One connection is for all in HTTP/2, and an answer does not end it.
    expect(site.connections).to.equal({ '1.1': 3, '2.0': 1 }[site.row.version]);
  });

  describe('errors', () => {
    const inWords: ErrorRequestHandler = (error: Error & { status?: number }, _req, res, _next) => {
      res.status(error.status ?? 500).json({ error: error.message });
    };

    it('404 where there is no route', async () => {
      const { status, text } = await site.get('/nowhere?x=1');
      expect(status).to.equal(404);
      expect(text).to.include('Cannot GET /nowhere');
    });

    it('what the error middleware makes of what is thrown', async () => {
      site.app.get('/', () => {
        throw Object.assign(new Error('broken'), { status: 502 });
      });
      site.app.use(inWords);
      const { status, text } = await site.get('/');
      expect([status, text]).to.deep.equal([502, '{"error":"broken"}']);
    });

    it('what the error middleware makes of a rejection', async () => {
      site.app.get('/', async (_req, _res, next) => {
        await new Promise(setImmediate);
        const error = new Error('broken later');
        // Express 4 does not look at what a handler returns.
        if (site.expressVersion === 'Express 4') next(error);
        else throw error;
      });
      site.app.use(inWords);
      const { status, text } = await site.get('/');
      expect([status, text]).to.deep.equal([500, '{"error":"broken later"}']);
    });

    it('500 where nobody takes the error', async () => {
      site.app.get('/', () => {
        throw new Error('broken');
      });
      const { status, headers } = await site.get('/');
      expect(status).to.equal(500);
      expect(headers['content-security-policy']).to.equal("default-src 'none'");
    });

    it('500 for a header that cannot be sent, and nothing of it', async () => {
      site.app.get('/', (_req, res) => {
        res.set('x-thing', 'a\r\nx-injected: yes');
        res.send('');
      });
      site.app.use(inWords);
      const { status, headers, text } = await site.get('/');
      expect(status).to.equal(500);
      expect(text).to.include('Invalid character in header content');
      expect(headers).to.not.have.any.keys('x-injected', 'x-thing');
    });

    it('a cut answer when the error comes after the head', async () => {
      site.app.get('/', (_req, res, next) => {
        res.write('so far so good;');
        setImmediate(() => next(new Error('broken')));
      });
      const response = await site.send({ path: '/' }).response;
      expect(response.status).to.equal(200);
      const failure = await response.answer().catch((error: unknown) => error);
      expect(failure).to.be.an('error');
    });
  });
});
