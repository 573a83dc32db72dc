import http from 'node:http';
import { expect } from 'chai';
import session from 'express-session';
import type { HandshakeError } from '../../src/protocol/errors';
import { InvalidOptionError } from '../../src/protocol/errors';
import { closeAll, connectTo, expectClose } from '../../src/testing';
import { expressVersions } from '../support/express-apps';
import { testingApp } from './support/testing-app';

async function errorOf(promise: Promise<unknown>): Promise<HandshakeError> {
  return promise.then(
    () => expect.fail('it should have been refused'),
    (error) => error,
  );
}

for (const [version, express] of expressVersions) {
  describe(`connectTo (${version})`, () => {
    afterEach(closeAll);

    it('opens a WebSocket to an app that listens nowhere', async () => {
      const { app, board } = testingApp(express);
      const socket = await connectTo(app, '/echo', { subprotocols: 'chat' });
      socket.send('hello');
      await socket.expectMessage('hello');
      socket.send(Buffer.of(1, 2));
      await socket.expectMessage(Buffer.of(1, 2));
      expect([socket.protocol, board.connections.size]).to.deep.equal(['chat', 1]);
      expect(socket.response.status).to.equal(101);
    });

    it('rejects with what the app answered instead', async () => {
      const { app } = testingApp(express);
      const { name, status, headers, body, message } = await errorOf(connectTo(app, '/login'));
      expect([name, status, body]).to.deep.equal(['HandshakeError', 401, '{"error":"log in"}']);
      expect(headers['content-type']).to.match(/^application\/json/);
      expect(message).to.equal('The server ws://localhost/login answered 401 Unauthorized: log in');
      expect((await errorOf(connectTo(app, '/nowhere'))).status).to.equal(404);
      expect((await errorOf(connectTo(app, '/echo', { origin: 'http://evil.example' }))).status).to.equal(403);
      await connectTo(app, '/echo', { origin: 'http://localhost' });
    });

    it('sends headers, cookies and a query, and comes from an address', async () => {
      const { app } = testingApp(express);
      app.ws('/request', (socket, { ip, headers, query, socket: { remoteFamily, remotePort } }) => {
        const { host, cookie, authorization } = headers;
        socket.send(JSON.stringify({ ip, host, cookie, authorization, query, remoteFamily, remotePort }));
      });
      const usual = await connectTo(app, '/request?room=a');
      await usual.expectMessage({
        ip: '127.0.0.1',
        host: 'localhost',
        query: { room: 'a' },
        remoteFamily: 'IPv4',
        remotePort: 50_000,
      });
      const other = await connectTo(app, '/request', {
        headers: { Authorization: 'Bearer x' },
        cookies: { a: '1', b: 's%3A2' },
        remoteAddress: '2001:db8::1',
      });
      await other.expectMessage(
        { ip: '2001:db8::1', cookie: 'a=1; b=s%3A2', authorization: 'Bearer x', remoteFamily: 'IPv6' },
        { partial: true },
      );
      app.set('trust proxy', true);
      const forwarded = await connectTo(app, '/request', { headers: { 'X-Forwarded-For': '203.0.113.7' } });
      await forwarded.expectMessage({ ip: '203.0.113.7' }, { partial: true });
    });

    it('goes on with a session that an earlier handshake has begun', async () => {
      const { app } = testingApp(express);
      app.use(session({ secret: 'x', resave: false, saveUninitialized: true }));
      app.ws('/visits', (socket, request) => {
        const visitor = request.session as unknown as { visits?: number };
        visitor.visits = (visitor.visits ?? 0) + 1;
        request.session.save(() => socket.send(String(visitor.visits)));
      });
      const first = await connectTo(app, '/visits');
      await first.expectMessage('1');
      const cookies = first.response.headers['set-cookie'] as string[];
      await (await connectTo(app, '/visits', { cookies })).expectMessage('2');
      await (await connectTo(app, '/visits')).expectMessage('1');
    });

    it('takes a server in place of the app, whether it listens or not', async () => {
      const { app, board } = testingApp(express);
      const server = http.createServer(app);
      const socket = await connectTo(server, '/echo');
      const wrapped = http.createServer((request, response) => app(request, response));
      board.attach(wrapped);
      await connectTo(wrapped, '/echo');
      expect(board.connections.size).to.equal(2);
      server.listen(0, '127.0.0.1');
      await connectTo(server, '/echo');
      server.close();
      await expectClose(socket, 1001);
    });

    it('follows redirects, each by a connection of its own', async () => {
      const { app } = testingApp(express);
      app.ws(
        '/old',
        (_request, response) => response.redirect(307, '/echo'),
        () => {},
      );
      const socket = await connectTo(app, '/old', { followRedirects: true });
      socket.send('here');
      await socket.expectMessage('here');
    });

    it('does not wait longer than handshakeTimeout for the app', async () => {
      const { app } = testingApp(express);
      app.use('/never', () => {});
      const { name, code } = await errorOf(connectTo(app, '/never', { handshakeTimeout: 20 }));
      expect([name, code]).to.deep.equal(['TimeoutError', 'HANDSHAKE_TIMEOUT']);
    });

    it('plays ping-pong for long without a stack that grows', async () => {
      const { app } = testingApp(express);
      const socket = await connectTo(app, '/echo');
      let rounds = 0;
      await new Promise<void>((resolve) => {
        socket.on('message', (message) => (++rounds < 5000 ? socket.send(message) : resolve()));
        socket.send('ball');
      });
      expect(rounds).to.equal(5000);
    });

    it('is closed at the end of a block by await using', async () => {
      const { app, board } = testingApp(express);
      {
        await using socket = await connectTo(app, '/echo');
        expect(socket.readyState).to.equal(1);
      }
      expect(board.connections.size).to.equal(0);
    });

    describe('refuses', () => {
      const wrong: Array<[what: string, options: object, words: RegExp]> = [
        ['an option that is about a network', { proxy: 'http://a' }, /^Unknown option 'proxy' in connectTo\(\)/],
        ['an unknown option', { cookie: {} }, /Unknown option 'cookie' in connectTo\(\)\. Did you mean 'cookies'\?/],
        ['an address that is none', { remoteAddress: 'here' }, /'remoteAddress' must be an IP address, not "here"/],
        ['a size that is none', { chunkSize: 0 }, /'chunkSize' must be a whole number of at least 1, not 0/],
        ['cookies twice', { cookies: { a: '1' }, headers: { cookie: 'b=2' } }, /header Cookie is given twice/],
        ['a cookie with a blank', { cookies: { a: 'x y' } }, /The cookie a must be a string without blanks/],
        ['a cookie with a wrong name', { cookies: { 'a b': 'x' } }, /"a b" cannot be the name of a cookie/],
        [
          'a line that is no cookie',
          { cookies: ['nothing'] },
          /must hold lines as "name=value; Path=\/", not "nothing"/,
        ],
        ['cookies that are none', { cookies: 'a=b' }, /'cookies' must be an object of names and values, .* not "a=b"/],
      ];
      for (const [what, options, words] of wrong) {
        it(what, async () => {
          const { app } = testingApp(express);
          const error = await errorOf(connectTo(app, '/echo', options));
          expect(error).to.be.instanceOf(InvalidOptionError);
          expect(error.message).to.match(words);
        });
      }

      it('what is no app with a board, and no path', async () => {
        const { app } = testingApp(express);
        const words = async (promise: Promise<unknown>) => (await errorOf(promise)).message;
        expect(await words(connectTo(express(), '/'))).to.match(/switchboard\(app\) .* not an app without a board$/);
        expect(await words(connectTo('http://localhost' as never, '/'))).to.match(/not "http:\/\/localhost"$/);
        expect(await words(connectTo(app, 'echo'))).to.match(/must begin with '\/', as '\/chat', not "echo"/);
      });
    });
  });
}
