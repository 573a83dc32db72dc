import { once } from 'node:events';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import https from 'node:https';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { generate } from 'selfsigned';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { ConnectionClosedError, HandshakeError, InvalidStateError } from '../../src/protocol/errors';
import { acceptUpgrade } from '../../src/server/accept-upgrade';
import { resolveServerOptions, type ServerOptions } from '../../src/server/options';
import { clientText, handshake, parseResponse, type RawClient, sampleAccept, serverText } from '../support/raw-client';
import { TestServers } from '../support/test-servers';

type Dispatched = { request: IncomingMessage; response: ServerResponse };

describe('acceptUpgrade', () => {
  let servers: TestServers;
  beforeEach(() => {
    servers = new TestServers();
  });
  afterEach(() => servers.close());

  /** Sends a handshake and stops where the application would decide. */
  async function pendingAt(text: string | Buffer): Promise<Dispatched & { client: RawClient }> {
    let arrived: (value: Dispatched) => void;
    const dispatched = new Promise<Dispatched>((resolve) => {
      arrived = resolve;
    });
    const { port } = await servers.server({ dispatch: (request, response) => arrived({ request, response }) });
    const client = await servers.client(port);
    client.send(text);
    return { ...(await dispatched), client };
  }

  const accept = ({ request, response }: Dispatched, options: ServerOptions = {}): Promise<WebSocketConnection> =>
    acceptUpgrade(request, response, resolveServerOptions('test', options));

  const rejection = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => expect.fail('it did not reject'),
      (error) => error,
    );

  it('answers with 101 and the accept key of RFC 6455, section 1.3', async () => {
    const pending = await pendingAt(handshake());
    await accept(pending);
    const { status, headers } = await pending.client.response();
    expect(status).to.equal(101);
    expect(headers).to.include({ upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': sampleAccept });
    expect(headers).to.not.have.any.keys('sec-websocket-protocol', 'content-length', 'transfer-encoding');
  });

  describe('permessage-deflate', () => {
    const offer = (extensions: string) => handshake('/', { 'Sec-WebSocket-Extensions': extensions });

    it('is agreed where it is turned on, and said in the 101 and by the connection', async () => {
      const pending = await pendingAt(offer('permessage-deflate; client_max_window_bits'));
      const connection = await accept(pending, { perMessageDeflate: true });
      const { headers } = await pending.client.response();
      expect(headers['sec-websocket-extensions']).to.equal('permessage-deflate; client_max_window_bits=12');
      expect(connection.extensions).to.equal('permessage-deflate; client_max_window_bits=12');
    });

    it('is not mentioned where it is off, was not offered, or cannot be agreed', async () => {
      for (const [request, perMessageDeflate] of [
        [offer('permessage-deflate'), false],
        [handshake(), true],
        [offer('permessage-deflate; server_max_window_bits=8'), true],
        [offer('permessage-deflate; nonsense'), true],
      ] as const) {
        const pending = await pendingAt(request);
        const connection = await accept(pending, { perMessageDeflate });
        expect((await pending.client.response()).headers).to.not.have.property('sec-websocket-extensions');
        expect(connection.extensions).to.equal('');
      }
    });
  });

  it('sends the headers that middleware has set, but none about a body', async () => {
    const pending = await pendingAt(handshake());
    pending.response.setHeader('Set-Cookie', ['a=1', 'b=2']);
    pending.response.setHeader('X-Frame-Options', 'DENY');
    pending.response.setHeader('Content-Length', 99);
    pending.response.setHeader('Content-Type', 'text/html');
    await accept(pending);
    const { headers } = await pending.client.response();
    expect(headers['x-frame-options']).to.equal('DENY');
    expect(headers['set-cookie']).to.equal('b=2');
    expect(headers).to.not.have.any.keys('content-length', 'content-type');
  });

  it('chooses the subprotocol', async () => {
    const pending = await pendingAt(handshake('/', { 'Sec-WebSocket-Protocol': 'soap, chat' }));
    const connection = await accept(pending, { subprotocols: ['chat'] });
    expect(connection.protocol).to.equal('chat');
    expect((await pending.client.response()).headers['sec-websocket-protocol']).to.equal('chat');
  });

  it('loses no frame that came with the request, or before the 101, or before anybody listens', async () => {
    const pending = await pendingAt(Buffer.concat([Buffer.from(handshake()), clientText('one'), clientText('two')]));
    pending.client.send(clientText('three'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const connection = await accept(pending);
    pending.client.send(clientText('four'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const messages: unknown[] = [];
    for (let i = 0; i < 4; i++) messages.push(await connection.receive());
    expect(messages).to.deep.equal(['one', 'two', 'three', 'four']);
  });

  it('loses none of the 64 KiB that may come before the 101', async () => {
    const pending = await pendingAt(handshake());
    const count = 4_000;
    pending.client.send(Buffer.concat(Array.from({ length: count }, () => clientText('0123456789'))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const connection = await accept(pending);
    let received = 0;
    await new Promise<void>((resolve) => {
      connection.on('message', () => {
        if (++received === count) resolve();
      });
    });
  });

  it('says 101 to whoever waits for the response to finish, and keeps nothing on the socket', async () => {
    const pending = await pendingAt(handshake());
    const { socket } = pending.request;
    const events: unknown[] = [];
    pending.response.on('finish', () => events.push(pending.response.statusCode));
    const closed = once(pending.response, 'close');
    await accept(pending);
    await closed;
    expect(events).to.deep.equal([101]);
    expect(socket.timeout ?? 0).to.equal(0);
    expect((socket as unknown as { _httpMessage: unknown })._httpMessage).to.equal(null);
  });

  it('lets no frame overtake a 101 that somebody holds back, as a session does until it is saved', async () => {
    const pending = await pendingAt(handshake());
    const { response } = pending;
    const end = response.end;
    let save = () => {};
    response.end = function (this: ServerResponse, ...parameters: unknown[]) {
      save = () => Reflect.apply(end, this, parameters);
      return this;
    } as typeof response.end;
    const accepting = accept(pending).then((connection) => connection.send('hello'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pending.client.received).to.have.lengthOf(0);
    save();
    await accepting;
    await pending.client.until((received) => received.includes(serverText('hello')));
    expect((await pending.client.response()).status).to.equal(101);
  });

  it('rejects when the client leaves before the held-back 101', async () => {
    const pending = await pendingAt(handshake());
    pending.response.end = () => pending.response;
    const accepting = rejection(accept(pending));
    pending.client.socket.resetAndDestroy();
    expect(await accepting).to.be.instanceOf(ConnectionClosedError);
  });

  it('rejects when the client has left already', async () => {
    const pending = await pendingAt(handshake());
    const closed = once(pending.request, 'close');
    pending.client.socket.destroy();
    await closed;
    expect(await rejection(accept(pending))).to.be.instanceOf(ConnectionClosedError);
  });

  it('rejects when the request is answered already', async () => {
    const pending = await pendingAt(handshake());
    pending.response.writeHead(403).end();
    expect(await rejection(accept(pending))).to.include({ code: 'ALREADY_ANSWERED' });
  });

  it('rejects a second time', async () => {
    const pending = await pendingAt(handshake());
    await accept(pending);
    expect(await rejection(accept(pending)))
      .to.be.instanceOf(InvalidStateError)
      .and.include({ code: 'NOT_AN_UPGRADE' });
  });

  it('rejects for an ordinary request', async () => {
    const rejected = new Promise<unknown>((resolve) => {
      const server = http.createServer((request, response) => {
        resolve(rejection(accept({ request, response })));
        response.end();
      });
      void servers.listen(server).then((port) => http.get({ port }));
    });
    expect(await rejected)
      .to.be.instanceOf(InvalidStateError)
      .and.include({ code: 'NOT_AN_UPGRADE' });
  });

  const refusals: Array<[name: string, text: string, status: number, says: string]> = [
    ['another method', handshake('/', {}, 'DELETE'), 405, 'GET'],
    ['HTTP/1.0', handshake().replace('HTTP/1.1', 'HTTP/1.0'), 400, 'HTTP/1.1 or higher'],
    ['no key', handshake('/', { 'Sec-WebSocket-Key': null }), 400, 'Sec-WebSocket-Key'],
    ['a key of 15 bytes', handshake('/', { 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAA' }), 400, '16 bytes'],
    ['two keys', handshake('/', { 'Sec-WebSocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }), 400, '16 bytes'],
    ['no version', handshake('/', { 'Sec-WebSocket-Version': null }), 400, 'Sec-WebSocket-Version'],
    ['version 8', handshake('/', { 'Sec-WebSocket-Version': '8' }), 426, 'must be 13'],
    ['a broken extension', handshake('/', { 'Sec-WebSocket-Extensions': 'a;;' }), 400, 'Sec-WebSocket-Extensions'],
    ['a subprotocol named twice', handshake('/', { 'Sec-WebSocket-Protocol': 'a, a' }), 400, 'twice'],
    ['a foreign origin', handshake('/', { Origin: 'http://evil.example' }), 403, 'evil.example'],
  ];
  for (const [name, text, status, says] of refusals) {
    it(`refuses ${name} with ${status}, having answered nothing`, async () => {
      const pending = await pendingAt(text);
      const error = await rejection(accept(pending));
      expect(error).to.be.instanceOf(HandshakeError).and.include({ status });
      expect((error as Error).message).to.include(says);
      expect(pending.response.headersSent).to.equal(false);
    });

    it(`and answers it completely when it is told to: ${name}`, async () => {
      const { port } = await servers.server();
      const client = await servers.client(port);
      const answer = parseResponse(await client.send(text).rest());
      expect(answer.status).to.equal(status);
      expect(Number(answer.headers['content-length'])).to.equal(answer.rest.length);
      if (status === 426) expect(answer.headers).to.include({ 'sec-websocket-version': '13', upgrade: 'websocket' });
    });
  }

  it('waits for an asynchronous decision about the origin', async () => {
    const pending = await pendingAt(handshake('/', { Origin: 'http://friend.example' }));
    await accept(pending, { allowedOrigins: async (origin) => origin === 'http://friend.example' });
    expect((await pending.client.response()).status).to.equal(101);
  });

  it('is no victim of header names that every object has', async () => {
    const odd = '\r\n__proto__: x\r\nconstructor: x\r\ntoString: x\r\nhasOwnProperty: x\r\n\r\n';
    const pending = await pendingAt(handshake().replace('\r\n\r\n', odd));
    await accept(pending);
    expect((await pending.client.response()).status).to.equal(101);
  });

  it('reports what a listener throws to whoever asked', async () => {
    const pending = await pendingAt(Buffer.concat([Buffer.from(handshake()), clientText('x')]));
    const problem = new Error('broken listener');
    const reported = new Promise((resolve) => {
      void acceptUpgrade(pending.request, pending.response, resolveServerOptions('test'), {
        onError: (error, connection) => resolve([error, connection.readyState]),
      }).then((connection) => {
        connection.on('message', () => {
          throw problem;
        });
      });
    });
    expect(await reported).to.deep.equal([problem, 2]);
  });

  it('works over TLS', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const { port } = await servers.server({}, https.createServer({ key, cert }) as unknown as Server);
    const socket = connectTls({ port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write(handshake('/', { Origin: 'https://localhost' }));
    const [head] = await once(socket, 'data');
    expect(parseResponse(head as Buffer).status).to.equal(101);
    socket.write(clientText('hello'));
    const [frame] = await once(socket, 'data');
    expect(frame).to.deep.equal(serverText('hello'));
    socket.destroy();
  });
});
