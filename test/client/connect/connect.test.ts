import { getEventListeners, once } from 'node:events';
import type net from 'node:net';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { WebSocketServer } from 'ws';
import type { ClientConnection } from '../../../src/client/client-connection';
import { connect } from '../../../src/client/connect';
import { InvalidOptionError, TimeoutError } from '../../../src/protocol/errors';
import { serverText } from '../../support/raw-client';
import { TestServers } from '../../support/test-servers';
import { connecting } from '../support/connecting';
import { acceptance, headerOf, type Script } from '../support/raw-server';
import { rejectionOf } from '../support/rejection-of';

describe('connect', () => {
  const { closers, raw, open, leavesNoTimer } = connecting();

  describe('with a server that agrees', () => {
    it('asks as RFC 6455, 4.1 says, with a fresh key each time', async () => {
      const server = await raw((socket, head) => socket.write(acceptance(head)));
      await open(`${server.url}/chat?x=1`);
      await open(server.url);
      const [first = '', second = ''] = server.heads;
      expect(first).to.match(/^GET \/chat\?x=1 HTTP\/1\.1\r\n/);
      expect(second).to.match(/^GET \/ HTTP\/1\.1\r\n/);
      const names = [...first.matchAll(/^([\w-]+):/gm)].map((match) => match[1]);
      const own = ['Host', 'Upgrade', 'Connection', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version'];
      expect(names).to.have.members(own);
      expect(headerOf(first, 'Host')).to.equal(`127.0.0.1:${server.port}`);
      expect(headerOf(first, 'Sec-WebSocket-Version')).to.equal('13');
      expect(headerOf(first, 'Sec-WebSocket-Key')).not.to.equal(headerOf(second, 'Sec-WebSocket-Key'));
    });

    it('sends headers, origin, subprotocols, user and password', async () => {
      const server = await raw((socket, head) => socket.write(acceptance(head, { 'Sec-WebSocket-Protocol': 'b' })));
      const url = new URL(server.url);
      url.username = 'me';
      url.password = 'pass';
      const connection = await open(url, {
        headers: { cookie: 'a=b', host: 'other.example' },
        origin: 'https://app.example',
        subprotocols: ['a', 'b'],
      });
      expect(connection.protocol).to.equal('b');
      const [head = ''] = server.heads;
      expect(headerOf(head, 'Cookie')).to.equal('a=b');
      expect(head.match(/^host:.*$/gim)).to.deep.equal(['host: other.example']);
      expect(headerOf(head, 'Origin')).to.equal('https://app.example');
      expect(headerOf(head, 'Sec-WebSocket-Protocol')).to.equal('a, b');
      expect(headerOf(head, 'Authorization')).to.equal(`Basic ${btoa('me:pass')}`);
    });

    it('keeps the head of the 101: cookies, say', async () => {
      const server = await raw((socket, head) => socket.write(acceptance(head, { 'Set-Cookie': 'node=3' })));
      const { response } = (await open(server.url)) as ClientConnection;
      expect(response.status).to.equal(101);
      expect(response.headers['set-cookie']).to.deep.equal(['node=3']);
    });

    it('loses no frame that came in the packet of the 101', async () => {
      const server = await raw((socket, head) =>
        socket.write(Buffer.concat([Buffer.from(acceptance(head)), serverText('one'), serverText('two')])),
      );
      const connection = await open(server.url);
      // Something else comes first: the messages wait.
      await new Promise((resolve) => setImmediate(resolve));
      expect(await connection.receive()).to.equal('one');
      const listened = once(connection, 'message');
      expect(await listened).to.deep.equal(['two', false]);
    });

    it('knows a server that says goodbye in the packet of the 101', async () => {
      const server = await raw((socket, head) =>
        socket.end(Buffer.concat([Buffer.from(acceptance(head)), serverText('bye'), Buffer.of(0x88, 2, 3, 0xe8)])),
      );
      const connection = await open(server.url);
      const closed = once(connection, 'close');
      expect(await once(connection, 'message')).to.deep.equal(['bye', false]);
      expect(await closed).to.deep.equal([1000, '']);
    });

    it('reads an answer that comes byte by byte', async () => {
      const server = await raw(async (socket, head) => {
        socket.setNoDelay(true);
        for (const byte of Buffer.concat([Buffer.from(acceptance(head)), serverText('hello')])) {
          socket.write(Buffer.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      const connection = await open(server.url);
      expect(await connection.receive()).to.equal('hello');
    });

    it('passes interim responses over (RFC 9110, 15.2)', async () => {
      const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
      const server = await raw((socket, head) => socket.write(interim + acceptance(head)));
      expect((await open(server.url)).readyState).to.equal(1);
    });

    it('leaves nothing of the handshake behind, and what was a signal for it is none any more', async () => {
      const server = await raw((socket, head) => socket.write(acceptance(head)));
      const controller = new AbortController();
      const connection = await open(server.url, { signal: controller.signal });
      const { transport } = connection as unknown as { transport: Socket };
      const counts = ['data', 'drain', 'error', 'close'].map((name) => transport.listenerCount(name));
      // The connection's own; of a plain socket it reads without 'data', and waits for 'drain' when it has to.
      expect(counts).to.deep.equal([0, 0, 1, 1]);
      expect(getEventListeners(controller.signal, 'abort')).to.have.length(0);
      leavesNoTimer();
      controller.abort();
      await new Promise((resolve) => setImmediate(resolve));
      expect(connection.readyState).to.equal(1);
    });

    it('talks with our own server', async () => {
      const servers = new TestServers();
      closers.push(() => servers.close());
      const { port } = await servers.server({ options: { subprotocols: ['chat'] } });
      const connection = await open(`ws://localhost:${port}/`, { subprotocols: ['other', 'chat'] });
      expect(connection.protocol).to.equal('chat');
      const bytes = Buffer.alloc(100_000, 'x');
      connection.send('text');
      connection.send(bytes);
      expect(await connection.receive()).to.equal('text');
      expect(bytes.equals((await connection.receive()) as Buffer)).to.equal(true);
      connection.close(3000, 'done');
      expect(await connection.closed).to.deep.equal({ code: 3000, reason: 'done', initiator: 'local', cause: null });
    });

    it('talks with the server of ws, which compresses for those that offer it', async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      closers.push(() => server.close());
      await once(server, 'listening');
      server.on('connection', (socket) => {
        socket.on('message', (data, binary) => socket.send(data, { binary }));
      });
      const { port } = server.address() as net.AddressInfo;
      const connection = await open(`http://127.0.0.1:${port}`, { subprotocols: 'chat' });
      expect(connection.protocol).to.equal('chat');
      connection.send('hällo');
      expect(await connection.receive()).to.equal('hällo');
      expect(await connection.ping()).to.be.at.least(0);
      connection.close(1000);
      expect((await connection.closed).code).to.equal(1000);
    });

    it('hands options of the connection on', async () => {
      const server = await raw((socket, head) =>
        socket.write(Buffer.concat([Buffer.from(acceptance(head)), serverText('too long')])),
      );
      const connection = await open(server.url, { maxMessageSize: 4 });
      connection.on('message', () => {});
      expect((await connection.closed).code).to.equal(1009);
    });
  });

  describe('given what cannot be', () => {
    it('rejects, and does not throw', async () => {
      await rejectionOf(InvalidOptionError, connect('localhost:8080'));
      await rejectionOf(InvalidOptionError, connect(undefined as never));
      await rejectionOf(InvalidOptionError, connect('ws://localhost', 'chat' as never));
      await rejectionOf(InvalidOptionError, connect('ws://localhost', { maxPayload: 5 } as never));
    });

    it('refuses user and password beside the header Authorization', async () => {
      const connecting = connect('ws://me:pass@localhost', { headers: { authorization: 'Bearer x' } });
      expect((await rejectionOf(InvalidOptionError, connecting)).message).to.include('one is too many');
    });
  });

  describe('at its deadline', () => {
    const silent: Array<[stage: string, script: Script]> = [
      ['no answer', () => {}],
      ['half an answer', (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso')],
      ['interim responses only', (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n')],
    ];
    for (const [stage, script] of silent) {
      it(`gives up at ${stage}`, async () => {
        const server = await raw(script);
        const error = await rejectionOf(TimeoutError, connect(server.url, { handshakeTimeout: 40 }));
        expect(error).to.include({
          code: 'HANDSHAKE_TIMEOUT',
          message: `The opening handshake with ${server.url} took longer than handshakeTimeout (40 ms)`,
        });
        await server.allClosed();
        leavesNoTimer();
      });
    }

    it('gives up at no address', async () => {
      const lookup = () => {};
      await rejectionOf(TimeoutError, connect('ws://nowhere.test', { handshakeTimeout: 20, lookup }));
      leavesNoTimer();
    });
  });

  describe('given a signal', () => {
    const reason = new Error('the user went away');

    it('rejects at once when it was aborted before', async () => {
      const server = await raw(() => {});
      const signal = AbortSignal.abort(reason);
      expect(await rejectionOf(Error, connect(server.url, { signal }))).to.equal(reason);
      expect(server.sockets).to.have.length(0);
    });

    it('rejects with its reason while the name is looked up', async () => {
      const controller = new AbortController();
      const lookup = () => controller.abort(reason);
      const { signal } = controller;
      expect(await rejectionOf(Error, connect('ws://nowhere.test', { lookup, signal }))).to.equal(reason);
      expect(getEventListeners(signal, 'abort')).to.have.length(0);
      leavesNoTimer();
    });

    const stages: Array<[stage: string, begin: string | null]> = [
      ['an answer is awaited', null],
      ['the answer comes', 'HTTP/1.1 101 Swi'],
      ['the body of a refusal comes', 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 10\r\n\r\nabc'],
    ];
    for (const [stage, begin] of stages) {
      it(`rejects with its reason while ${stage}`, async () => {
        const controller = new AbortController();
        const server = await raw((socket) => {
          if (begin !== null) socket.write(begin);
        });
        const connecting = connect(server.url, { signal: controller.signal });
        connecting.catch(() => {});
        await server.asked(1);
        // Until what was written is there.
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
        controller.abort(reason);
        expect(await rejectionOf(Error, connecting)).to.equal(reason);
        await server.allClosed();
        expect(getEventListeners(controller.signal, 'abort')).to.have.length(0);
        leavesNoTimer();
      });
    }

    it('rejects as the platform does where no reason is given', async () => {
      const server = await raw(() => {});
      const connecting = connect(server.url, { signal: AbortSignal.timeout(20) });
      expect((await rejectionOf(DOMException, connecting)).name).to.equal('TimeoutError');
      await server.allClosed();
    });
  });
});
