import { expect } from 'chai';
import cors from 'cors';
import { rateLimit } from 'express-rate-limit';
import session from 'express-session';
import helmet from 'helmet';
import morgan from 'morgan';
import { describeOverHttp } from '../../support/http-site';

describeOverHttp('middleware as it comes', (site) => {
  it('express-session: a session lasts from request to request, each client has its own', async () => {
    site.app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie: { secure: 'auto' } }));
    site.app.post('/login', site.express.json(), (req, res) => {
      Object.assign(req.session, { user: req.body.user });
      res.sendStatus(204);
    });
    site.app.get('/me', (req, res) => {
      res.json({ user: (req.session as { user?: string }).user ?? null });
    });
    const login = async (user: string) => {
      const body = JSON.stringify({ user });
      const { status, headers } = await site.ask({
        method: 'POST',
        path: '/login',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect(status).to.equal(204);
      const [cookie = ''] = headers['set-cookie'] ?? [];
      expect(cookie).to.match(/^connect\.sid=.*; HttpOnly/);
      expect(cookie.includes('; Secure')).to.equal(site.row.secure);
      return cookie.split(';')[0]!;
    };
    const cookies = [await login('Ada'), await login('Zoe')];
    const users = cookies.map(async (cookie) => (await site.get('/me', { cookie: ['other=1', cookie] })).text);
    expect(await Promise.all(users)).to.deep.equal(['{"user":"Ada"}', '{"user":"Zoe"}']);
    const stranger = await site.get('/me');
    expect([stranger.text, stranger.headers['set-cookie']]).to.deep.equal(['{"user":null}', undefined]);
  });

  it('morgan: a line for each request, with the version, when it is over', async () => {
    const lines: string[] = [];
    const format = ':remote-addr ":method :url HTTP/:http-version" :status :res[content-length] ":referrer"';
    let logged: () => void = () => {};
    const stream = {
      write: (line: string) => {
        lines.push(line.trim());
        logged();
      },
    };
    site.app.use(morgan(format, { stream }));
    site.app.get('/page', (_req, res) => {
      res.send('a page');
    });
    site.app.get('/held', (_req, res) => {
      res.write('the beginning;');
    });
    const next = () =>
      new Promise<void>((resolve) => {
        logged = resolve;
      });
    let line = next();
    await site.get('/page?x=1', { referer: 'https://a.example/' });
    await line;
    line = next();
    await site.ask({ method: 'POST', path: '/nowhere', body: 'x' });
    await line;
    line = next();
    const exchange = site.send({ path: '/held' });
    await (await exchange.response).readUntil(';');
    exchange.abort();
    await line;
    const { version } = site.row;
    expect(lines).to.deep.equal([
      `127.0.0.1 "GET /page?x=1 HTTP/${version}" 200 6 "https://a.example/"`,
      `127.0.0.1 "POST /nowhere HTTP/${version}" 404 147 "-"`,
      `127.0.0.1 "GET /held HTTP/${version}" 200 - "-"`,
    ]);
  });

  it('morgan: a status is there when an answer was complete, and none when it was never begun', async () => {
    const lines: string[] = [];
    site.app.use(morgan(':method :status :response-time', { stream: { write: (line) => lines.push(line.trim()) } }));
    const came = new Promise<void>((resolve) => {
      site.app.get('/held', () => resolve());
    });
    const exchange = site.send({ path: '/held' });
    await came;
    exchange.abort();
    while (lines.length === 0) await new Promise(setImmediate);
    expect(lines).to.deep.equal(['GET - -']);
  });

  it('helmet', async () => {
    site.app.use(helmet());
    site.app.get('/', (_req, res) => {
      res.send('a page');
    });
    const { headers } = await site.get('/');
    expect(headers).to.include({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    });
    expect(headers['content-security-policy']).to.include("default-src 'self'");
    expect(headers).to.not.have.property('x-powered-by');
  });

  it('express-rate-limit counts by address', async () => {
    site.app.set('trust proxy', 'loopback');
    site.app.use(rateLimit({ windowMs: 60_000, limit: 2, standardHeaders: 'draft-7', legacyHeaders: false }));
    site.app.get('/', (_req, res) => {
      res.send('a page');
    });
    const from = (address: string) => site.get('/', { 'x-forwarded-for': address });
    const answers = [await from('203.0.113.1'), await from('203.0.113.1'), await from('203.0.113.1')];
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 429]);
    expect(answers[2]!.headers['retry-after']).to.equal('60');
    expect(answers[1]!.headers.ratelimit).to.match(/^limit=2, remaining=0, reset=\d+$/);
    expect((await from('203.0.113.2')).status).to.equal(200);
  });

  it('cors: preflight and request', async () => {
    site.app.use(cors({ origin: 'https://a.example', credentials: true, maxAge: 600 }));
    site.app.put('/', (_req, res) => {
      res.send('put');
    });
    const preflight = await site.ask({
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
    });
    expect(preflight.status).to.equal(204);
    expect(preflight.headers).to.include({
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
    });
    expect(preflight.headers['access-control-allow-methods']).to.include('PUT');
    const { text, headers } = await site.ask({ method: 'PUT', headers: { origin: 'https://a.example' } });
    expect([text, headers['access-control-allow-origin'], headers.vary]).to.deep.equal([
      'put',
      'https://a.example',
      'Origin',
    ]);
  });

  it('middleware that changes writeHead, write and end sees each answer once', async () => {
    const seen: string[] = [];
    site.app.use((_req, res, next) => {
      const { writeHead, write, end } = res;
      Object.assign(res, {
        writeHead(...args: Parameters<typeof writeHead>) {
          seen.push(`head ${args[0]}`);
          res.setHeader('x-late', 'yes');
          return writeHead.apply(res, args);
        },
        write(...args: Parameters<typeof write>) {
          seen.push('write');
          return write.apply(res, args);
        },
        end(...args: Parameters<typeof end>) {
          seen.push('end');
          return end.apply(res, args);
        },
      });
      next();
    });
    site.app.get('/', (_req, res) => {
      res.write('one');
      res.end('two');
    });
    const { text, headers } = await site.get('/');
    expect([text, headers['x-late'], seen]).to.deep.equal(['onetwo', 'yes', ['write', 'head 200', 'end']]);
  });
});
