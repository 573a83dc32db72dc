import { once } from 'node:events';
import { constants } from 'node:http2';
import { expect } from 'chai';
import type { RequestHandler } from 'express';
import type { Closure } from '../../src/connection/closure';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { Opcode } from '../../src/protocol/opcode';
import { heldBytes } from '../support/collect-garbage';
import { frameBytes } from '../support/raw-peer';
import { Contract } from './support/contract';
import { Http2Transport, requestOver } from './support/http2-transport';
import { FrameType, RawHttp2Client } from './support/raw-http2-client';

/** Bytes that somebody holds, with the objects around them. */
function heldInAll(): number {
  const buffers = heldBytes();
  return buffers + process.memoryUsage().heapUsed;
}

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

/** Identifiers of settings (RFC 9113, section 6.5.2, and RFC 8441, section 3). */
const Setting = { MaxConcurrentStreams: 3, InitialWindowSize: 4, EnableConnectProtocol: 8 } as const;

/** The first byte of a header block that begins with `:status: 200` (RFC 7541, appendix A). */
const status200 = 0x88;

describe('contract: sessions of HTTP/2', () => {
  describe('limits', () => {
    const site = new Http2Transport();
    const contract = Contract.use(site);
    const clients: RawHttp2Client[] = [];

    afterEach(() => {
      for (const client of clients.splice(0)) client.socket.destroy();
    });

    async function rawClient(): Promise<RawHttp2Client> {
      const client = await RawHttp2Client.connect(site.port);
      clients.push(client);
      await client.until(() => client.settings().size > 0);
      return client;
    }

    it('the settings announce WebSockets (RFC 8441), and how many streams there may be at once', async () => {
      const settings = (await rawClient()).settings();
      expect(settings.get(Setting.EnableConnectProtocol)).to.equal(1);
      expect(settings.get(Setting.MaxConcurrentStreams)).to.be.within(100, 1000);
    });

    it('a flood of streams that are reset at once ends, leaves nothing pending, and disturbs nobody else', async () => {
      const bystander = await contract.echo();
      let arrived = 0;
      let pending = 0;
      let mostPending = 0;
      const think: RequestHandler = (request) => {
        arrived++;
        mostPending = Math.max(mostPending, ++pending);
        request.once('close', () => pending--);
      };
      const path = contract.route({}, () => {}, [think]);
      const client = await rawClient();
      const count = 20_000;
      for (let i = 0; i < count && !client.closed; i++) {
        client.openWebSocket(2 * i + 1, path).reset(2 * i + 1, NGHTTP2_CANCEL);
        if (i % 100 === 99) await new Promise((done) => setImmediate(done));
      }
      await client.until(() => client.received(FrameType.GoAway).length > 0);
      // From then on nothing of that session is served. Node 20 leaves its connection open.
      expect(arrived).to.be.lessThan(count / 4);
      expect(mostPending).to.be.at.most(1000);
      while (pending > 0) await new Promise((done) => setImmediate(done));
      bystander.send('still here');
      expect(await bystander.receive()).to.equal('still here');
      expect(contract.board.connections.size).to.equal(1);
    });

    it('the same by the client of node:http2', async () => {
      const bystander = await contract.echo();
      const path = contract.route({}, () => {}, [() => {}]);
      const session = await site.newSession();
      for (let i = 0; i < 5000 && !session.destroyed && !session.closed; i++) {
        const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': path });
        stream.on('error', () => {});
        if (i % 50 === 49) await new Promise((done) => setImmediate(done));
        stream.close(NGHTTP2_CANCEL);
      }
      session.destroy();
      bystander.send('still here');
      expect(await bystander.receive()).to.equal('still here');
    });

    const unread: Readonly<Record<string, (client: RawHttp2Client, stream: number) => void>> = {
      'a body that nobody reads': (client, stream) =>
        client.post(
          stream,
          contract.post(() => {}),
        ),
      'a body of which the first chunk alone is read': (client, stream) => {
        const path = contract.post(async (request) => {
          for await (const _chunk of request) await once(request, 'close');
        });
        client.post(stream, path);
      },
      'what a WebSocket is sent that does not read': (client, stream) => {
        const path = contract.route({}, (socket) => socket.pause());
        client.openWebSocket(stream, path);
      },
    };

    for (const [what, open] of Object.entries(unread)) {
      it(`${what} is held as the bytes that it is, though each comes in a frame of its own`, async () => {
        const client = await rawClient();
        const streams = [1, 3, 5, 7];
        for (const stream of streams) {
          open(client, stream);
          await client.drip(stream, 0x82, 1);
        }
        const before = heldInAll();
        const count = 100_000;
        for (const stream of streams) await client.drip(stream, 0x82, count);
        expect(client.received(FrameType.RstStream)).to.deep.equal([]);
        expect(client.closed).to.equal(false);
        // By itself node:http2 holds more than a hundred bytes for each.
        expect(heldInAll() - before).to.be.below(10 * streams.length * count);
        client.socket.destroy();
      });
    }

    it('small messages that wait for a slow reader, each in a frame of its own, come one and all', async () => {
      const count = 20_000;
      const messages: string[] = [];
      let allRead = () => {};
      const done = new Promise<void>((resolve) => {
        allRead = resolve;
      });
      const path = contract.route({}, async (socket) => {
        for await (const message of socket.messages()) {
          if (messages.push(String(message)) === count) allRead();
          if (messages.length % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      });
      const client = await rawClient();
      client.openWebSocket(1, path);
      await client.until(() => client.received(FrameType.Headers, 1).length === 1);
      const window = client.settings().get(Setting.InitialWindowSize)!;
      let sent = 0;
      for (let index = 0; index < count; index++) {
        const message = frameBytes(Opcode.Text, String(index), { masked: true });
        await client.until(() => sent + message.length <= window + client.widened(1));
        client.send(FrameType.Data, 0, 1, message);
        sent += message.length;
      }
      await done;
      client.socket.destroy();
      expect(messages).to.deep.equal(Array.from({ length: count }, (_, index) => String(index)));
    });

    it('messages that come before the WebSocket is accepted, in frames of their own, are kept', async () => {
      let accept = () => {};
      const accepted = new Promise<void>((resolve) => {
        accept = resolve;
      });
      const messages: string[] = [];
      const texts = ['one', 'two', 'x'.repeat(16_000), 'y'.repeat(16_000), 'the end'];
      let allRead = () => {};
      const done = new Promise<void>((resolve) => {
        allRead = resolve;
      });
      const listen = (socket: WebSocketConnection): void => {
        socket.on('message', (data) => messages.push(String(data)) === texts.length && allRead());
      };
      const path = contract.route({}, listen, [(_request, _response, next) => void accepted.then(() => next())]);
      const client = await rawClient();
      client.openWebSocket(1, path);
      for (const text of texts) {
        client.send(FrameType.Data, 0, 1, frameBytes(Opcode.Text, text, { masked: true }));
        await client.heard();
      }
      accept();
      await done;
      expect(messages).to.deep.equal(texts);
      client.socket.destroy();
    });

    it('garbage instead of frames ends that session, its WebSockets by their heartbeat at the latest, and no other', async () => {
      const bystander = await contract.echo();
      const closures: Array<Promise<Closure>> = [];
      const path = contract.route({ pingInterval: 20, pongTimeout: 50 }, (socket) => closures.push(socket.closed));
      const client = await rawClient();
      client.openWebSocket(1, path);
      await client.until(() => client.received(FrameType.Headers, 1).length === 1);
      client.socket.write(Buffer.alloc(1000, 0xff));
      expect(await closures[0]).to.include({ code: 1006 });
      bystander.send('still here');
      expect(await bystander.receive()).to.equal('still here');
      expect(contract.board.connections.size).to.equal(1);
    });
  });

  describe('closing a board', () => {
    const site = new Http2Transport();
    const contract = Contract.use(site);

    it('tells each WebSocket 1001 and each session GOAWAY, and a peer that ignores both is cut at the timeout', async () => {
      const polite = await Promise.all(Array.from({ length: 20 }, () => contract.pair()));
      const politeSession = await site.session();
      const goAway = once(politeSession, 'goaway');
      const politeEnd = once(politeSession, 'close');
      const rude = await RawHttp2Client.connect(site.port);
      rude.openWebSocket(1, contract.route());
      await rude.until(() => rude.received(FrameType.Headers, 1).length === 1);

      const began = performance.now();
      const closing = contract.board.close({ timeout: 1000 });
      for (const { client } of polite) {
        expect(await client.closed).to.deep.equal({ code: 1001, reason: '', initiator: 'remote', cause: null });
      }
      const [code] = await goAway;
      expect(code).to.equal(NGHTTP2_NO_ERROR);
      await politeEnd;
      // Who answers does not wait for who does not.
      expect(performance.now() - began).to.be.lessThan(990);
      expect(rude.closed).to.equal(false);
      await closing;
      expect(performance.now() - began).to.be.within(990, 5000);
      await rude.until(() => false);
      expect(rude.received(FrameType.GoAway)).not.to.deep.equal([]);
      expect(rude.received(FrameType.GoAway)[0]?.payload.readUInt32BE(4)).to.equal(NGHTTP2_NO_ERROR);
      expect(rude.received(FrameType.Data, 1)[0]?.payload).to.deep.equal(Buffer.from([0x88, 2, 0x03, 0xe9]));
      expect(contract.board.connections.size).to.equal(0);
    });

    it('refuses WebSockets of new sessions from then on', async () => {
      const { status } = await requestOver(await site.newSession(), '/1');
      expect(status).to.equal(503);
    });
  });

  describe('closing a server', () => {
    const site = new Http2Transport();
    const contract = Contract.use(site);

    it('tells each WebSocket 1001, ends the sessions, and is done then', async () => {
      const pairs = await Promise.all(Array.from({ length: 5 }, () => contract.pair()));
      const closed = once(site.server, 'close');
      site.server.close();
      for (const { client, server } of pairs) {
        expect(await client.closed).to.deep.equal({ code: 1001, reason: '', initiator: 'remote', cause: null });
        expect(await server.closed).to.include({ code: 1001, initiator: 'local', cause: null });
      }
      await closed;
    });
  });

  describe('a limit of the server itself', () => {
    const limit = 3;
    const site = new Http2Transport({ settings: { maxConcurrentStreams: limit } });
    const contract = Contract.use(site);
    const ids = Array.from({ length: limit + 2 }, (_, i) => 2 * i + 1);

    it('counts: who keeps to it waits until a stream ends', async () => {
      const session = await site.session();
      expect(session.remoteSettings).to.include({ maxConcurrentStreams: limit, enableConnectProtocol: true });
      for (let i = 0; i < limit; i++) await contract.pair();
      // Node refuses a stream that comes in the moment in which it has not forgotten the one before.
      const waiting = contract.pair().catch(() => contract.pair());
      const first = await Promise.race([waiting, new Promise((done) => setTimeout(done, 50))]);
      expect(first).to.equal(undefined);
      const [oldest] = contract.board.connections;
      oldest?.close(1000);
      expect((await waiting).client.readyState).to.equal(1);
    });

    it('refuses what a client sends before it knows, and what is open lives', async () => {
      const client = await RawHttp2Client.connect(site.port, { acknowledges: false });
      const path = contract.route();
      for (const id of ids) client.openWebSocket(id, path);
      await client.until(() => client.received(FrameType.RstStream).length === 2);
      await client.until(() => client.received(FrameType.Headers).length === limit);
      const refused = client.received(FrameType.RstStream);
      expect(refused.map(({ stream }) => stream)).to.deep.equal(ids.slice(limit));
      for (const { payload } of refused) expect(payload.readUInt32BE()).to.equal(NGHTTP2_REFUSED_STREAM);
      expect(contract.board.connections.size).to.equal(limit);

      client.reset(1, NGHTTP2_CANCEL);
      while (contract.board.connections.size === limit) await new Promise((done) => setImmediate(done));
      client.openWebSocket(99, path);
      await client.until(() => client.received(FrameType.Headers, 99).length === 1);
      expect(client.received(FrameType.Headers, 99)[0]?.payload[0]).to.equal(status200);
      client.socket.destroy();
    });

    it('ends the session of a client that knows and does not care', async () => {
      const bystander = await contract.echo();
      const client = await RawHttp2Client.connect(site.port);
      await client.until(() => client.settings().size > 0);
      const path = contract.route();
      for (const id of ids) client.openWebSocket(id, path);
      await client.until(() => false);
      bystander.send('still here');
      expect(await bystander.receive()).to.equal('still here');
      expect(contract.board.connections.size).to.equal(1);
    });
  });
});
