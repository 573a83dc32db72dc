import { once } from 'node:events';
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { expect } from 'chai';
import { cut } from '../../src/connection/http2-stream';
import { connectionDefaults } from '../../src/connection/options';
import { WebSocketConnection } from '../../src/connection/websocket-connection';
import { ConnectionClosedError } from '../../src/protocol/errors';
import { Http2Site } from '../support/http2-site';
import { RecordingTransport } from '../support/recording-transport';

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = http2.constants;

/** A connection over a stream, at either end of it. */
interface Pair {
  connection: WebSocketConnection;
  own: { session: ServerHttp2Session | ClientHttp2Session; stream: ServerHttp2Stream | ClientHttp2Stream };
  peer: { session: ServerHttp2Session | ClientHttp2Session; stream: ServerHttp2Stream | ClientHttp2Stream };
}

describe('A connection over a stream of HTTP/2', () => {
  let site: Http2Site;
  beforeEach(() => {
    site = new Http2Site();
  });
  afterEach(() => site.close());

  async function pair(role: 'server' | 'client'): Promise<Pair> {
    const server = http2.createServer();
    server.on('sessionError', () => {});
    const accepted = once(server, 'stream');
    const clientSession = await site.connect(await site.listen(server));
    const clientStream = clientSession.request({ ':method': 'POST' }, { endStream: false });
    const [serverStream] = (await accepted) as [ServerHttp2Stream];
    serverStream.respond({ ':status': 200 });
    await once(clientStream, 'response');
    const client = { session: clientSession, stream: clientStream };
    const serving = { session: serverStream.session as ServerHttp2Session, stream: serverStream };
    const [own, peer] = role === 'server' ? [serving, client] : [client, serving];
    const connection = new WebSocketConnection(own.stream, { role, options: connectionDefaults });
    peer.stream.on('error', () => {});
    return { connection, own, peer };
  }

  const losses: Array<[title: string, code: string, message: RegExp, lose: (pair: Pair) => void]> = [
    [
      'a reset',
      'STREAM_RESET',
      /reset the HTTP\/2 stream \(RST_STREAM\)$/,
      ({ peer }) => peer.stream.close(NGHTTP2_CANCEL),
    ],
    [
      'a reset with an error',
      'STREAM_RESET',
      /NGHTTP2_INTERNAL_ERROR/,
      ({ peer }) => peer.stream.close(NGHTTP2_INTERNAL_ERROR),
    ],
    ['the end of the stream', 'STREAM_ENDED', /END_STREAM\) without a close frame/, ({ peer }) => peer.stream.end()],
    ['a lost session', 'SESSION_LOST', /The HTTP\/2 session was lost/, ({ peer }) => peer.session.destroy()],
    [
      'GOAWAY with an error',
      'SESSION_CLOSED',
      /ended the HTTP\/2 session \(GOAWAY\)/,
      ({ peer }) => peer.session.goaway(NGHTTP2_ENHANCE_YOUR_CALM),
    ],
  ];

  for (const role of ['server', 'client'] as const) {
    for (const [title, code, message, lose] of losses) {
      it(`${role}: says that ${title} was its end`, async () => {
        const both = await pair(role);
        lose(both);
        const { cause, ...closure } = await both.connection.closed;
        expect(closure).to.deep.equal({ code: 1006, reason: '', initiator: 'remote' });
        expect(cause).to.be.instanceOf(ConnectionClosedError).with.include({ code });
        expect(cause?.message).to.match(message);
      });
    }

    it(`${role}: has no cause where it was cut by ourselves, with CANCEL`, async () => {
      const { connection, peer } = await pair(role);
      const closed = new Promise((resolve) => peer.stream.on('close', resolve));
      peer.stream.resume();
      connection.terminate();
      expect(await connection.closed).to.deep.equal({ code: 1006, reason: '', initiator: 'local', cause: null });
      await closed;
      expect(peer.stream.rstCode).to.equal(NGHTTP2_CANCEL);
    });

    it(`${role}: ends cleanly by the closing handshake`, async () => {
      const { connection, peer } = await pair(role);
      const other = new WebSocketConnection(peer.stream, {
        role: role === 'server' ? 'client' : 'server',
        options: connectionDefaults,
      });
      connection.close(4000, 'done');
      expect(await other.closed).to.deep.equal({ code: 4000, reason: 'done', initiator: 'remote', cause: null });
      expect(await connection.closed).to.deep.equal({ code: 4000, reason: 'done', initiator: 'local', cause: null });
      expect(peer.stream.rstCode).to.equal(NGHTTP2_NO_ERROR);
      expect(peer.session.destroyed).to.equal(false);
    });
  }

  it('is not needed to cut another transport', () => {
    const transport = new RecordingTransport();
    cut(transport);
    expect(transport.destroyed).to.equal(true);
  });
});
