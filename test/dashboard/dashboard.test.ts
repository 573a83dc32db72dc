import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import type { RequestHandler } from 'express';
import { connect } from '../../src/client/connect';
import { dashboard } from '../../src/dashboard/dashboard';
import type { FeedMessage } from '../../src/dashboard/wire';
import { HandshakeError } from '../../src/protocol/errors';
import { rejectionOf } from '../client/support/rejection-of';
import { ExpressApps, expressVersions } from '../support/express-apps';
import { describeOverHttp, type HttpSite } from '../support/http-site';

async function nextOf(socket: { receive(): Promise<unknown> }): Promise<FeedMessage> {
  return JSON.parse(String(await socket.receive())) as FeedMessage;
}

function dial({ row, port, certificates }: HttpSite, headers: Record<string, string> = {}) {
  return connect(`ws${row.secure ? 's' : ''}://127.0.0.1:${port}/_switchboard/feed`, {
    http2: row.version === '2.0',
    headers,
    ...(row.secure && { tls: { ca: certificates.authority } }),
  });
}

describeOverHttp('dashboard', (site) => {
  it('sends its page, which may load nothing but its own files', async () => {
    site.app.use('/_switchboard', dashboard());
    const page = await site.get('/_switchboard/');
    expect(page.status).to.equal(200);
    expect(page.headers['content-type']).to.equal('text/html; charset=utf-8');
    expect(page.headers['content-security-policy']).to.match(
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/,
    );
    expect(page.headers['content-security-policy']).not.to.contain('unsafe');
    for (const [, file] of page.text.matchAll(/(?:src|href)="([^"#]+)"/g)) {
      const { status, headers } = await site.get(`/_switchboard/${file}`);
      expect(status, file).to.equal(200);
      expect(headers['x-content-type-options'], file).to.equal('nosniff');
    }
    const again = await site.get('/_switchboard/', { 'if-none-match': page.headers.etag });
    expect(again.status).to.equal(304);
  });

  it('leads to the path that its files are below', async () => {
    site.app.use('/admin/_switchboard', dashboard());
    const { status, headers } = await site.get('/admin/_switchboard?a=b');
    expect({ status, location: headers.location }).to.deep.equal({ status: 302, location: './_switchboard/' });
  });

  it('shows the board through its own WebSocket', async () => {
    site.app.use('/_switchboard', dashboard());
    const socket = await dial(site);
    const hello = await nextOf(socket);
    expect(hello.type).to.equal('hello');
    const sample = await nextOf(socket);
    expect(sample).to.have.nested.property('sample.connections', 0);
    expect(sample).to.have.nested.property('sample.opened', 0);
    socket.close();
    await socket.closed;
  });

  it('is for this machine only, the page as well as the WebSocket, and says what changes that', async () => {
    site.app.use('/_switchboard', dashboard());
    for (const headers of [{ host: 'evil.example' }, { 'x-forwarded-for': '127.0.0.1' }]) {
      const page = await site.get('/_switchboard/', headers);
      expect({ status: page.status, type: page.headers['content-type'] }).to.deep.equal({
        status: 403,
        type: 'text/plain; charset=utf-8',
      });
      expect(page.text).to.contain('dangerouslyAllowRemote: true');
    }
    const refusal = await rejectionOf(HandshakeError, dial(site, { 'X-Forwarded-For': '127.0.0.1' }));
    expect(refusal).to.include({ status: 403 });
    expect(refusal).to.have.property('body').that.contains('dangerouslyAllowRemote: true');
  });

  it('leaves to others what is not its own', async () => {
    site.app.use('/_switchboard', dashboard());
    site.app.use('/_switchboard', (req, res) => res.status(299).send(req.url));
    for (const file of ['/other', '/..%2fpackage.json', '/constructor', '/main.js/']) {
      expect(await site.get(`/_switchboard${file}`)).to.include({ status: 299 });
    }
    expect(await site.ask({ method: 'POST', path: '/_switchboard/' })).to.include({ status: 299 });
    expect(await site.get('/_switchboard/other', { host: 'evil.example' })).to.include({ status: 299 });
  });
});

for (const [version, express] of expressVersions) {
  describe(`dashboard (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    it('is behind the middleware that is mounted before it, which runs before the 101', async () => {
      const { app } = apps.app();
      app.use(
        '/_switchboard',
        (req, res, next) => (req.headers.cookie === 'admin' ? next() : res.status(401).send('Who are you?')),
        dashboard(),
      );
      const port = await apps.listen(app);
      expect(await (await fetch(`http://127.0.0.1:${port}/_switchboard/`)).text()).to.equal('Who are you?');
      expect(await apps.refused(port, '/_switchboard/feed')).to.include({ status: 401, body: 'Who are you?' });
      const socket = await apps.open(port, '/_switchboard/feed', { headers: { cookie: 'admin' } });
      expect(JSON.parse(await socket.next())).to.include({ type: 'hello' });
    });

    it('is shown under any host, and through any proxy, where that is allowed', async () => {
      const { app } = apps.app();
      app.use('/_switchboard', dashboard({ dangerouslyAllowRemote: true }));
      const port = await apps.listen(app);
      const headers = { 'X-Forwarded-For': '203.0.113.7' };
      expect((await fetch(`http://127.0.0.1:${port}/_switchboard/`, { headers })).status).to.equal(200);
      const far = { host: 'app.example', ...headers };
      expect(await (await apps.open(port, '/_switchboard/feed', { headers: far })).next()).to.contain('hello');
    });

    it('refuses pages of other origins, also where the board does not', async () => {
      const { app } = apps.app({ dangerouslyAllowAnyOrigin: true });
      app.use('/_switchboard', dashboard());
      const port = await apps.listen(app);
      const { status, body } = await apps.refused(port, '/_switchboard/feed', { origin: 'http://localhost:1' });
      expect(status).to.equal(403);
      expect(body).to.contain('http://localhost:1');
      await apps.open(port, '/_switchboard/feed', { origin: `http://127.0.0.1:${port}` });
    });

    it('does not count those who look, and counts the others', async () => {
      const { app, board } = apps.app();
      app.use('/_switchboard', dashboard());
      app.ws('/echo', (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      const port = await apps.listen(app);
      await apps.open(port, '/_switchboard/feed');
      const viewer = await apps.open(port, '/_switchboard/feed');
      expect(JSON.parse(await viewer.next())).to.have.nested.property('present.totals.opened', 0);
      const client = await apps.open(port, '/echo');
      client.send('hello');
      await client.next();
      await apps.refused(port, '/echo', { origin: 'https://evil.example' });
      const { sample, present } = JSON.parse(await viewer.next()) as Extract<FeedMessage, { type: 'sample' }>;
      expect(sample).to.include({ connections: 1 });
      expect(sample.received).to.be.above(0);
      expect(sample.received).to.equal(sample.sent);
      expect(sample.refusedBy).to.deep.equal({ FOREIGN_ORIGIN: 1 });
      expect(present).to.have.nested.property('totals.opened', 1);
      expect(present.viewers).to.equal(2);
      expect(board.connections.size).to.equal(3);
    });

    it('needs a board', async () => {
      const app = express();
      app.set('env', 'test');
      app.use('/_switchboard', dashboard());
      const port = await apps.listen(app);
      const page = await fetch(`http://127.0.0.1:${port}/_switchboard/`);
      expect(page.status).to.equal(500);
      expect(await page.text()).to.contain('dashboard() need switchboard(app)');
    });

    describe('of a board that is full', () => {
      it('shows it to four, whose page has come', async () => {
        const { app, board } = apps.app({ maxConnections: 1, maxPendingHandshakes: 1 });
        app.use('/_switchboard', dashboard());
        app.ws('/', () => {});
        const port = await apps.listen(app);
        await apps.open(port);
        expect(await apps.refused(port, '/_switchboard/feed')).to.include({ status: 503 });
        await fetch(`http://127.0.0.1:${port}/_switchboard/`);
        const looking = () => apps.open(port, '/_switchboard/feed');
        const viewers = await Promise.all([looking(), looking(), looking(), looking()]);
        for (const viewer of viewers) {
          expect(JSON.parse(await viewer.next())).to.have.nested.property('present.totals.opened', 1);
        }
        const refusal = await apps.refused(port, '/_switchboard/feed');
        expect(refusal.body).to.equal('This server has no room for more than 1 WebSocket (maxConnections)\n');
        const [, oldest] = board.connections;
        viewers[0]!.close();
        await oldest!.closed;
        await looking();
      });

      it('leaves all seats to others', async () => {
        const { app } = apps.app({ maxConnections: 1, maxConnectionsPerAddress: 1 });
        app.use('/_switchboard', dashboard());
        app.ws('/', () => {});
        const port = await apps.listen(app);
        await apps.open(port, '/_switchboard/feed');
        await apps.open(port);
        expect(await apps.refused(port)).to.include({ status: 503 });
      });

      it('has no way in for what only asks for its path', async () => {
        const { app } = apps.app({ maxConnections: 1 });
        let asked = 0;
        const nobody: RequestHandler = (req, res, next) => {
          asked++;
          if (req.headers.cookie === 'admin') next();
          else res.status(401).end();
        };
        app.use('/_switchboard', nobody, dashboard());
        app.ws(['/', '/feed'], () => {});
        const port = await apps.listen(app);
        await apps.open(port);
        await apps.refused(port, '/_switchboard/feed');
        expect(asked).to.equal(0);
        await fetch(`http://127.0.0.1:${port}/_switchboard/`, { headers: { cookie: 'admin' } });
        for (let round = 0; round < 5; round++) {
          expect(await apps.refused(port, '/_switchboard/feed')).to.include({ status: 401 });
          expect(await apps.refused(port, '/feed')).to.include({ status: 503 });
          expect(await apps.refused(port, '/?/feed')).to.include({ status: 503 });
        }
        expect(asked).to.equal(6);
        const admin = { headers: { cookie: 'admin' } };
        expect(await (await apps.open(port, '/_switchboard/feed', admin)).next()).to.contain('hello');
      });
    });
  });
}

describe('dashboard files', () => {
  it('are not read when the package is loaded', () => {
    const program = `
      const fs = require('node:fs');
      const read = [];
      for (const name of ['readFileSync', 'readFile', 'openSync', 'open']) {
        const original = fs[name];
        fs[name] = (file, ...rest) => { read.push(String(file)); return original(file, ...rest); };
      }
      require('switchboard');
      console.log(JSON.stringify(read.filter((file) => file.includes('dashboard') && file.includes('page'))));`;
    const cwd = path.join(__dirname, '..', '..');
    const printed = execFileSync(process.execPath, ['--eval', program], { cwd, encoding: 'utf8' });
    expect(JSON.parse(printed).filter((file: string) => !file.endsWith('page-files.js'))).to.deep.equal([]);
  });
});
