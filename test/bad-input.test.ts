import { once } from 'node:events';
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { WebSocket } from 'ws';
import { type Closure, rooms, type Switchboard, switchboard } from '../src';
import { clientText, handshake, RawClient } from './support/raw-client';

/** What careless and hostile clients do, each against one server that serves somebody else all the while. */
describe('bad input', () => {
  let server: Server;
  let board: Switchboard;
  let port: number;
  let witness: WebSocket;
  let mostBuffered = 0;
  const clients: RawClient[] = [];

  before(async () => {
    const app = express();
    board = switchboard(app, { closeTimeout: 200 });
    board.on('error', (error) => {
      throw error;
    });
    app.ws('/echo', (socket) => {
      socket.on('message', (data) => socket.send(data));
    });
    app.ws('/flood', (socket) => {
      socket.on('message', () => {
        for (let i = 0; i < 400; i++) {
          socket.send(Buffer.alloc(32 * 1024));
          mostBuffered = Math.max(mostBuffered, socket.bufferedAmount);
        }
      });
    });
    app.use('/chat', rooms());
    const impatient = { headersTimeout: 150, requestTimeout: 300, connectionsCheckingInterval: 30 };
    server = http.createServer(impatient, app).listen(0);
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    witness = new WebSocket(`ws://127.0.0.1:${port}/echo`);
    await once(witness, 'open');
  });

  after(async () => {
    witness.terminate();
    await board.close({ timeout: 500 });
    server.close();
  });

  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy();
    witness.send('still there?');
    const [answer] = await once(witness, 'message');
    expect(String(answer)).to.equal('still there?');
  });

  async function connect(): Promise<RawClient> {
    const client = await RawClient.connect(port);
    clients.push(client);
    return client;
  }

  /** A client behind its handshake, and how the server's end of it closes. */
  async function open(path: string): Promise<{ client: RawClient; closed: Promise<Closure> }> {
    const accepted = once(board, 'connection');
    const client = await connect();
    client.send(handshake(path));
    await client.untilText('\r\n\r\n');
    const [socket] = await accepted;
    client.received = Buffer.alloc(0);
    return { client, closed: socket.closed };
  }

  /** The close frame that a client got, and nothing before it. */
  async function closeFrame(client: RawClient): Promise<{ code: number; reason: string }> {
    const bytes = Buffer.from(await client.rest(), 'latin1');
    expect(bytes[0], 'a close frame').to.equal(0x88);
    return { code: bytes.readUInt16BE(2), reason: bytes.subarray(4).toString() };
  }

  /** A frame's header, masked with zeros, and what of its payload is sent. */
  function frame(first: number, length: number | bigint, payload = Buffer.alloc(0)): Buffer {
    const header = Buffer.alloc(14);
    header[0] = first;
    header[1] = 0x80 | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
    return Buffer.concat([header, payload]);
  }

  /** What the chat answers to a text. */
  async function ask(text: string): Promise<Record<string, unknown>> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await once(socket, 'open');
    socket.send(text);
    const [answer] = await once(socket, 'message');
    expect(socket.readyState, 'an error closes nothing').to.equal(WebSocket.OPEN);
    socket.terminate();
    return JSON.parse(String(answer));
  }

  it('garbage instead of HTTP is answered 400', async () => {
    const client = await connect();
    client.send('\x16\x03\x01\x02\x00\x01\x00\xfc garbage\r\n\r\n');
    expect(await client.rest()).to.match(/^HTTP\/1\.1 400 /);
  });

  it('half a handshake that never ends is answered 408', async () => {
    const client = await connect();
    client.send(handshake('/echo').slice(0, -4));
    expect(await client.rest()).to.match(/^HTTP\/1\.1 408 /);
  });

  it('a key of 15 bytes is answered 400, and told what a key is', async () => {
    const client = await connect();
    client.send(handshake('/echo', { 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') }));
    const answer = await client.rest();
    expect(answer).to.match(/^HTTP\/1\.1 400 /);
    expect(answer).to.include('Sec-WebSocket-Key must be the base64 of 16 bytes');
  });

  it('a frame that claims 2^40 bytes is refused from its header with 1009, and costs nothing', async () => {
    const { client, closed } = await open('/echo');
    const before = process.memoryUsage().arrayBuffers;
    client.send(frame(0x82, 2n ** 40n, Buffer.alloc(100)));
    const { code, reason } = await closeFrame(client);
    expect(code).to.equal(1009);
    expect(reason).to.include('maxMessageSize (1048576 bytes)');
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 20);
    expect((await closed).cause).to.have.property('code', 'MESSAGE_TOO_BIG');
  });

  it('a million empty fragments are refused with 1009', async () => {
    const { client } = await open('/echo');
    const empty = Buffer.from([0x00, 0x80, 0, 0, 0, 0]);
    client.send(Buffer.from([0x01, 0x80, 0, 0, 0, 0]));
    client.send(Buffer.alloc(empty.length * 1_000_000, empty));
    const { code, reason } = await closeFrame(client);
    expect(code).to.equal(1009);
    expect(reason).to.include('maxFragments (131072)');
  });

  it('a peer that never reads is closed with 1008, and does not fill memory', async () => {
    const { client, closed } = await open('/flood');
    client.socket.pause();
    client.send(clientText('go'));
    const { code, cause } = await closed;
    expect(code).to.equal(1008);
    expect(cause).to.have.property('code', 'SLOW_CONSUMER');
    expect(cause?.message).to.include('maxBufferedAmount (1048576 bytes)');
    // The handler sends 12.5 MiB: one message more than the limit is kept, and nothing after it.
    expect(mostBuffered).to.be.within(2 ** 20, 2 ** 20 + 33 * 1024);
  });

  it('a client that resets in the middle of a frame is gone with 1006', async () => {
    const { client, closed } = await open('/echo');
    client.send(frame(0x82, 100_000, Buffer.alloc(10)));
    client.send(Buffer.alloc(10));
    await new Promise<void>((resolve) => client.socket.write('', () => resolve()));
    client.socket.resetAndDestroy();
    const { code, initiator } = await closed;
    expect(code).to.equal(1006);
    expect(initiator).to.equal('remote');
  });

  it('a frame that is not masked is refused with 1002', async () => {
    const { client } = await open('/echo');
    client.send(Buffer.from([0x81, 0x02, 0x68, 0x69]));
    expect(await closeFrame(client)).to.deep.equal({ code: 1002, reason: 'A client sent a frame that is not masked' });
  });

  it('text that is not UTF-8 is refused with 1007 at its first wrong byte', async () => {
    const { client } = await open('/echo');
    client.send(frame(0x81, 70_000, Buffer.from([0x68, 0x69, 0xff])));
    expect((await closeFrame(client)).code).to.equal(1007);
  });

  it('JSON that is no object is answered with an error in words', async () => {
    const { code, message } = await ask('[1, 2]');
    expect(code).to.equal('invalid-request');
    expect(message).to.include('a JSON object with a type, not an array');
  });

  it('a room name of 10 MB is refused from its header', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await once(socket, 'open');
    socket.on('error', () => {});
    socket.send(JSON.stringify({ type: 'join', room: 'x'.repeat(10_000_000) }));
    const [code] = await once(socket, 'close');
    expect(code).to.be.oneOf([1009, 1006]);
  });

  it('a room name too long for a room is answered with an error that says how long it may be', async () => {
    const { code, message } = await ask(JSON.stringify({ type: 'join', room: 'x'.repeat(10_000) }));
    expect(code).to.equal('invalid-room');
    expect(message).to.include('at most 256 characters');
  });

  it('a join without a room is answered with an error that says what is missing', async () => {
    const { code, message, request } = await ask('{"type":"join","id":7}');
    expect(code).to.equal('invalid-room');
    expect(message).to.include('needs a room');
    expect(request).to.deep.equal({ type: 'join', id: 7 });
  });
});
