import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { bearerToken } from '../../src/server/bearer-token';
import { tickets } from '../../src/server/tickets';
import { debianTool } from '../support/debian-tool';
import { ExpressApps, expressVersions } from '../support/express-apps';

const token = 'opaque+token/with~all==';

/** What a page sees of a WebSocket: its subprotocol and first message, or that it failed. */
type Seen = { protocol: string; message: string } | { failed: number };

for (const [version, express] of expressVersions) {
  describe(`credentials of a page in Chromium (${version})`, function () {
    this.timeout(60_000);
    let browser: Browser;
    let page: Page;
    let apps: ExpressApps;

    before(async function () {
      const executablePath = debianTool(this, 'chromium');
      const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
      browser = await chromium.launch({ executablePath, args });
    });

    beforeEach(async () => {
      apps = new ExpressApps(express);
      const { app } = apps.app();
      const entry = tickets<{ user: string }>();
      app.get('/', (_req, res) => res.type('html').send('<!doctype html><link rel="icon" href="data:,">'));
      app.ws('/feed', { subprotocols: ['feed.v1'] }, (socket, req) => socket.send(String(bearerToken(req))));
      app.post('/ticket', (_req, res) => res.json({ ticket: entry.issue({ user: 'ann' }) }));
      app.ws('/entry', entry.required, (socket, req) => socket.send(entry.claims(req)!.user));
      app.ws('/short', (socket) => {
        socket.on('message', () => {
          socket.expiresAt = new Date(Date.now() - 1);
        });
        socket.send('open');
      });
      const port = await apps.listen(app);
      page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/`);
    });

    afterEach(async () => {
      await page.close();
      await apps.close();
    });

    after(() => browser?.close());

    /** Opens a WebSocket as a page would, offering the token encoded as the documentation says where `{}` stands. */
    function open(path: string, offered: string[] = []): Promise<Seen> {
      return page.evaluate(
        ({ path, offered, token }) => {
          const encoded = btoa(token).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
          const protocols = offered.map((name) => name.replace('{}', encoded));
          const socket = new WebSocket(path, protocols);
          return new Promise<Seen>((resolve) => {
            socket.onmessage = ({ data }) => {
              resolve({ protocol: socket.protocol, message: data });
              socket.close();
            };
            socket.onclose = ({ code }) => resolve({ failed: code });
          });
        },
        { path, offered, token },
      );
    }

    it('reach the server as a subprotocol, and the real one is chosen', async () => {
      for (const prefix of ['bearer.', 'base64url.bearer.authorization.k8s.io.']) {
        const seen = { protocol: 'feed.v1', message: token };
        expect(await open('/feed', ['feed.v1', `${prefix}{}`])).to.deep.equal(seen);
        expect(await open('/feed', [`${prefix}{}`, 'feed.v1'])).to.deep.equal(seen);
      }
    });

    it('need a real subprotocol beside them: the handshake is refused in words, where Chromium would only fail', async () => {
      const answered = page.waitForEvent('console', (message) => message.text().includes('400'));
      expect(await open('/feed', ['bearer.{}'])).to.deep.equal({ failed: 1006 });
      await answered;
    });

    it('are a ticket, once', async () => {
      const ticket = await page.evaluate(async () => {
        const response = await fetch('/ticket', { method: 'POST' });
        return ((await response.json()) as { ticket: string }).ticket;
      });
      expect(await open(`/entry?ticket=${ticket}`)).to.deep.equal({ protocol: '', message: 'ann' });
      expect(await open(`/entry?ticket=${ticket}`)).to.deep.equal({ failed: 1006 });
    });

    it('that have expired close the connection with 4401, and the page reads why', async () => {
      const closed = await page.evaluate(() => {
        const socket = new WebSocket('/short');
        socket.onmessage = () => socket.send('go on');
        return new Promise((resolve) => {
          socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
        });
      });
      expect(closed).to.deep.equal({ code: 4401, reason: 'credentials expired', wasClean: true });
    });
  });
}
