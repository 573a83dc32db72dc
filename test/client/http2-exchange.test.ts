import http2 from 'node:http2';
import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import { ConnectError, TimeoutError } from '../../src/protocol/errors';
import { connecting } from './support/connecting';
import { acceptStream, Http2TestServer, type StreamScript } from './support/http2-test-server';
import { RawServer } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = http2.constants;

describe('exchangeOverHttp2', () => {
  const { closers, open, leavesNoTimer } = connecting();

  async function listen(script: StreamScript): Promise<Http2TestServer> {
    const server = await Http2TestServer.listen(script);
    closers.push(() => server.close());
    return server;
  }

  const ends: Array<[what: string, script: StreamScript, code: string, words: RegExp]> = [
    [
      'a refused stream',
      (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
      'STREAM_RESET',
      /\(RST_STREAM REFUSED_STREAM\)$/,
    ],
    ['a cancelled stream', (stream) => stream.close(NGHTTP2_CANCEL), 'STREAM_RESET', /\(RST_STREAM CANCEL\)$/],
    [
      'a stream that is reset without an error',
      (stream) => stream.close(NGHTTP2_NO_ERROR),
      'STREAM_RESET',
      /NO_ERROR\)$/,
    ],
    [
      'GOAWAY with an error',
      (stream) => stream.session?.goaway(NGHTTP2_INTERNAL_ERROR),
      'SESSION_CLOSED',
      /: it ended the HTTP\/2 session \(GOAWAY INTERNAL_ERROR\)$/,
    ],
    [
      'a session that ends',
      (stream) => stream.session?.destroy(),
      'ECONNRESET',
      /: it closed the connection without an answer$/,
    ],
  ];
  for (const [what, script, code, words] of ends) {
    it(`fails at ${what}`, async () => {
      const server = await listen(script);
      const error = await rejectionOf(ConnectError, connect(server.url, { http2: true }));
      expect(error).to.include({ code });
      expect(error.message)
        .to.match(/^Could not connect to ws:\/\/localhost:\d+: /)
        .and.match(words);
      await server.allClosed();
      leavesNoTimer();
    });
  }

  it('fails at a lost connection', async () => {
    const server = await listen(() => server.sockets[0]?.resetAndDestroy());
    const error = await rejectionOf(ConnectError, connect(server.url, { http2: true }));
    expect(error.code).to.equal('ECONNRESET');
    expect(error.message).to.match(/^Could not connect to ws:\/\/localhost:\d+: /);
    await server.allClosed();
  });

  it('fails at a head that is too large', async () => {
    const server = await listen((stream) => stream.respond({ ':status': 200, a: 'x'.repeat(100_000) }));
    const error = await rejectionOf(ConnectError, connect(server.url, { http2: true }));
    expect(error.code).to.equal('STREAM_RESET');
    await server.allClosed();
  });

  it('opens a connection whose stream is reset in the packet of the answer, and says so', async () => {
    const server = await listen((stream) => {
      stream.respond({ ':status': 200 });
      stream.close(NGHTTP2_CANCEL);
    });
    const { code, cause } = await (await open(server.url, { http2: true })).closed;
    expect(code).to.equal(1006);
    expect(cause).to.include({ code: 'STREAM_RESET' });
    await server.allClosed();
  });

  it('loses no frame that came in the packet of the answer', async () => {
    const server = await listen((stream) => {
      const connection = acceptStream(stream);
      connection.send('one');
      connection.send('two');
    });
    const connection = await open(server.url, { http2: true });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await connection.receive()).to.equal('one');
    expect(await connection.receive()).to.equal('two');
  });

  describe('given up', () => {
    it('at the deadline cancels the stream, and ends the session', async () => {
      const server = await listen(() => {});
      const error = await rejectionOf(TimeoutError, connect(server.url, { http2: true, handshakeTimeout: 60 }));
      expect(error).to.include({
        code: 'HANDSHAKE_TIMEOUT',
        message: `The opening handshake with ${server.url} took longer than handshakeTimeout (60 ms)`,
      });
      await server.allClosed();
      expect(server.streams[0]?.rstCode).to.equal(NGHTTP2_CANCEL);
      leavesNoTimer();
    });

    it('by a signal cancels the stream, and ends the session', async () => {
      const reason = new Error('the user went away');
      const controller = new AbortController();
      const server = await listen(() => controller.abort(reason));
      const connecting = connect(server.url, { http2: true, signal: controller.signal });
      expect(await rejectionOf(Error, connecting)).to.equal(reason);
      await server.allClosed();
      expect(server.streams[0]?.rstCode).to.equal(NGHTTP2_CANCEL);
      leavesNoTimer();
    });

    it('while the SETTINGS of the server are awaited ends the connection', async () => {
      const silent = await RawServer.listen(() => {});
      closers.push(() => silent.close());
      await rejectionOf(TimeoutError, connect(silent.url, { http2: true, handshakeTimeout: 60 }));
      await silent.allClosed();
      leavesNoTimer();
    });
  });

  it('leaves nothing of the handshake behind on the stream', async () => {
    const server = await listen((stream) => acceptStream(stream));
    const plain = await http2Listeners();
    const connection = await open(server.url, { http2: true });
    const { transport } = connection as unknown as { transport: http2.ClientHttp2Stream };
    expect(transport.listenerCount('response')).to.equal(plain.response);
    // The connection's own.
    expect(transport.listenerCount('error')).to.equal(plain.error + 1);
    leavesNoTimer();

    async function http2Listeners() {
      const session = http2.connect(server.authority);
      closers.push(() => session.destroy());
      const stream = session.request({ ':path': '/' });
      stream.on('close', () => {});
      const counts = { response: stream.listenerCount('response'), error: stream.listenerCount('error') };
      stream.close(NGHTTP2_CANCEL);
      return counts;
    }
  });
});
