import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import type { ConnectOptions } from '../../src/client/options';
import { HandshakeError } from '../../src/protocol/errors';
import { TestServers } from '../support/test-servers';
import { RawServer, type Script } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';

describe('refusal', () => {
  const closers: Array<() => unknown> = [];

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  /** The error of a handshake with a server that answers so; the connection is closed then. */
  async function refused(script: Script | string, options?: ConnectOptions): Promise<HandshakeError> {
    const answer: Script = typeof script === 'string' ? (socket) => socket.write(script, 'latin1') : script;
    const server = await RawServer.listen(answer);
    closers.push(() => server.close());
    const error = await rejectionOf(HandshakeError, connect(server.url, options));
    await server.allClosed();
    return error;
  }

  it('says what the server answered', async () => {
    const error = await refused(
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 14\r\n\r\nwho are you?\r\n',
    );
    expect(error.message).to.match(/^The server \S+ answered 401 Unauthorized$/);
    expect(error).to.include({ code: 'HANDSHAKE_REFUSED', status: 401, expose: false, body: 'who are you?\r\n' });
    expect(error.headers['www-authenticate']).to.equal('Bearer');
    expect(error.response).to.deep.equal({
      status: 401,
      headers: { 'www-authenticate': 'Bearer', 'set-cookie': ['a=b', 'c=d'], 'content-length': '14' },
      body: 'who are you?\r\n',
    });
  });

  it('says a status without words', async () => {
    expect((await refused('HTTP/1.1 299\r\nContent-Length: 0\r\n\r\n')).message).to.match(
      /^The server \S+ answered 299$/,
    );
  });

  for (const status of [200, 204, 304, 400, 404, 426, 500, 503]) {
    it(`refuses ${status}`, async () => {
      const error = await refused(`HTTP/1.1 ${status} Words\r\nContent-Length: 0\r\n\r\n`);
      expect(error.response).to.include({ status, body: '' });
    });
  }

  it('reads a chunked body, and one that ends with the connection', async () => {
    const chunked = await refused(
      'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n',
    );
    expect(chunked.response?.body).to.equal('hello world');
    const untilEnd = await refused((socket) => socket.end('HTTP/1.0 403 No\r\n\r\nhello'));
    expect(untilEnd.response?.body).to.equal('hello');
  });

  it('keeps 64 KiB of a body that is larger, or has no end', async () => {
    const large = await refused(`HTTP/1.1 403 No\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`);
    expect(large.response?.body).to.equal('x'.repeat(64 * 1024));
    const endless = await refused((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const chunk = `1000\r\n${'y'.repeat(4096)}\r\n`;
      const more = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', more);
      more();
    });
    expect(endless.response?.body).to.equal('y'.repeat(64 * 1024));
  });

  it('cuts no character in two, and reads what is no UTF-8', async () => {
    // 64 KiB are 21845 characters of three bytes, and a byte.
    const body = Buffer.from('x€'.repeat(20_000));
    const cut = await refused((socket) => {
      socket.write(`HTTP/1.1 403 No\r\nContent-Length: ${body.length}\r\n\r\n`);
      for (let at = 0; at < body.length; at += 1001) socket.write(body.subarray(at, at + 1001));
    });
    expect('x€'.repeat(20_000).startsWith(cut.response!.body)).to.equal(true);
    expect(Buffer.byteLength(cut.response!.body)).to.be.within(64 * 1024 - 3, 64 * 1024);
    const latin = await refused('HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\na\xe9b');
    expect(latin.response?.body).to.equal('a\ufffdb');
  });

  it('says what it knows when the body is cut short, or late', async () => {
    const cut = await refused((socket) => socket.end('HTTP/1.1 403 No\r\nContent-Length: 10\r\n\r\nhello'));
    expect(cut.response?.body).to.equal('hello');
    const broken = await refused('HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense\r\n');
    expect(broken.response).to.include({ status: 403, body: 'hello' });
    const late = await refused('HTTP/1.1 403 No\r\nContent-Length: 10\r\n\r\nhello', { handshakeTimeout: 60 });
    expect(late.response?.body).to.equal('hello');
  });

  it('is what our own server says', async () => {
    const servers = new TestServers();
    closers.push(() => servers.close());
    const { port } = await servers.server();
    const connecting = connect(`ws://127.0.0.1:${port}`, { origin: 'https://other.example' });
    const error = await rejectionOf(HandshakeError, connecting);
    expect(error.message).to.match(
      /^The server \S+ answered 403 Forbidden: Pages of the origin "https:\/\/other.example" /,
    );
    expect(error.response?.body).to.include('other.example');
  });

  describe('gives as the reason', () => {
    const answers: Array<[what: string, type: string, body: string, words: string]> = [
      [
        'the first line of plain text',
        'text/plain; charset=utf-8',
        '\r\n  Cannot GET /ech\r\nbye',
        ': Cannot GET /ech',
      ],
      ['the error of JSON', 'application/json', '{"error":"log in"}', ': log in'],
      ['the message of JSON', 'application/problem+json', '{"error":"No","message":"log in\\nnow"}', ': log in'],
      ['what a terminal does not obey', 'text/plain', 'a\u001b[2Jb', ': a\\u001b[2Jb'],
      ['200 characters at most', 'text/plain', '😀'.repeat(201), `: ${'😀'.repeat(200)}…`],
      ['nothing of a page', 'text/html', '<p>No', ''],
      ['nothing of what is only called so', 'text/plainly', 'No', ''],
      ['nothing of an empty body', 'text/plain', ' \n', ''],
      ['nothing of JSON that is none', 'application/json', '{"error":', ''],
      ['nothing of JSON without words', 'application/json', 'null', ''],
      ['nothing of an error that is no text', 'application/json', '{"error":{"id":5}}', ''],
    ];
    for (const [what, type, body, words] of answers) {
      it(what, async () => {
        const server = await RawServer.listen((socket) =>
          socket.end(`HTTP/1.1 404 Not Found\r\nContent-Type: ${type}\r\n\r\n${body}`),
        );
        closers.push(() => server.close());
        const error = await rejectionOf(HandshakeError, connect(`${server.url}/ech?token=secret`));
        expect(error.message).to.equal(`The server ${server.url}/ech answered 404 Not Found${words}`);
      });
    }
  });
});
