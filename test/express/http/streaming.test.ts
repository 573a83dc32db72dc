import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { describeOverHttp, whenClosed } from '../../support/http-site';

describeOverHttp('streaming answers', (site) => {
  it('pieces arrive while the answer is written', async () => {
    let res!: ServerResponse;
    site.app.get('/', (_req, response) => {
      res = response;
      res.write('one;');
    });
    const response = await site.send({}).response;
    expect(await response.readUntil('one;')).to.equal('one;');
    for (const piece of ['two;', 'three;', 'vier €;']) {
      res.write(piece);
      expect(await response.readUntil(piece)).to.equal(piece);
    }
    res.end('last');
    const { text, headers } = await response.answer();
    expect(text).to.equal('last');
    expect(headers['content-length']).to.equal(undefined);
    expect(headers['transfer-encoding']).to.equal({ '1.1': 'chunked', '2.0': undefined }[site.row.version]);
  });

  it('pieces of an answer with a length arrive as well', async () => {
    let res!: ServerResponse;
    site.app.get('/', (_req, response) => {
      res = response;
      response.set('Content-Length', '8').write('one;');
    });
    const response = await site.send({}).response;
    expect(await response.readUntil('one;')).to.equal('one;');
    res.end('two;');
    const { text, headers } = await response.answer();
    expect([text, headers['content-length']]).to.deep.equal(['two;', '8']);
  });

  it('res.flushHeaders sends the head before there is a body', async () => {
    let res!: ServerResponse;
    site.app.get('/', (_req, response) => {
      res = response;
      response.status(202).set('x-early', 'yes').flushHeaders();
    });
    const response = await site.send({}).response;
    expect([response.status, response.headers['x-early']]).to.deep.equal([202, 'yes']);
    res.end('body');
    expect((await response.answer()).text).to.equal('body');
  });

  it('a stream piped into the answer', async () => {
    site.app.get('/', async (_req, res) => {
      await pipeline(Readable.from(['a', 'b', 'c'].map((letter) => letter.repeat(50_000))), res);
    });
    expect((await site.get('/')).text).to.equal('abc'.replace(/./g, (letter) => letter.repeat(50_000)));
  });

  it('many small pieces, and corked ones', async () => {
    site.app.get('/', (_req, res) => {
      for (let index = 0; index < 2_000; index++) res.write(`${index},`);
      res.cork();
      res.write('corked,');
      res.write('', () => {});
      res.write(Buffer.from('bytes'));
      res.uncork();
      res.end();
    });
    const expected = `${Array.from({ length: 2_000 }, (_, index) => index).join(',')},corked,bytes`;
    expect((await site.get('/')).text).to.equal(expected);
  });

  it("'finish' comes before 'close', when all has been sent, once each", async () => {
    const events: string[] = [];
    let closed: Promise<unknown> | undefined;
    site.app.get('/:what', (req, res) => {
      closed = whenClosed(res);
      res.on('finish', () => events.push(`finish ${res.writableFinished}`));
      res.on('close', () => events.push(`close ${res.destroyed}`));
      req.on('aborted', () => events.push('aborted'));
      req.on('close', () => events.push('request close'));
      res.on('error', (error) => events.push(String(error)));
      if (req.params.what === 'page') res.send('a page');
      else if (req.params.what === 'nothing') res.sendStatus(204);
      else res.status(304).end();
    });
    for (const [method, path] of [
      ['GET', '/page'],
      ['HEAD', '/page'],
      ['GET', '/nothing'],
      ['GET', '/same'],
    ]) {
      events.length = 0;
      await site.ask({ method: method!, path: path! });
      await closed;
      expect(events.filter((event) => event !== 'request close')).to.deep.equal(['finish true', 'close true']);
    }
  });

  describe('trailers', () => {
    it('come behind the body, where they were announced', async () => {
      site.app.get('/', (_req, res) => {
        res.set('Trailer', 'X-Checksum, X-Count');
        res.write('a body');
        res.addTrailers({ 'X-Checksum': 'abc', 'X-Count': '6' });
        res.end();
      });
      const { text, trailers, headers } = await site.get('/', { te: 'trailers' });
      expect([text, headers.trailer]).to.deep.equal(['a body', 'X-Checksum, X-Count']);
      expect(trailers).to.deep.equal({ 'x-checksum': 'abc', 'x-count': '6' });
    });

    it('come also when there is no body', async () => {
      site.app.get('/', (_req, res) => {
        res.set('Trailer', 'X-Checksum').flushHeaders();
        res.addTrailers({ 'X-Checksum': 'of nothing' });
        res.end();
      });
      const { bytes, trailers } = await site.get('/');
      expect([bytes.length, trailers]).to.deep.equal([0, { 'x-checksum': 'of nothing' }]);
    });
  });

  describe('interim responses', () => {
    it('100: the client waits for it before it sends', async () => {
      const order: string[] = [];
      site.app.post('/', async (req, res) => {
        order.push('handler');
        let body = '';
        for await (const chunk of req) body += chunk;
        res.send(body);
      });
      const exchange = site.open({ method: 'POST', headers: { expect: '100-continue' } });
      expect((await exchange.interim()).status).to.equal(100);
      order.push('client sends');
      exchange.body.end('after all');
      expect((await exchange.answer()).text).to.equal('after all');
      expect(order).to.have.members(['handler', 'client sends']);
    });

    it('a refusal comes instead of the body that was not sent', async () => {
      site.app.post('/', (_req, res) => {
        res.status(403).send('no');
      });
      const exchange = site.open({ method: 'POST', headers: { expect: '100-continue', 'content-length': 5 } });
      await exchange.interim();
      const response = await exchange.response;
      expect(response.status).to.equal(403);
      expect(await response.readUntil('no')).to.equal('no');
      exchange.abort();
    });

    it('102 and 103 come before the answer, with their headers', async () => {
      site.app.get('/', (_req, res) => {
        res.writeProcessing();
        res.writeEarlyHints({ link: ['</style.css>; rel=preload; as=style', '</a.js>; rel=preload; as=script'] });
        res.send('a page');
      });
      const exchange = site.send({});
      expect((await exchange.interim()).status).to.equal(102);
      const hints = await exchange.interim();
      expect(hints.status).to.equal(103);
      expect(hints.headers.link).to.equal('</style.css>; rel=preload; as=style, </a.js>; rel=preload; as=script');
      const { status, text, headers } = await exchange.answer();
      expect([status, text, headers.link]).to.deep.equal([200, 'a page', undefined]);
    });

    it('103 arrives at once, however long the answer takes', async () => {
      let res!: ServerResponse;
      site.app.get('/', (_req, response) => {
        res = response;
        res.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      });
      const exchange = site.send({});
      expect((await exchange.interim()).status).to.equal(103);
      res.end('at last');
      expect((await exchange.answer()).text).to.equal('at last');
    });
  });

  describe('server-sent events', () => {
    it('arrive one by one, and the end of the listener is noticed', async () => {
      let res!: ServerResponse;
      let closed!: Promise<unknown>;
      site.app.get('/events', (req, response) => {
        res = response;
        closed = Promise.all([whenClosed(req), whenClosed(res)]);
        response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'keep-alive' });
        response.flushHeaders();
      });
      const exchange = site.send({ path: '/events', headers: { accept: 'text/event-stream' } });
      const response = await exchange.response;
      expect(response.headers['content-type']).to.equal('text/event-stream; charset=utf-8');
      for (let id = 0; id < 5; id++) {
        const event = `id: ${id}\ndata: tick\n\n`;
        res.write(event);
        expect(await response.readUntil('\n\n')).to.equal(event);
      }
      exchange.abort();
      await closed;
      expect([res.destroyed, res.writableFinished]).to.deep.equal([true, false]);
    });

    it('of several listeners each gets its own', async () => {
      const listeners = new Map<string, ServerResponse>();
      site.app.get('/events/:name', (req, res) => {
        listeners.set(req.params.name, res);
        res.type('text/event-stream').flushHeaders();
      });
      const names = ['a', 'b', 'c', 'd'];
      const responses = await Promise.all(names.map((name) => site.send({ path: `/events/${name}` }).response));
      for (const name of names) listeners.get(name)!.write(`data: for ${name}\n\n`);
      const heard = await Promise.all(responses.map((response) => response.readUntil('\n\n')));
      expect(heard).to.deep.equal(names.map((name) => `data: for ${name}\n\n`));
    });
  });
});
