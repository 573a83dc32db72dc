import { once } from 'node:events';
import http2 from 'node:http2';
import { expect } from 'chai';
import type { ConnectOptions } from '../../src/client/options';
import { type Certificates, makeCertificates } from './support/certificates';
import { connecting } from './support/connecting';
import { accepted, acknowledgement, allowing, allowingEverything, goodbye, Http2ByHand } from './support/http2-by-hand';
import { acceptStream, Http2TestServer, type StreamScript } from './support/http2-test-server';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = http2.constants;

describe('endWith', () => {
  const { closers, open, leavesNoTimer } = connecting();
  let certificates: Certificates;

  before(async () => {
    certificates = await makeCertificates();
  });

  /** The server may know before us that a socket is closed. */
  async function leavesNoTimerSoon(): Promise<void> {
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    leavesNoTimer();
  }

  function hasTimer(): boolean {
    try {
      leavesNoTimer();
      return false;
    } catch {
      return true;
    }
  }

  for (const scheme of ['ws', 'wss']) {
    describe(`over ${scheme}:`, () => {
      async function begin(script: StreamScript, options: ConnectOptions = {}) {
        const certificate = scheme === 'wss' ? certificates.server : undefined;
        const server = await Http2TestServer.listen(script, certificate ? { certificate } : {});
        closers.push(() => server.close());
        const tls = { ca: certificates.authority };
        return { server, connection: await open(server.url, { http2: true, tls, ...options }) };
      }

      it('ends the session when we close the connection', async () => {
        const { server, connection } = await begin((stream) => acceptStream(stream));
        connection.close(1000);
        expect(await connection.closed).to.include({ code: 1000, cause: null });
        await server.allClosed();
        expect(server.goaways).to.include(NGHTTP2_NO_ERROR);
        expect(server.streams[0]?.rstCode).to.equal(NGHTTP2_NO_ERROR);
        await leavesNoTimerSoon();
      });

      it('ends the session when the peer closes the connection', async () => {
        const { server, connection } = await begin((stream) => acceptStream(stream).close(3000));
        expect(await connection.closed).to.include({ code: 3000, initiator: 'remote', cause: null });
        await server.allClosed();
        await leavesNoTimerSoon();
      });

      it('loses nothing that was sent before the end', async () => {
        const received: number[] = [];
        const { server, connection } = await begin((stream) => {
          acceptStream(stream).on('message', (data) => received.push(data.length));
        });
        for (let i = 0; i < 20; i++) connection.send('x'.repeat(20_000));
        connection.close();
        await server.allClosed();
        expect(received).to.deep.equal(Array(20).fill(20_000));
      });

      it('cancels the stream, and ends the session, when the connection is cut', async () => {
        const { server, connection } = await begin((stream) => acceptStream(stream));
        connection.terminate();
        await server.allClosed();
        expect(server.streams[0]?.rstCode).to.equal(NGHTTP2_CANCEL);
        await leavesNoTimerSoon();
      });

      it('ends the session when the peer resets the stream, and says so', async () => {
        const { server, connection } = await begin((stream) => {
          const peer = acceptStream(stream);
          peer.on('message', () => peer.terminate());
        });
        connection.send('leave');
        expect((await connection.closed).cause).to.include({ code: 'STREAM_RESET' });
        await server.allClosed();
        await leavesNoTimerSoon();
      });

      it('survives what the session says: GOAWAY with an error, a lost connection', async () => {
        const { server, connection } = await begin((stream) => acceptStream(stream));
        connection.on('error', () => {});
        server.sessions[0]?.goaway(NGHTTP2_INTERNAL_ERROR);
        expect((await connection.closed).cause).to.include({ code: 'SESSION_CLOSED' });
        await server.allClosed();
        const other = await begin((stream) => acceptStream(stream));
        other.connection.on('error', () => {});
        other.server.sockets[0]?.resetAndDestroy();
        expect((await other.connection.closed).cause).to.include({ code: 'SESSION_LOST' });
        await other.server.allClosed();
        await leavesNoTimerSoon();
      });

      it('goes on with the connection when the server ends the session softly', async () => {
        const { server, connection } = await begin((stream) => {
          const peer = acceptStream(stream);
          peer.on('message', (data) => peer.send(data));
        });
        server.sessions[0]?.close();
        connection.send('still there');
        expect(await connection.receive()).to.equal('still there');
        connection.close();
        await server.allClosed();
      });

      it('ends the session when the closing handshake takes too long', async () => {
        // Nobody takes the messages, so that the close frame stays behind them.
        const script: StreamScript = (stream) => acceptStream(stream);
        const { server, connection } = await begin(script, { closeTimeout: 60, maxBufferedAmount: 1e9 });
        for (let i = 0; i < 10; i++) connection.send(Buffer.alloc(1024 * 1024));
        connection.close();
        expect((await connection.closed).cause).to.include({ code: 'CLOSE_TIMEOUT' });
        await server.allClosed();
        await leavesNoTimerSoon();
      });
    });
  }

  async function beginByHand(settings: Buffer, options: ConnectOptions) {
    const server = await Http2ByHand.listen();
    closers.push(() => server.close());
    const connecting = open(server.url, { http2: true, ...options });
    await server.server.asked(1);
    server.say(settings, acknowledgement);
    await server.requested();
    server.say(accepted());
    return { server, connection: await connecting };
  }

  it('waits for no server that leaves the connection open', async () => {
    const { server, connection } = await beginByHand(allowing, { closeTimeout: 60 });
    connection.close();
    await server.spoken();
    const ended = once(server.socket, 'end');
    server.say(goodbye());
    expect(await connection.closed).to.include({ initiator: 'local', cause: null });
    // Our side has ended, and the socket is gone when the time is over.
    await ended;
    const reset = once(server.socket, 'error');
    const more = setInterval(() => server.say(acknowledgement), 10);
    await reset;
    clearInterval(more);
    await leavesNoTimerSoon();
  });

  it('waits for no server that reads nothing any more', async () => {
    const { server, connection } = await beginByHand(allowingEverything, { closeTimeout: 60, maxBufferedAmount: 1e9 });
    server.socket.pause();
    const megabytes = 40;
    for (let i = 0; i < megabytes; i++) connection.send(Buffer.alloc(1024 * 1024));
    await new Promise((resolve) => setImmediate(resolve));
    connection.terminate();
    await connection.closed;
    while (hasTimer()) await new Promise((resolve) => setImmediate(resolve));
    server.socket.resume().end();
    await server.server.allClosed();
    expect(server.socket.bytesRead).to.be.below(megabytes * 1024 * 1024);
  });
});
