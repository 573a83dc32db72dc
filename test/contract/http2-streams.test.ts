import { once } from 'node:events';
import { constants, type Http2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import type { Closure } from '../../src/connection/closure';
import { ConnectionClosedError } from '../../src/protocol/errors';
import { Opcode } from '../../src/protocol/opcode';
import { closePayload, frameBytes } from '../support/raw-peer';
import { Contract, type Ends } from './support/contract';
import { Http2Transport, requestOver } from './support/http2-transport';

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

/** What a peer may send on a stream before somebody reads: what the server sets (src/server/http2-settings.ts). */
const window = 128 * 1024;

function expectLoss({ cause, ...closure }: Closure, code: string): void {
  expect(closure).to.deep.equal({ code: 1006, reason: '', initiator: 'remote' });
  expect(cause).to.be.instanceOf(ConnectionClosedError).with.property('code', code);
}

/** RST_STREAM alone: `close()` of node:http2 sends END_STREAM before it. */
function reset(transport: Duplex, code: number): void {
  const stream = transport as Http2Stream;
  stream.end = () => stream;
  stream.close(code);
}

describe('contract: streams of one HTTP/2 session', () => {
  const site = new Http2Transport();
  const contract = Contract.use(site);

  it('all WebSockets share one connection', async () => {
    await Promise.all(Array.from({ length: 50 }, () => contract.pair()));
    expect(site.serverSessions).to.have.length(1);
    expect(contract.board.connections.size).to.equal(50);
  });

  it('a stalled stream blocks no other, and what the server holds for it is bounded', async () => {
    const limit = 200_000;
    const message = Buffer.alloc(10_000, 7);
    const others = await Promise.all(Array.from({ length: 99 }, () => contract.echo()));
    const stalled = await contract.pair({ server: { maxBufferedAmount: limit, closeTimeout: 60_000 } });
    const stream = site.serverStreams.at(-1)!;
    stalled.server.pause();
    stalled.client.pause();
    // Both directions full: the client's messages wait at the client, the server's at the server, up to its limit.
    for (let i = 0; i < 80; i++) stalled.client.send(message);
    while (stalled.server.bufferedAmount < limit - 2 * message.length) {
      stalled.server.send(message);
      await new Promise((done) => setImmediate(done));
    }
    const rounds = 30;
    await Promise.all(
      others.map(async (client) => {
        for (let i = 0; i < rounds; i++) {
          client.send(message);
          expect(await client.receive()).to.have.length(message.length);
        }
      }),
    );
    expect(stalled.server.readyState).to.equal(stalled.server.OPEN);
    expect(stalled.client.bufferedAmount).to.be.greaterThan(80 * message.length - 2 * (window + 65_536));
    const readable = window + stream.readableHighWaterMark;
    expect(stream.readableLength).to.be.at.most(readable);
    expect(stalled.server.bufferedAmount + stream.readableLength).to.be.lessThan(limit + readable);

    // And it goes on where it stood.
    stalled.client.on('message', () => {});
    stalled.client.resume();
    stalled.server.resume();
    for (let i = 0; i < 80; i++) expect(await stalled.server.receive()).to.have.length(message.length);
    await stalled.server.drained();
  });

  it('a stalled stream that is sent to without end is closed with 1008, and the others live', async () => {
    const other = await contract.echo();
    const stalled = await contract.pair({ server: { maxBufferedAmount: 200_000, closeTimeout: 50 } });
    stalled.client.pause();
    for (let i = 0; stalled.server.readyState === stalled.server.OPEN; i++) {
      expect(i).to.be.lessThan(1000);
      stalled.server.send(Buffer.alloc(10_000));
      await new Promise((done) => setImmediate(done));
    }
    expect(await stalled.server.closed).to.include({ code: 1008, initiator: 'local' });
    other.send('still here');
    expect(await other.receive()).to.equal('still here');
  });

  for (const [name, code] of [
    ['CANCEL', NGHTTP2_CANCEL],
    ['INTERNAL_ERROR', NGHTTP2_INTERNAL_ERROR],
    ['ENHANCE_YOUR_CALM', NGHTTP2_ENHANCE_YOUR_CALM],
  ] as const) {
    it(`RST_STREAM with ${name} is 1006 at both ends, caused by STREAM_RESET, and the others live`, async () => {
      const sibling = await contract.echo();
      const { server, peer } = await contract.withRawPeer();
      reset(peer.transport, code);
      expectLoss(await server.closed, 'STREAM_RESET');
      const { client } = await contract.pair();
      reset(site.serverStreams.at(-1)!, code);
      expectLoss(await client.closed, 'STREAM_RESET');
      sibling.send('not me');
      expect(await sibling.receive()).to.equal('not me');
    });
  }

  it('terminate() is RST_STREAM with CANCEL (RFC 8441, 5)', async () => {
    const { server, peer } = await contract.withRawPeer();
    server.terminate();
    await peer.until(() => peer.closed);
    expect(peer.transport).to.have.property('rstCode', NGHTTP2_CANCEL);
    const { client } = await contract.pair();
    const stream = site.serverStreams.at(-1)!;
    const closed = once(stream, 'close');
    client.terminate();
    await closed;
    expect(stream.rstCode).to.equal(NGHTTP2_CANCEL);
  });

  it('END_STREAM without a close frame is 1006, caused by STREAM_ENDED, and ends the stream in order', async () => {
    const { server, peer } = await contract.withRawPeer();
    peer.transport.end();
    expectLoss(await server.closed, 'STREAM_ENDED');
    await peer.until(() => peer.closed);
    expect(peer.transport).to.have.property('rstCode', NGHTTP2_NO_ERROR);
    const { client } = await contract.pair();
    site.serverStreams.at(-1)!.end();
    expectLoss(await client.closed, 'STREAM_ENDED');
  });

  it('END_STREAM behind the closing handshake is in order, whoever begins', async () => {
    const one = await contract.withRawPeer();
    one.peer.close(1000, 'bye');
    one.peer.transport.end();
    expect(await one.server.closed).to.deep.equal({ code: 1000, reason: 'bye', initiator: 'remote', cause: null });
    await one.peer.until(() => one.peer.closed);
    expect(one.peer.transport).to.have.property('rstCode', NGHTTP2_NO_ERROR);

    const other = await contract.withRawPeer();
    other.server.close(1000, 'bye');
    await other.peer.closeFrame();
    other.peer.close(1000);
    other.peer.transport.end();
    expect(await other.server.closed).to.deep.equal({ code: 1000, reason: '', initiator: 'local', cause: null });
    await other.peer.until(() => other.peer.closed);
    expect(other.peer.transport).to.have.property('rstCode', NGHTTP2_NO_ERROR);
  });

  it('END_STREAM in one write with the close frame is in order', async () => {
    const { server, peer } = await contract.withRawPeer();
    peer.transport.end(frameBytes(Opcode.Close, closePayload(4000, 'bye'), { masked: true }));
    expect(await server.closed).to.deep.equal({ code: 4000, reason: 'bye', initiator: 'remote', cause: null });
  });

  it('a request that ends with its headers opens what has ended', async () => {
    const closures: Array<Promise<Closure>> = [];
    const path = contract.route({}, (socket) => closures.push(socket.closed));
    const { status } = await requestOver(await site.session(), path, {}, { endStream: true });
    expect(status).to.equal(200);
    expectLoss(await closures[0]!, 'STREAM_ENDED');
  });

  describe('when the session ends', () => {
    async function someEnds(): Promise<Ends[]> {
      return Promise.all(Array.from({ length: 5 }, () => contract.pair()));
    }

    it('by its socket, all are 1006, caused by SESSION_LOST, at both ends', async () => {
      const all = await someEnds();
      site.clientSockets.at(-1)!.destroy();
      for (const { server, client } of all) {
        expectLoss(await server.closed, 'SESSION_LOST');
        expectLoss(await client.closed, 'SESSION_LOST');
      }
    });

    it('by the socket of the server, all are 1006, caused by SESSION_LOST, at both ends', async () => {
      const all = await someEnds();
      site.serverSockets.at(-1)!.destroy();
      for (const { server, client } of all) {
        expectLoss(await client.closed, 'SESSION_LOST');
        expectLoss(await server.closed, 'SESSION_LOST');
      }
    });

    it('by a GOAWAY of the client with an error, all are 1006, caused by SESSION_CLOSED', async () => {
      const all = await someEnds();
      (await site.session()).goaway(NGHTTP2_INTERNAL_ERROR);
      for (const { server } of all) expectLoss(await server.closed, 'SESSION_CLOSED');
    });

    it('by a GOAWAY of the server with an error, all are 1006, caused by SESSION_CLOSED', async () => {
      const all = await someEnds();
      site.serverSessions.at(-1)!.goaway(NGHTTP2_ENHANCE_YOUR_CALM);
      for (const { client } of all) expectLoss(await client.closed, 'SESSION_CLOSED');
    });

    it('in order, by a GOAWAY without an error, what is open goes on until it is closed', async () => {
      const session = await site.newSession();
      const path = contract.route({}, (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      const { transport } = await requestOver(session, path);
      const ended = once(session, 'close');
      const told = once(site.serverSessions.at(-1)!, 'goaway');
      session.close();
      await told;
      transport!.write(frameBytes(Opcode.Text, 'still here', { masked: true }));
      const [echo] = (await once(transport!, 'data')) as [Buffer];
      expect(echo.toString('utf8', 2)).to.equal('still here');
      transport!.end(frameBytes(Opcode.Close, closePayload(1000), { masked: true }));
      transport!.resume();
      await ended;
    });
  });
});
