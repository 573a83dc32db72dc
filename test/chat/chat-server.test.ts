import { once } from 'node:events';
import net from 'node:net';
import { expect } from 'chai';
import { fetch } from 'undici';
import { ChatServer, type ChatServerOptions } from '../../src/chat/chat-server';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { InvalidOptionError, InvalidStateError, WebSocketError } from '../../src/protocol/errors';
import { ChatClient } from '../support/chat-client';
import { handshake, RawClient } from '../support/raw-client';

describe('ChatServer', () => {
  const servers: ChatServer[] = [];
  const sockets: { destroy(): unknown }[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  function create(options?: ChatServerOptions, port = 0): ChatServer {
    const server = new ChatServer('127.0.0.1', port, options);
    servers.push(server);
    return server;
  }

  async function serve(options?: ChatServerOptions): Promise<ChatServer> {
    const server = create(options);
    await server.start();
    return server;
  }

  async function connect(server: ChatServer, path?: string, headers?: Record<string, string>): Promise<ChatClient> {
    const client = await ChatClient.connect(server.address!.port, path, headers);
    sockets.push({ destroy: () => client.socket.terminate() });
    return client;
  }

  async function connectRaw(server: ChatServer): Promise<RawClient> {
    const client = await RawClient.connect(server.address!.port);
    sockets.push(client.socket);
    return client;
  }

  describe('start', () => {
    it('resolves when clients can connect, at the port that address tells', async () => {
      const server = create();
      expect(server.address).to.equal(null);
      expect(await server.start()).to.equal(undefined);
      expect(server.address).to.include({ address: '127.0.0.1', family: 'IPv4' });
      const client = await connect(server);
      expect((await client.join('a')).count).to.equal(1);
    });

    it('a second time: ALREADY_STARTED', async () => {
      const server = await serve();
      const error = await rejectionOf(server.start());
      expect(error).to.be.instanceOf(InvalidStateError).with.property('code', 'ALREADY_STARTED');
    });

    it('at a port that is taken: says so, and may be tried again', async () => {
      const first = await serve();
      const { port } = first.address!;
      const second = create({}, port);
      const error = await rejectionOf(second.start());
      expect(error).to.be.instanceOf(WebSocketError).with.property('code', 'EADDRINUSE');
      expect(error.message).to.equal(`The ChatServer cannot listen on 127.0.0.1:${port}: the port is taken`);
      expect(error.cause).to.be.instanceOf(Error);
      expect(second.address).to.equal(null);
      await first.stop();
      await second.start();
      expect(second.address).to.include({ port });
    });

    it('at a host that is not ours: says so', async () => {
      const server = new ChatServer('192.0.2.1', 0);
      servers.push(server);
      expect((await rejectionOf(server.start())).message).to.match(
        /192\.0\.2\.1:0: this machine does not have that address/,
      );
    });
  });

  describe('construction', () => {
    const refused: [what: string, make: () => ChatServer, words: RegExp][] = [
      ['no host', () => new ChatServer('', 1), /host of a ChatServer must be a name or an address, not ""/],
      ['a host that is a port', () => new ChatServer(8765 as never, 1), /host of a ChatServer .* not 8765/],
      ['a port below 0', () => new ChatServer('localhost', -1), /'port' must be a whole number from 0 to 65535/],
      ['a port above 65535', () => new ChatServer('localhost', 65_536), /'port'/],
      ['a port as text', () => new ChatServer('localhost', '80' as never), /'port' .* not "80"/],
      [
        'a misspelt option',
        () => new ChatServer('localhost', 0, { pingIntervall: 1 } as never),
        /in ChatServer\. Did you mean 'pingInterval'/,
      ],
      ['an option that cannot be', () => new ChatServer('localhost', 0, { maxMessageSize: 0 }), /'maxMessageSize'/],
      [
        'a hook that is no function',
        () => new ChatServer('localhost', 0, { authorizeJoin: 1 } as never),
        /'authorizeJoin'/,
      ],
    ];
    for (const [what, make, words] of refused) {
      it(`${what}: refused`, () => {
        expect(make).to.throw(InvalidOptionError, words);
      });
    }
  });

  describe('requests', () => {
    it('speaks the chat protocol at every path', async () => {
      const server = await serve();
      for (const path of ['/', '/general', '/any/where?x=1']) {
        const client = await connect(server, path);
        expect(await client.soFar()).to.deep.equal([]);
      }
    });

    it('answers an ordinary GET with 426', async () => {
      const server = await serve();
      const response = await fetch(`http://127.0.0.1:${server.address!.port}/`);
      expect(response.status).to.equal(426);
      expect(response.headers.get('upgrade')).to.equal('websocket');
      expect(await response.text()).to.match(/speaks WebSocket/);
    });

    it('answers half an upgrade with 400, and what it lacks', async () => {
      const server = await serve();
      const client = await connectRaw(server);
      client.send(handshake('/', { Connection: 'keep-alive' }));
      const { status } = await client.response();
      expect(status).to.equal(400);
    });

    it('refuses a key of 15 bytes with 400, and another version with 426', async () => {
      const server = await serve();
      const badKey = await connectRaw(server);
      badKey.send(handshake('/', { 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') }));
      expect((await badKey.response()).status).to.equal(400);
      const badVersion = await connectRaw(server);
      badVersion.send(handshake('/', { 'Sec-WebSocket-Version': '8' }));
      expect(await badVersion.response()).to.deep.nested.include({
        status: 426,
        'headers.sec-websocket-version': '13',
      });
    });

    it('refuses pages of other origins with 403', async () => {
      const server = await serve();
      const { port } = server.address!;
      const foreign = await connectRaw(server);
      foreign.send(handshake('/', { Origin: 'https://evil.example' }));
      expect((await foreign.response()).status).to.equal(403);
      await connect(server, '/', { Origin: `http://127.0.0.1:${port}` });
    });

    it('serves others while garbage comes instead of HTTP', async () => {
      const server = await serve();
      const garbage = await connectRaw(server);
      garbage.send('\x16\x03\x01\x00garbage\r\n\r\n');
      expect(await garbage.rest()).to.match(/^HTTP\/1\.1 400/);
      expect((await (await connect(server)).join('a')).count).to.equal(1);
    });

    it('cuts half a handshake that never ends', async () => {
      const server = await serve({ handshakeTimeout: 50 });
      const half = await connectRaw(server);
      half.send('GET / HTTP/1.1\r\nHost: localhost\r\n');
      expect(await half.rest()).to.match(/^HTTP\/1\.1 408/);
    });

    it('answers 500 when a function among the options throws, and the server hears of it', async () => {
      const server = await serve({
        allowedOrigins: () => {
          throw new Error('no database');
        },
      });
      const heard = once(server, 'error');
      const client = await connectRaw(server);
      client.send(handshake('/', { Origin: 'https://app.example' }));
      const { status, rest } = await client.response();
      expect(status).to.equal(500);
      expect(rest.toString()).to.not.include('database');
      const [error] = (await heard) as [Error];
      expect(error.message).to.equal('no database');
    });
  });

  describe('broadcast', () => {
    it('goes to everyone who is connected, in a room or not', async () => {
      const server = await serve();
      const [ann, bob] = [await connect(server), await connect(server)];
      await ann.join('a');
      await bob.soFar();
      server.broadcast({ type: 'notice', text: 'We close at six' });
      for (const client of [ann, bob])
        expect(await client.next()).to.deep.equal({ type: 'notice', text: 'We close at six' });
    });

    it('leaves out the one who is excluded', async () => {
      const server = await serve();
      const [ann, bob] = [await connect(server), await connect(server)];
      const joined = once(server, 'join');
      await ann.join('a');
      await bob.soFar();
      const [socket] = (await joined) as [WebSocketConnection];
      server.broadcast('"hello"', socket);
      expect(await bob.next()).to.equal('hello');
      expect(await ann.soFar()).to.deep.equal([]);
    });

    it('takes no name from the rooms', async () => {
      const server = await serve();
      const [ann, bob] = [await connect(server), await connect(server)];
      await ann.join('everyone');
      await bob.soFar();
      expect(server.count('everyone')).to.equal(1);
      server.to('everyone').publish({ type: 'notice' });
      expect(await ann.next()).to.deep.equal({ type: 'notice' });
      expect(await bob.soFar()).to.deep.equal([]);
    });

    it('reaches nobody when nobody is there, and refuses what has no JSON', async () => {
      const server = create();
      server.broadcast('nobody hears it');
      expect(() => server.broadcast(undefined)).to.throw(InvalidOptionError);
    });
  });

  describe('stop', () => {
    it('closes everyone with 1001, and resolves when they are gone', async () => {
      const server = await serve();
      const clients = [await connect(server), await connect(server)];
      await clients[0]!.join('a');
      const closed = clients.map((client) => client.closed());
      const { port } = server.address!;
      await server.stop();
      expect(server.address).to.equal(null);
      expect(server.rooms).to.deep.equal([]);
      for (const close of await Promise.all(closed)) {
        expect(close).to.deep.equal({ code: 1001, reason: 'The server is stopping' });
      }
      const refused = net.connect(port, '127.0.0.1');
      const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).to.equal('ECONNREFUSED');
    });

    it('spreads the closes with another code and reason, and hurries when it is asked again', async () => {
      const server = await serve();
      const clients = [await connect(server), await connect(server), await connect(server)];
      const closed = clients.map((client) => client.closed());
      const stopping = server.stop({ over: '24h', code: 1012, reason: 'retry-after=1' });
      // Whether it has begun to close by then, or not.
      expect(server.stop({ over: 0 })).to.equal(stopping);
      await stopping;
      for (const close of await Promise.all(closed)) {
        expect(close).to.deep.equal({ code: 1012, reason: 'retry-after=1' });
      }
      expect(() => server.stop({ over: 'never' as never })).to.throw(InvalidOptionError, "'over'");
    });

    it('does not wait for kept-alive connections, nor for half a request', async () => {
      const server = await serve();
      const [idle, half] = [await connectRaw(server), await connectRaw(server)];
      idle.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await idle.response();
      half.send('GET / HTTP/1.1\r\n');
      await server.stop();
    });

    it('cuts who does not answer the close frame', async () => {
      const server = await serve({ closeTimeout: 50 });
      const client = await connectRaw(server);
      client.send(handshake());
      await client.response();
      await server.stop();
    });

    it('does nothing when it is not started, and the same when it is stopping', async () => {
      const server = create();
      await server.stop();
      await server.start();
      await Promise.all([server.stop(), server.stop()]);
      await server.stop();
    });

    it('while it starts: it is stopped afterwards', async () => {
      const server = create();
      const starting = server.start();
      await server.stop();
      await starting;
      expect(server.address).to.equal(null);
    });

    it('may be followed by start, even at once', async () => {
      const server = await serve();
      const before = await connect(server);
      await before.join('a');
      const stopping = server.stop();
      await server.start();
      await stopping;
      const client = await connect(server);
      expect((await client.join('a')).count).to.equal(1);
    });
  });

  describe('admission', () => {
    it('refuses what is too much with a status, and lets others in when somebody has left', async () => {
      const server = await serve({ maxConnections: 2, maxConnectionsPerAddress: 1 });
      const first = await connect(server);
      const refused = await connectRaw(server);
      refused.send(handshake());
      expect(await refused.rest()).to.match(/^HTTP\/1\.1 429 .*maxConnectionsPerAddress\)\n$/s);
      expect(server.metrics().handshakes.refused).to.deep.equal({ TOO_MANY_CONNECTIONS_FROM_ADDRESS: 1 });
      first.socket.close();
      await once(first.socket, 'close');
      while (server.metrics().connections.open > 0) await new Promise(setImmediate);
      await (await connect(server)).join('a');
    });

    it('lets no more pass of those that come at the same time', async () => {
      const allowedOrigins = () => new Promise<boolean>((resolve) => setImmediate(resolve, true));
      const server = await serve({ maxConnections: 3, allowedOrigins });
      const clients = await Promise.all(Array.from({ length: 20 }, () => connectRaw(server)));
      for (const client of clients) client.send(handshake('/', { Origin: 'https://app.example' }));
      const answers = await Promise.all(clients.map((client) => client.response()));
      expect(answers.filter(({ status }) => status === 101)).to.have.lengthOf(3);
      expect(answers.filter(({ status }) => status === 503)).to.have.lengthOf(17);
    });

    it('closes with 1008 whom identify knows too often', async () => {
      const identify = (_socket: WebSocketConnection, { headers }: { headers: Record<string, unknown> }) =>
        String(headers['x-user']);
      const server = await serve({ maxConnectionsPerUser: 1, identify });
      const ann = await connect(server, '/', { 'X-User': 'ann' });
      await ann.join('a');
      const second = await connect(server, '/', { 'X-User': 'ann' });
      expect(await second.closed()).to.deep.equal({
        code: 1008,
        reason: 'One user may have no more than 1 WebSocket open here (maxConnectionsPerUser)',
      });
      expect(server.metrics().connections.failed).to.deep.equal({ TOO_MANY_CONNECTIONS_OF_USER: 1 });
      await (await connect(server, '/', { 'X-User': 'bob' })).join('a');
      ann.socket.close();
      await once(ann.socket, 'close');
      while (server.metrics().connections.open > 1) await new Promise(setImmediate);
      await (await connect(server, '/', { 'X-User': 'ann' })).join('a');
    });

    it('refuses to count users whom nobody knows', () => {
      expect(() => create({ maxConnectionsPerUser: 1 })).to.throw(
        InvalidOptionError,
        "in ChatServer needs option 'identify'",
      );
    });
  });

  it('survives what listeners on its connections throw: 1011, and the server hears of it', async () => {
    const server = await serve();
    server.on('join', (socket) => {
      socket.on('ping', () => {
        throw new Error('in a listener');
      });
    });
    const heard = once(server, 'error');
    const client = await connect(server);
    await client.join('a');
    const closed = client.closed();
    client.socket.ping();
    expect(await closed).to.include({ code: 1011, reason: '' });
    expect(((await heard) as [Error])[0].message).to.equal('in a listener');
  });
});

async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was not rejected');
}
