import { AsyncLocalStorage } from 'node:async_hooks';
import { expect } from 'chai';
import type { Response } from 'express';
import { describeOverHttp } from '../../support/http-site';

describeOverHttp('requests at the same time', (site) => {
  it('a slow one does not hold up a fast one, and ends when it is ready', async () => {
    let slow!: Response;
    site.app.get('/slow', (_req, res) => {
      slow = res;
      res.write('the beginning, ');
    });
    site.app.get('/fast', (_req, res) => {
      res.send('fast');
    });
    const exchange = site.send({ path: '/slow' });
    await exchange.response;
    for (let round = 0; round < 10; round++) expect((await site.get('/fast')).text).to.equal('fast');
    slow.end('the end');
    expect((await exchange.answer()).text).to.equal('the beginning, the end');
    // HTTP/1.1 needs a second connection for what HTTP/2 does on one.
    expect(site.connections).to.equal({ '1.1': 2, '2.0': 1 }[site.row.version]);
  });

  it('are answered in whatever order the app answers them', async () => {
    const held: Response[] = [];
    let allCame: () => void = () => {};
    const all = new Promise<void>((resolve) => {
      allCame = resolve;
    });
    site.app.get('/:number', (_req, res) => {
      held.push(res);
      if (held.length === 5) allCame();
    });
    const answers = new Map(['1', '2', '3', '4', '5'].map((number) => [number, site.get(`/${number}`)]));
    await all;
    for (const res of held.reverse()) {
      const { number } = res.req.params as { number: string };
      res.send(`answer ${number}`);
      expect((await answers.get(number)!).text).to.equal(`answer ${number}`);
    }
  });

  it('a hundred, all open before the first is answered, each with its own body and its own answer', async () => {
    const held: Array<() => void> = [];
    site.app.post('/:number', site.express.json(), (req, res) => {
      held.push(() => {
        res.set('x-number', String(req.params.number)).json(req.body);
      });
      if (held.length === 100) for (const answer of held) answer();
    });
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const answers = await Promise.all(
      numbers.map((number) =>
        site.ask({
          method: 'POST',
          path: `/${number}`,
          body: JSON.stringify({ number, filler: 'x'.repeat(number * 100) }),
          headers: { 'content-type': 'application/json' },
        }),
      ),
    );
    expect(answers.map(({ headers }) => Number(headers['x-number']))).to.deep.equal(numbers);
    expect(answers.map(({ text }) => JSON.parse(text).number)).to.deep.equal(numbers);
    expect(site.connections).to.equal({ '1.1': 100, '2.0': 1 }[site.row.version]);
  });

  it('a hundred, one after the other, over one connection', async () => {
    let handled = 0;
    site.app.get('/', (_req, res) => {
      res.send(String(++handled));
    });
    for (let number = 1; number <= 100; number++) expect((await site.get('/')).text).to.equal(String(number));
    expect(site.connections).to.equal(1);
  });

  it('large answers side by side arrive whole', async () => {
    site.app.get('/:letter', (req, res) => {
      res.send(Buffer.alloc(1024 * 1024, req.params.letter));
    });
    const letters = [...'abcdefgh'];
    const answers = await Promise.all(letters.map((letter) => site.get(`/${letter}`)));
    for (const [index, { bytes }] of answers.entries()) {
      expect(bytes.equals(Buffer.alloc(1024 * 1024, letters[index]!))).to.equal(true);
    }
  });

  it('what is kept for one request (AsyncLocalStorage) is not seen by another', async () => {
    const storage = new AsyncLocalStorage<string>();
    site.app.use((req, _res, next) => storage.run(req.path, next));
    site.app.post('/:name', async (req, res) => {
      let body = '';
      for await (const chunk of req) body += chunk;
      await new Promise(setImmediate);
      res.send(`${body} ${storage.getStore()}`);
    });
    const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const answers = await Promise.all(
      paths.map((path) => site.ask({ method: 'POST', path, body: `body of ${path},` })),
    );
    expect(answers.map(({ text }) => text)).to.deep.equal(paths.map((path) => `body of ${path}, ${path}`));
  });
});
