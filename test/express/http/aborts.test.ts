import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import type { Request, Response } from 'express';
import type { Exchange } from '../../support/http-client';
import { describeOverHttp, type HttpSite, whenClosed } from '../../support/http-site';

/** A route whose handler is called, and does nothing until the test says what. */
function heldRoute(site: HttpSite): Promise<{ req: Request; res: Response }> {
  return new Promise((resolve) => {
    site.app.all('/held', (req, res) => resolve({ req, res }));
  });
}

/** What happens to request and response from now on. */
function recordEnd(req: IncomingMessage, res: ServerResponse) {
  const events: string[] = [];
  req.on('aborted', () => events.push('request aborted'));
  req.on('error', (error: NodeJS.ErrnoException) => events.push(`request error ${error.code}`));
  req.on('end', () => events.push('request end'));
  req.on('close', () => events.push('request close'));
  res.on('error', (error: NodeJS.ErrnoException) => events.push(`response error ${error.code}`));
  res.on('finish', () => events.push('response finish'));
  res.on('close', () => events.push('response close'));
  return { events, closed: Promise.all([whenClosed(req), whenClosed(res)]) };
}

const ways: Array<[how: string, leave: (exchange: Exchange, site: HttpSite) => void]> = [
  ['takes its request back', (exchange) => exchange.abort()],
  ['loses its connection', (_exchange, site) => site.disconnect()],
];

describeOverHttp('requests that end early', (site) => {
  for (const [how, leave] of ways) {
    describe(`the client ${how}`, () => {
      it('while the handler works: request and response are closed, and writing afterwards is harmless', async () => {
        const held = heldRoute(site);
        const exchange = site.send({ path: '/held' });
        const { req, res } = await held;
        const { events, closed } = recordEnd(req, res);
        leave(exchange, site);
        await closed;
        expect(events).to.have.members([
          'request aborted',
          'request error ECONNRESET',
          'request close',
          'response close',
        ]);
        expect([req.aborted, req.destroyed, res.destroyed, res.writableFinished]).to.deep.equal([
          true,
          true,
          true,
          false,
        ]);
        res.set('x-late', 'yes').write('too late');
        res.end('even later');
        await new Promise(setImmediate);
        expect(events.filter((event) => event.startsWith('response error'))).to.deep.equal([]);
        expect((await site.get('/nowhere')).status).to.equal(404);
      });

      it('within an answer: the response is closed, and a pipeline rejects', async () => {
        let piped: Promise<unknown> | undefined;
        let source!: Readable;
        site.app.get('/', (_req, res) => {
          source = Readable.from(endless());
          piped = pipeline(source, res).catch((error: NodeJS.ErrnoException) => error.code);
        });
        const exchange = site.send({});
        await (await exchange.response).readUntil('a');
        leave(exchange, site);
        expect(await piped).to.equal('ERR_STREAM_PREMATURE_CLOSE');
        expect(source.destroyed).to.equal(true);
      });

      it('within its body: a handler that reads it gets an error', async () => {
        let failure: Promise<unknown> | undefined;
        const begun = new Promise<void>((resolve) => {
          site.app.post('/', (req) => {
            failure = readAll(req, resolve);
          });
        });
        const exchange = site.open({ method: 'POST', path: '/', headers: { 'content-length': 1_000 } });
        exchange.body.write('the beginning');
        await begun;
        leave(exchange, site);
        expect(await failure)
          .to.be.an('error')
          .with.property('code', 'ECONNRESET');
      });

      it('within its body: a body parser says so to the error middleware', async () => {
        const refused = new Promise<{ type?: string; status?: number }>((resolve) => {
          site.app.use((_req, _res, next) => {
            begun();
            next();
          });
          site.app.post('/', site.express.json(), () => {});
          site.app.use((error: object, _req: Request, res: Response, _next: () => void) => {
            res.status(400).end('nobody hears this');
            resolve(error);
          });
        });
        let begun: () => void = () => {};
        const came = new Promise<void>((resolve) => {
          begun = resolve;
        });
        const exchange = site.open({ method: 'POST', headers: { 'content-type': 'application/json' } });
        exchange.body.write('{"a":');
        await came;
        leave(exchange, site);
        const { type, status } = await refused;
        expect([type, status]).to.deep.equal(['request.aborted', 400]);
      });
    });
  }

  it('a hundred requests that are taken back at once do no harm', async () => {
    let came = 0;
    let gone = 0;
    site.app.get('/held', (_req, res) => {
      came++;
      res.on('close', () => gone++);
    });
    site.app.get('/page', (_req, res) => {
      res.send('a page');
    });
    const exchanges = Array.from({ length: 100 }, () => site.send({ path: '/held' }));
    while (came < 100) await new Promise(setImmediate);
    for (const exchange of exchanges) exchange.abort();
    while (gone < 100) await new Promise(setImmediate);
    expect((await site.get('/page')).text).to.equal('a page');
  });

  describe('the server', () => {
    it('destroys the response before its head: the client gets an error', async () => {
      site.app.get('/', (_req, res) => {
        res.destroy();
      });
      const failure = await site.send({}).response.catch((error: unknown) => error);
      expect(failure).to.be.an('error');
      expect((await site.get('/nowhere')).status).to.equal(404);
    });

    for (const [how, headers] of [
      ['without a length', {}],
      ['with a length', { 'content-length': '100' }],
    ] as Array<[string, Record<string, string>]>) {
      it(`destroys a response ${how} midway: the client gets an error, no short answer`, async () => {
        const held = heldRoute(site);
        const exchange = site.send({ path: '/held' });
        const { res } = await held;
        res.set(headers).write('the beginning;');
        const response = await exchange.response;
        expect(await response.readUntil(';')).to.equal('the beginning;');
        res.destroy();
        expect(await response.answer().catch((error: unknown) => error)).to.be.an('error');
      });
    }

    it('destroys a response that nothing but its end delimits: HTTP/1.1 cannot tell, HTTP/2 can', async () => {
      const held = heldRoute(site);
      const exchange = site.send({ path: '/held' });
      const { res } = await held;
      res.removeHeader('Transfer-Encoding');
      res.write('the beginning;');
      const response = await exchange.response;
      expect(await response.readUntil(';')).to.equal('the beginning;');
      res.destroy();
      const isWhole = await response.answer().then(
        () => true,
        () => false,
      );
      expect(isWhole).to.equal({ '1.1': true, '2.0': false }[site.row.version]);
    });

    it('destroys the socket midway: the client gets an error', async () => {
      const held = heldRoute(site);
      const exchange = site.send({ path: '/held' });
      const { req, res } = await held;
      res.write('the beginning;');
      const response = await exchange.response;
      req.socket.destroy();
      expect(await response.answer().catch((error: unknown) => error)).to.be.an('error');
      expect((await site.get('/nowhere')).status).to.equal(404);
    });

    it('ends a response that is shorter than its length: the client gets an error', async () => {
      site.app.get('/', (_req, res) => {
        res.set({ 'Content-Length': '100', Connection: 'close' }).end('not so long');
      });
      const response = await site.send({}).response;
      expect(await response.answer().catch((error: unknown) => error)).to.be.an('error');
    });

    it('pipes a stream that fails: the client gets an error', async () => {
      site.app.get('/', async (_req, res) => {
        await pipeline(Readable.from(failing()), res).catch(() => {});
      });
      const response = await site.send({}).response;
      expect(await response.answer().catch((error: unknown) => error)).to.be.an('error');
    });

    it('destroys a request whose body is still coming: the client gets an error', async () => {
      const held = heldRoute(site);
      const exchange = site.open({ method: 'POST', path: '/held' });
      exchange.body.on('error', () => {});
      exchange.body.write('the beginning');
      const { req } = await held;
      req.destroy();
      expect(await exchange.response.catch((error: unknown) => error)).to.be.an('error');
    });

    it('waits too long for a handler: the time-out of the response is called', async () => {
      site.app.get('/', (_req, res) => {
        res.setTimeout(20, () => {
          res.status(503).send('too slow');
        });
      });
      const { status, text } = await site.get('/');
      expect([status, text]).to.deep.equal([503, 'too slow']);
    });
  });
});

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) {
    yield Buffer.alloc(10_000, 'a');
    await new Promise(setImmediate);
  }
}

async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from('the beginning;');
  await new Promise(setImmediate);
  throw new Error('the disk is gone');
}

/** Reads to the end, and gives the error that it ends with. */
async function readAll(req: IncomingMessage, begun: () => void): Promise<unknown> {
  try {
    for await (const chunk of req) if (chunk) begun();
    return 'all was read';
  } catch (error) {
    return error;
  }
}
