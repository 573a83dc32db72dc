import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import express4 from 'express4';
import { fetch } from 'undici';
import { type RoomsOptions, rooms } from '../../src/chat/rooms';
import { type Switchboard, switchboard } from '../../src/express/switchboard';
import { InvalidOptionError } from '../../src/protocol/errors';
import { ChatClient } from '../support/chat-client';
import { handshake, RawClient } from '../support/raw-client';

for (const [version, create] of [
  ['Express 5', express],
  ['Express 4', express4 as unknown as typeof express],
] as const) {
  describe(`rooms() in ${version}`, () => {
    let app: Express;
    let board: Switchboard;
    let server: http.Server;
    let opened: { destroy(): unknown }[];

    beforeEach(() => {
      app = create();
      board = switchboard(app);
      opened = [];
    });

    afterEach(async () => {
      for (const { destroy } of opened) destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    async function listen(): Promise<number> {
      server = app.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    }

    async function connect(port: number, path: string, headers?: Record<string, string>): Promise<ChatClient> {
      const client = await ChatClient.connect(port, path, headers);
      opened.push({ destroy: () => client.socket.terminate() });
      return client;
    }

    /** The answer to an upgrade that is refused. */
    async function refusal(port: number, path: string, headers?: Record<string, string>) {
      const client = await RawClient.connect(port);
      opened.push({ destroy: () => client.socket.destroy() });
      client.send(handshake(path, headers));
      const { status } = await client.response();
      return { status, body: (await client.rest()).split('\r\n\r\n')[1]! };
    }

    it('speaks the chat protocol where it is mounted', async () => {
      app.use('/support', rooms());
      const port = await listen();
      const [ann, bob] = [await connect(port, '/support'), await connect(port, '/support/')];
      await ann.join('general', 'Ann');
      await bob.join('general', 'Bob');
      await ann.expect('presence');
      ann.send({ type: 'message', text: 'hello', id: 1 });
      expect(await ann.next()).to.include({ type: 'sent', id: 1 });
      expect(await bob.next()).to.deep.include({ type: 'message', text: 'hello' });
      expect(board.connections.size).to.equal(2);
    });

    it('knows users by its own identify, or else by that of the board', async () => {
      app = create();
      board = switchboard(app, { maxConnectionsPerUser: 1, identify: (request) => request.get('x-user') });
      app.use('/own', rooms({ identify: (_socket, request) => `own ${request.get('x-user')}` }));
      app.use('/board', rooms());
      const port = await listen();
      const [ann, bob] = [{ 'X-User': 'ann' }, { 'X-User': 'bob' }];
      expect((await (await connect(port, '/own', ann)).join('a')).member.id).to.equal('own ann');
      expect((await (await connect(port, '/board', bob)).join('a')).member.id).to.equal('bob');
      // What the board has counted is its own user.
      expect((await refusal(port, '/board', ann)).status).to.equal(429);
      await board.close();
    });

    it('joins the room that the URL names at once, with the name in its query', async () => {
      const support = rooms();
      app.use('/support', support);
      const port = await listen();
      const ann = await connect(port, '/support/caf%C3%A9?name=Ann');
      const joined = await ann.expect('joined');
      expect(joined).to.deep.include({ room: 'café', count: 1 });
      expect(joined.member).to.include({ name: 'Ann' });
      expect(support.rooms).to.deep.equal(['café']);
      await ann.join('another');
    });

    it('takes the room from the parameter of the mount', async () => {
      app.use('/support/:room', rooms());
      app.get('/live/:room', rooms());
      const port = await listen();
      expect(await (await connect(port, '/support/general')).expect('joined')).to.include({ room: 'general' });
      expect(await (await connect(port, '/live/final?name=Bob')).expect('joined')).to.include({ room: 'final' });
    });

    it('refuses a room or a name in the URL that cannot be with 400, and says why', async () => {
      app.use('/support', rooms({ maxNameLength: 5 }));
      const port = await listen();
      expect(await refusal(port, `/support/${'x'.repeat(300)}`)).to.deep.equal({
        status: 400,
        body: 'The name of a room has at most 256 characters; this one has 300\n',
      });
      expect(await refusal(port, '/support/a?name=abcdef')).to.deep.include({ status: 400 });
    });

    it('leaves a deeper path, and ordinary requests, to the rest of the app', async () => {
      app.use('/support', rooms());
      app.get('/support', (_request: Request, response: Response) => void response.send('page'));
      const port = await listen();
      expect(await (await fetch(`http://127.0.0.1:${port}/support`)).text()).to.equal('page');
      expect((await fetch(`http://127.0.0.1:${port}/support/general`)).status).to.equal(426);
      expect((await fetch(`http://127.0.0.1:${port}/support/a/b`)).status).to.equal(404);
      expect((await refusal(port, '/support/a/b')).status).to.equal(404);
    });

    it('mounted at the root leaves the 404 of missing pages alone', async () => {
      app.use(rooms());
      const port = await listen();
      expect((await fetch(`http://127.0.0.1:${port}/favicon.ico`)).status).to.equal(404);
      expect(await (await connect(port, '/general')).expect('joined')).to.include({ room: 'general' });
    });

    it('keeps the rooms of two mounts apart', async () => {
      const [support, sales] = [rooms(), rooms()];
      app.use('/support', support);
      app.use('/sales', sales);
      const port = await listen();
      const [ann, bob] = [await connect(port, '/support'), await connect(port, '/sales')];
      await ann.join('general');
      expect((await bob.join('general')).count).to.equal(1);
      ann.send({ type: 'message', text: 'only support' });
      await ann.expect('sent');
      support.to('general').publish({ type: 'notice' });
      expect(await ann.next()).to.deep.equal({ type: 'notice' });
      expect(await bob.soFar()).to.deep.equal([]);
      expect([support.count('general'), sales.count('general')]).to.deep.equal([1, 1]);
    });

    it('runs middleware before the 101, and shows its request to the hooks', async () => {
      const user = (request: Request) => (request.session as unknown as { user?: string }).user;
      app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
      app.get('/login', (request: Request, response: Response) => {
        Object.assign(request.session, { user: 'Ann' });
        response.send('hello');
      });
      app.use('/open', rooms({ authorizeJoin: (_socket, room, request) => room === user(request) }));
      app.use('/closed', (request: Request, response: Response, next: NextFunction) => {
        if (user(request) === undefined) response.status(401).send('log in first');
        else next();
      });
      app.use('/closed', rooms());
      const port = await listen();
      const login = await fetch(`http://127.0.0.1:${port}/login`);
      const cookie = login.headers.get('set-cookie')!.split(';')[0]!;

      expect(await refusal(port, '/closed')).to.deep.equal({ status: 401, body: 'log in first' });
      await (await connect(port, '/closed', { cookie })).join('a');
      const client = await connect(port, '/open/general', { cookie });
      expect(await client.expect('error')).to.deep.include({
        code: 'forbidden',
        request: { type: 'join', room: 'general' },
      });
      await client.join('Ann');
    });

    it('obeys the options of the board, and its own before them', async () => {
      app.use('/board', rooms());
      app.use('/own', rooms({ allowedOrigins: ['https://app.example'], maxMessageSize: 100 }));
      const port = await listen();
      const origin = 'https://app.example';
      expect((await refusal(port, '/board', { Origin: origin })).status).to.equal(403);
      const client = await connect(port, '/own', { origin });
      const closed = client.closed();
      client.send({ type: 'message', text: 'x'.repeat(100) });
      expect(await closed).to.include({ code: 1009 });
    });

    it('has the programming interface of its rooms on it', async () => {
      const support = rooms();
      app.use('/support', support);
      const port = await listen();
      const events: string[] = [];
      const onLeave = () => events.push('not called');
      const returned = support
        .on('join', (_socket, room, member) => events.push(`${member.name} joins ${room}`))
        .once('message', (_socket, message) => events.push(`${message.from.name}: ${message.text}`))
        .on('leave', onLeave)
        .off('leave', onLeave);
      expect(returned).to.equal(support);
      const [ann, bob] = [await connect(port, '/support/a?name=Ann'), await connect(port, '/support/b?name=Bob')];
      const first = await ann.expect('joined');
      await bob.expect('joined');
      expect(support.rooms).to.deep.equal(['a', 'b']);
      expect(support.members('a')).to.deep.equal([first.member]);
      expect(support.count('b')).to.equal(1);
      support.to('a', 'b').publish(['text']);
      expect(await ann.next()).to.deep.equal(['text']);
      expect(await bob.next()).to.deep.equal(['text']);
      for (const text of ['one', 'two']) await ann.send({ type: 'message', text }).expect('sent');
      expect(events).to.deep.equal(['Ann joins a', 'Bob joins b', 'Ann: one']);
    });

    it('closes with its board', async () => {
      const support = rooms();
      app.use('/support', support);
      const port = await listen();
      const client = await connect(port, '/support/a');
      await client.expect('joined');
      const closed = client.closed();
      await board.close();
      expect(await closed).to.include({ code: 1001 });
      expect(support.rooms).to.deep.equal([]);
    });
  });
}

describe('rooms()', () => {
  const refused: [options: object, words: RegExp][] = [
    [{ maxTextLenght: 1 }, /Unknown option 'maxTextLenght' in rooms\(\)\. Did you mean 'maxTextLength'/],
    [{ history: 'all' }, /'history' must be a number of entries, or \{ count, bytes, age \}, not "all"/],
    [{ maxMessageSize: -1 }, /'maxMessageSize'/],
    [{ handshakeTimeout: 100 }, /'handshakeTimeout' cannot be set in rooms\(\)/],
    [{ authorizeJoin: {} }, /'authorizeJoin' must be a function/],
  ];
  for (const [options, words] of refused) {
    it(`refuses ${JSON.stringify(options)} at once`, () => {
      expect(() => rooms(options as RoomsOptions)).to.throw(InvalidOptionError, words);
    });
  }

  it('leaves ordinary requests alone where there is no board', async () => {
    const app = express();
    app.use('/support', rooms());
    const server = http.createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/support`);
    expect(response.status).to.equal(404);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
