import { once } from 'node:events';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import WebSocket from 'ws';
import { HandshakeError } from '../../src/protocol/errors';
import { pendingUpgrade } from '../../src/server/pending-upgrade';
import { isWebSocketUpgrade, receiveUpgrades } from '../../src/server/receive-upgrades';
import { clientText, handshake, parseResponse, serverText } from '../support/raw-client';
import { TestServers } from '../support/test-servers';

describe('receiveUpgrades', () => {
  let servers: TestServers;
  beforeEach(() => {
    servers = new TestServers();
  });
  afterEach(() => servers.close());

  describe('gives an upgrade request a real response', () => {
    it('that answers completely, and ends the connection', async () => {
      const { port } = await servers.server({
        dispatch: (_request, response) => {
          response.setHeader('Content-Type', 'application/json');
          response.statusCode = 401;
          response.end('{"error":"log in first"}');
        },
      });
      const client = await servers.client(port);
      const answer = parseResponse(await client.send(handshake()).rest());
      expect(answer.status).to.equal(401);
      expect(answer.headers).to.include({ connection: 'close', 'content-type': 'application/json' });
      expect(answer.rest.toString()).to.include('{"error":"log in first"}');
    });

    it('that is streamed to its end, 3 MB of it, though Node forwards no drain after an upgrade', async () => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const { port } = await servers.server({
        dispatch: async (_request, response) => {
          response.writeHead(403, { 'Content-Length': 48 * chunk.length });
          for (let i = 0; i < 48; i++) if (!response.write(chunk)) await once(response, 'drain');
          expect(response.writableNeedDrain).to.equal(false);
          response.end();
        },
      });
      const client = await servers.client(port);
      const answer = parseResponse(await client.send(handshake()).rest());
      expect(answer.status).to.equal(403);
      expect(answer.rest).to.have.lengthOf(48 * chunk.length);
    });

    it("that says 'finish' and 'close', as loggers expect", async () => {
      const events: string[] = [];
      const closed = new Promise<void>((resolve) => {
        void servers
          .server({
            dispatch: (_request, response) => {
              response.on('finish', () => events.push('finish'));
              response.on('close', () => {
                events.push('close');
                resolve();
              });
              response.writeHead(404).end();
            },
          })
          .then(async ({ port }) => (await servers.client(port)).send(handshake()));
      });
      await closed;
      expect(events).to.deep.equal(['finish', 'close']);
    });

    it('that is still read when the client has sent frames already', async () => {
      const { port } = await servers.server({ dispatch: (_request, response) => response.writeHead(403).end('no') });
      const client = await servers.client(port);
      const frames = Buffer.concat(Array.from({ length: 10_000 }, () => clientText('eager')));
      client.send(Buffer.concat([Buffer.from(handshake()), frames]));
      expect(parseResponse(await client.rest()).status).to.equal(403);
    });
  });

  describe('behind a response that does not end', () => {
    const pipelined = `GET /events HTTP/1.1\r\nHost: x\r\n\r\n${handshake()}`;

    /** A client with an upgrade that waits for its turn. */
    async function waiting() {
      const { promise, resolve } = withResolvers<ServerResponse>();
      const streaming = http.createServer((_request, response) => {
        response.write('first event');
        resolve(response);
      });
      const { port, server, receiver } = await servers.server({}, streaming);
      const client = await servers.client(port);
      client.send(pipelined);
      const response = await promise;
      await client.untilText('first event');
      return { client, server, receiver, response };
    }

    it('a client that leaves is noticed, by the response as well', async () => {
      const { client, server, response } = await waiting();
      client.socket.end();
      await once(response, 'close');
      expect(await connectionsOf(server)).to.equal(0);
    });

    it('a client that sends more than it may is cut', async () => {
      const { client, response } = await waiting();
      client.send(Buffer.alloc(200_000));
      await once(response, 'close');
    });

    it('it can be cut with all others', async () => {
      const { receiver, server, response } = await waiting();
      receiver.cutAll();
      await once(response, 'close');
      expect(await connectionsOf(server)).to.equal(0);
    });

    it('what the client sends meanwhile is not lost', async () => {
      const { client, response } = await waiting();
      client.send(clientText('early'));
      response.end();
      await client.until((received) => received.includes(serverText('early')));
    });
  });

  describe('notices a client that leaves while middleware is slow', () => {
    for (const [name, leave] of [
      ['FIN', (client: { end(): void }) => client.end()],
      ['RST', (client: { resetAndDestroy(): void }) => client.resetAndDestroy()],
    ] as Array<[string, (client: unknown) => void]>) {
      it(`with ${name}: the request is aborted, the response closed, and nothing is left`, async () => {
        let arrived: (value: [IncomingMessage, ServerResponse]) => void;
        const dispatched = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
          arrived = resolve;
        });
        const { port, receiver } = await servers.server({ dispatch: (...both) => arrived(both) });
        const client = await servers.client(port);
        client.send(handshake());
        const [request, response] = await dispatched;
        expect(receiver.pending.size).to.equal(1);
        const closed = Promise.all([once(request, 'close'), once(response, 'close')]);
        leave(client.socket);
        await closed;
        expect(request.destroyed).to.equal(true);
        expect(receiver.pending.size).to.equal(0);
        // To what middleware does with it later it is an upgrade still, though nobody waits for it.
        expect(pendingUpgrade(request)?.abandoned).to.equal(true);
        // Middleware that comes back to it now hurts nobody.
        response.statusCode = 500;
        response.end('too late');
      });
    }
  });

  describe('has a deadline of its own', () => {
    it('after which 503 is answered, and the socket is gone', async () => {
      const { port, receiver } = await servers.server({ handshakeTimeout: 40, dispatch: () => {} });
      const client = await servers.client(port);
      const answer = parseResponse(await client.send(handshake()).rest());
      expect(answer.status).to.equal(503);
      expect(answer.rest.toString()).to.include('within 40 ms (handshakeTimeout)');
      if (receiver.pending.size > 0) await once([...receiver.pending][0]!.socket, 'close');
      expect(receiver.pending.size).to.equal(0);
    });

    it('which cuts a client that never takes its refusal', async () => {
      let socket: IncomingMessage['socket'] | undefined;
      const { port, receiver } = await servers.server({
        handshakeTimeout: 60,
        dispatch: (request, response) => {
          socket = request.socket;
          response.writeHead(403).end(Buffer.alloc(32 * 1024 * 1024));
        },
      });
      const client = await servers.client(port);
      client.socket.pause();
      client.send(handshake());
      while (socket === undefined) await new Promise(setImmediate);
      if (!socket.destroyed) await once(socket, 'close');
      expect(receiver.pending.size).to.equal(0);
    });

    it('which ends with the 101', async () => {
      const { port, receiver } = await servers.server({ handshakeTimeout: 30 });
      const client = await servers.client(port);
      await client.send(handshake()).untilText('\r\n\r\n');
      expect(receiver.pending.size).to.equal(0);
      await new Promise((resolve) => setTimeout(resolve, 60));
      await client.send(clientText('still here')).untilText('still here');
    });

    it('while half a request head that never ends is left to Node, and answered 408', async () => {
      const server = http.createServer({ headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 20 });
      const { port } = await servers.server({}, server);
      const client = await servers.client(port);
      client.send(handshake().slice(0, -10));
      expect(parseResponse(await client.rest()).status).to.equal(408);
    });
  });

  it('answers garbage with 400, as before', async () => {
    const { port } = await servers.server();
    const client = await servers.client(port);
    client.send('\x16\x03\x01\x02\x00\x01\x00garbage\r\n\r\n');
    expect(parseResponse(await client.rest()).status).to.equal(400);
  });

  describe('refuses an upgrade request with a body', () => {
    for (const [name, headers, body] of [
      ['of a known length', { 'Content-Length': '5' }, 'hello'],
      ['in chunks', { 'Transfer-Encoding': 'chunked' }, '5\r\nhello\r\n0\r\n\r\n'],
      ['of which nothing has come', { 'Content-Length': '5' }, ''],
    ] as Array<[string, Record<string, string>, string]>) {
      it(`${name} with 400`, async () => {
        const { port } = await servers.server({ dispatch: () => expect.fail('dispatched') });
        const client = await servers.client(port);
        const answer = parseResponse(await client.send(handshake('/', headers) + body).rest());
        expect(answer.status).to.equal(400);
        expect(answer.rest.toString()).to.include('must not have a body');
      });
    }

    it('but not one that says Content-Length: 0', async () => {
      const { port } = await servers.server();
      const client = await servers.client(port);
      client.send(handshake('/', { 'Content-Length': '0' }));
      expect((await client.response()).status).to.equal(101);
    });
  });

  describe('leaves other protocols in Upgrade to ordinary requests', () => {
    const answerWithBody = () =>
      http.createServer(async (request, response) => {
        let length = 0;
        for await (const chunk of request) length += (chunk as Buffer).length;
        response.end(`${request.method} ${request.url} ${length} ${request.headers.upgrade ?? '-'}`);
      });

    for (const size of [0, 5, 1024 * 1024]) {
      it(`with a body of ${size} bytes that offers h2c`, async () => {
        const { port } = await servers.server({}, answerWithBody());
        const client = await servers.client(port);
        client.send(
          `POST /form?a=b HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: ${size}\r\n\r\n`,
        );
        client.send(Buffer.alloc(size, 'b'));
        await client.untilText(`POST /form?a=b ${size} h2c`);
      });
    }

    it('also when the body comes later, and another request on the same connection', async () => {
      const { port } = await servers.server({}, answerWithBody());
      const client = await servers.client(port);
      client.send('POST /1 HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 4\r\n\r\n');
      await new Promise((resolve) => setTimeout(resolve, 20));
      await client.send('abcd').untilText('POST /1 4');
      await client.send('GET /2 HTTP/1.1\r\nHost: x\r\n\r\n').untilText('GET /2 0');
      client.send(handshake());
      await client.untilText('101 Switching Protocols');
    });

    it('keeps the bytes of header values', async () => {
      const seen: unknown[] = [];
      const server = http.createServer((request, response) => {
        seen.push(request.headers['x-name'], request.headers.connection);
        response.end('ok');
      });
      const { port } = await servers.server({}, server);
      const client = await servers.client(port);
      client.send(
        Buffer.from(
          'GET / HTTP/1.1\r\nHost: x\r\nX-Name: Zo\xeb\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n',
          'latin1',
        ),
      );
      await client.untilText('ok');
      expect(seen[0]).to.equal('Zo\xeb');
    });

    it('and WebSocket requests that it does not claim as well', async () => {
      const { port } = await servers.server({ claims: () => false });
      const client = await servers.client(port);
      await client.send(handshake()).untilText('ordinary');
    });
  });

  describe('answers requests of one connection in order', () => {
    it('when an upgrade is pipelined behind a slow one', async () => {
      let finish = () => {};
      const server = http.createServer((_request, response) => {
        finish = () => response.end('first answer');
      });
      let dispatched = false;
      const { port } = await servers.server(
        {
          dispatch: (_request, response) => {
            dispatched = true;
            response.writeHead(403).end('second answer');
          },
        },
        server,
      );
      const client = await servers.client(port);
      const upgraded = once(server, 'upgrade');
      client.send(`GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${handshake()}`);
      await upgraded;
      expect(dispatched).to.equal(false);
      finish();
      const all = await client.rest();
      expect(all.indexOf('first answer')).to.be.below(all.indexOf('403'));
      expect(all).to.include('second answer');
    });

    it('also when several wait before it, and one of them is large', async () => {
      const bodies = [Buffer.alloc(1024 * 1024, 'a'), Buffer.from('bbb')];
      let count = 0;
      const server = http.createServer(async (_request, response) => {
        const body = bodies[count++]!;
        await new Promise(setImmediate);
        for (let i = 0; i < body.length; i += 65536) {
          if (!response.write(body.subarray(i, i + 65536))) await once(response, 'drain');
        }
        response.end();
      });
      const { port } = await servers.server({}, server);
      const client = await servers.client(port);
      client.send(`GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n${handshake()}`);
      await client.untilText('101 Switching Protocols');
      await client.send(clientText('hello')).untilText('hello');
      expect(client.received.indexOf('bbb')).to.be.above(1024 * 1024);
    });

    it('and outlives the keep-alive timeout that Node sets after the earlier answer', async () => {
      const server = http.createServer((_request, response) => response.end('first'));
      server.keepAliveTimeout = 30;
      const { port } = await servers.server({}, server);
      const client = await servers.client(port);
      client.send(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${handshake()}`);
      await client.untilText('101 Switching Protocols');
      // Node adds a second to the timeout that it announces.
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      await client.send(clientText('still here')).untilText('still here');
    });

    it('and forgets the upgrade when the client leaves before its turn', async () => {
      const server = http.createServer(() => {});
      const { port, receiver } = await servers.server({ dispatch: () => expect.fail('dispatched') }, server);
      const client = await servers.client(port);
      const upgraded = once(server, 'upgrade');
      client.send(`GET /never HTTP/1.1\r\nHost: x\r\n\r\n${handshake()}`);
      const [, socket] = await upgraded;
      const closed = once(socket, 'close');
      client.socket.resetAndDestroy();
      socket.destroy();
      await closed;
      expect(receiver.pending.size).to.equal(0);
    });
  });

  describe('gets on with other listeners for upgrades', () => {
    it('that keep what is not claimed', async () => {
      const { port, server } = await servers.server({ claims: (request) => request.url === '/ours' });
      const wss = new WebSocket.Server({ noServer: true });
      server.on('upgrade', (request, socket, head) => {
        if (request.url !== '/theirs') return;
        wss.handleUpgrade(request, socket, head, (other) => other.send('from ws'));
      });
      const theirs = new WebSocket(`ws://127.0.0.1:${port}/theirs`);
      const [message] = await once(theirs, 'message');
      expect(String(message)).to.equal('from ws');
      theirs.close();
      await once(theirs, 'close');
      const client = await servers.client(port);
      await client.send(handshake('/ours')).untilText('101');
    });

    it('and with a second receiver: the first that claims a request has it', async () => {
      const { port, server } = await servers.server();
      const second = receiveUpgrades(server, {
        handshakeTimeout: 1000,
        dispatch: () => expect.fail('dispatched twice'),
      });
      const client = await servers.client(port);
      await client.send(handshake()).untilText('101');
      await client.send(clientText('hello')).untilText('hello');
      second.detach();
    });
  });

  it('refuses everything once told so, until told otherwise', async () => {
    const { port, receiver } = await servers.server();
    receiver.refuseAll(new HandshakeError('Going away', { status: 503, headers: { 'Retry-After': '7' } }));
    const refused = await servers.client(port);
    const answer = parseResponse(await refused.send(handshake()).rest());
    expect(answer.status).to.equal(503);
    expect(answer.headers['retry-after']).to.equal('7');
    receiver.refuseAll(undefined);
    const accepted = await servers.client(port);
    expect((await accepted.send(handshake()).response()).status).to.equal(101);
  });

  it('refuses what is pending, once', async () => {
    let response: ServerResponse | undefined;
    const { port, receiver } = await servers.server({
      dispatch: (_request, res) => {
        response = res;
      },
    });
    const client = await servers.client(port);
    client.send(handshake());
    while (response === undefined) await new Promise(setImmediate);
    receiver.refuseAll(new HandshakeError('Going away', { status: 503 }));
    receiver.refuseAll(new HandshakeError('Going away again', { status: 503 }));
    const text = await client.rest();
    expect(text).to.include('Going away\n').and.not.include('again');
  });

  it('leaves the server as it was when it is detached', async () => {
    const { port, server, receiver } = await servers.server();
    receiver.detach();
    expect(server.listenerCount('upgrade')).to.equal(0);
    const client = await servers.client(port);
    await client.send(handshake()).untilText('ordinary');
  });

  it('lets the handshake pass byte by byte', async () => {
    const { port } = await servers.server();
    const client = await servers.client(port);
    client.socket.setNoDelay(true);
    for (const byte of handshake()) {
      client.send(byte);
      await new Promise(setImmediate);
    }
    await client.untilText('\r\n\r\n');
    await client.send(clientText('hello')).until((received) => received.includes(serverText('hello')));
  });
});

describe('isWebSocketUpgrade', () => {
  const of = (headers: Record<string, string>) => isWebSocketUpgrade({ headers } as unknown as IncomingMessage);

  it('finds websocket among the protocols offered, in any case', () => {
    expect(of({ upgrade: 'websocket' })).to.equal(true);
    expect(of({ upgrade: 'WebSocket' })).to.equal(true);
    expect(of({ upgrade: 'h2c, websocket' })).to.equal(true);
  });

  it('does not find it elsewhere', () => {
    expect(of({})).to.equal(false);
    expect(of({ upgrade: 'h2c' })).to.equal(false);
    expect(of({ upgrade: 'websocket2' })).to.equal(false);
    expect(of(Object.create({ upgrade: 'websocket' }) as Record<string, string>)).to.equal(false);
  });
});

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    // A socket is counted until its 'close', which comes after that of its response.
    setImmediate(() => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
  });
}

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
