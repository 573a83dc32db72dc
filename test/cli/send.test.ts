import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import { makeCertificates } from '../client/support/certificates';
import { acceptance, RawServer } from '../client/support/raw-server';
import { CliProcess } from '../support/cli-process';

describe('switchboard send', () => {
  let server: WebSocketServer;
  let url: string;
  let received: { data: string; isBinary: boolean }[];
  let serve: (socket: WebSocket) => void;
  let closed: Promise<number>;

  beforeEach(async () => {
    received = [];
    serve = (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    closed = new Promise((resolve) => {
      server.on('connection', (socket) => {
        socket.on('message', (data, isBinary) => received.push({ data: String(data), isBinary }));
        socket.on('close', (code) => resolve(code));
        serve(socket);
      });
    });
    await once(server, 'listening');
    url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends its arguments in order, prints the answers, and closes in order', async () => {
    const result = await CliProcess.run(['send', url, 'one', 'two', '--count', '2']);
    expect(result).to.deep.equal({ code: 0, stdout: 'one\ntwo\n', stderr: '' });
    expect(await closed).to.equal(1000);
  });

  it('waits for nothing but the closing handshake where nothing is to be waited for', async () => {
    serve = () => {};
    expect(await CliProcess.run(['send', url, 'hello'])).to.deep.equal({ code: 0, stdout: '', stderr: '' });
    expect(received).to.deep.equal([{ data: 'hello', isBinary: false }]);
    expect(await closed).to.equal(1000);
  });

  it('sends the lines of standard input, where nothing else is said, and at a dash', async () => {
    expect((await CliProcess.run(['send', url, '-n', '2'], 'a\r\nb')).stdout).to.equal('a\nb\n');
    expect((await CliProcess.run(['send', url, 'x', '-', 'y', '-n', '3'], 'a\n')).stdout).to.equal('x\na\ny\n');
  });

  it('sends files and all of standard input as one message each, texts or binary', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'cli-'));
    try {
      const file = path.join(folder, 'file');
      await writeFile(file, 'one\ntwo\n');
      await CliProcess.run(['send', url, '--file', file, '--stdin', '-n', '2'], 'é'.repeat(100_000));
      expect(received).to.deep.equal([
        { data: 'one\ntwo\n', isBinary: false },
        { data: 'é'.repeat(100_000), isBinary: false },
      ]);
      const { stdout } = await CliProcess.run(['send', url, '--binary', '--file', file, '-n', '1']);
      expect(stdout).to.equal(`${Buffer.from('one\ntwo\n').toString('hex')}\n`);
      const none = await CliProcess.run(['send', url, 'hello', '--file', path.join(folder, 'none')]);
      expect(none.stderr).to.contain('cannot be read: ENOENT');
      expect(none.code).to.equal(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses to send as text what is none', async () => {
    const cli = new CliProcess(['send', url, '--stdin']);
    cli.child.stdin.end(Buffer.from([0xff]));
    const { code, stderr } = await cli.ended();
    expect(stderr).to.contain('Standard input is not text in UTF-8: --binary sends it as it is');
    expect(code).to.equal(2);
  });

  it('ends with 0 when a message is as expected, and with 4 when none is in time', async () => {
    expect((await CliProcess.run(['send', url, 'ready', '--expect', '/^re/'])).code).to.equal(0);
    const { code, stdout, stderr } = await CliProcess.run(['send', url, 'hello', '-e', 'bye', '-t', '50ms']);
    expect({ code, stdout }).to.deep.equal({ code: 4, stdout: 'hello\n' });
    expect(stderr).to.contain('1 message came, and none was "bye"');
  });

  it('ends with 4 when the server closes in order before that, and with 5 when it does not', async () => {
    serve = (socket) => socket.close(1000, 'enough');
    const orderly = await CliProcess.run(['send', url, 'hello', '-n', '1']);
    expect(orderly.code).to.equal(4);
    expect(orderly.stderr).to.contain('The server closed the connection with 1000 (normal closure) "enough"');
    serve = (socket) => socket.close(4001, 'token expired');
    const refused = await CliProcess.run(['send', url, 'hello', '-n', '1']);
    expect(refused.code).to.equal(5);
    expect(refused.stderr).to.contain('with 4001 (application) "token expired"');
    serve = (socket) => socket.terminate();
    const lost = await CliProcess.run(['send', url, 'hello', '-n', '1']);
    expect(lost.code).to.equal(5);
    expect(lost.stderr).to.contain('The connection was lost');
  });

  it('stops reading standard input when the server closes', async () => {
    serve = (socket) => socket.on('message', () => socket.close(1001));
    const cli = new CliProcess(['send', url, '-']);
    cli.child.stdin.write('one\n');
    const { code, stderr } = await cli.ended();
    expect(code).to.equal(5);
    expect(stderr).to.contain('before everything was sent');
  });

  it('ends with 3 where nobody listens, and where the server refuses', async () => {
    const refusing = http.createServer().listen(0, '127.0.0.1');
    refusing.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 No\x1b[31m\r\nContent-Length: 0\r\n\r\n'));
    await once(refusing, 'listening');
    const { port } = refusing.address() as AddressInfo;
    const refused = await CliProcess.run(['send', `:${port}`, 'x']);
    refusing.close();
    await once(refusing, 'close');
    expect(refused.code).to.equal(3);
    expect(refused.stderr).not.to.contain('\x1b');
    const nobody = await CliProcess.run(['send', `127.0.0.1:${port}`, 'x']);
    expect(nobody.code).to.equal(3);
    expect(nobody.stderr).to.contain('ECONNREFUSED').and.not.contain(' at ');
  });

  it('ends with 130 when it is interrupted before it was done, in order', async () => {
    serve = (socket) => socket.send('first');
    const cli = new CliProcess(['send', url, 'x', '-n', '5']);
    await cli.printed(/first/);
    expect(await cli.stop('SIGINT')).to.deep.equal({ code: 130, stdout: 'first\n', stderr: '' });
    expect(await closed).to.equal(1000);
  });

  it('sends headers, origin, credentials and subprotocols', async () => {
    const [, request] = await Promise.all([
      CliProcess.run([
        'send',
        url,
        'x',
        '-H',
        'X-One: 1',
        '-H',
        'X-Two:2',
        '-o',
        'http://a.b',
        '-a',
        'me:pw',
        '-s',
        'p',
        '-s',
        'q',
      ]),
      once(server, 'connection').then(([, upgrade]) => upgrade as http.IncomingMessage),
    ]);
    expect(request.headers).to.include({
      'x-one': '1',
      'x-two': '2',
      origin: 'http://a.b',
      authorization: `Basic ${Buffer.from('me:pw').toString('base64')}`,
      'sec-websocket-protocol': 'p, q',
    });
  });

  it('goes through a proxy', async () => {
    const asked: string[] = [];
    const proxy = http.createServer().listen(0, '127.0.0.1');
    proxy.on('connect', (request, socket) => {
      asked.push(request.url!);
      const [host, port] = request.url!.split(':');
      const target = net.connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const { code } = await CliProcess.run(['send', url, 'x', '-n', '1', '--proxy', `http://127.0.0.1:${port}`]);
    proxy.close();
    expect({ code, asked }).to.deep.equal({ code: 0, asked: [url] });
  });

  it('trusts the certificates that it is told to, and no others', async () => {
    const { authority, server: certificate } = await makeCertificates();
    const secure = https.createServer(certificate);
    const sockets = new WebSocketServer({ server: secure });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const folder = await mkdtemp(path.join(os.tmpdir(), 'cli-'));
    try {
      const file = path.join(folder, 'ca.pem');
      await writeFile(file, authority);
      const at = `wss://localhost:${(secure.address() as AddressInfo).port}`;
      const refused = await CliProcess.run(['send', at, 'x', '-n', '1']);
      expect(refused.code).to.equal(3);
      expect(refused.stderr).to.contain('--insecure');
      for (const option of [['--insecure'], ['--cacert', file]]) {
        expect((await CliProcess.run(['send', at, 'x', '-n', '1', ...option])).stdout, option[0]).to.equal('x\n');
      }
    } finally {
      await rm(folder, { recursive: true });
      sockets.close();
      await new Promise((resolve) => secure.close(resolve));
    }
  });

  it('shows nothing of a hostile server as it is', async () => {
    serve = (socket) => {
      socket.send('\x1b]0;owned\x07\x9b31m\u202egpj.exe\n');
      socket.on('message', () => socket.close(4000, '\x1b[2Jbye'));
    };
    const { stdout, stderr } = await CliProcess.run(['send', url, 'x', '-n', '2']);
    expect(stdout).to.equal('\\x1b]0;owned\\x07\\x9b31m\\u202egpj.exe\\n\n');
    expect(stderr).to.not.contain('\x1b');
  });

  it('ends with 5 for a server that breaks the protocol', async () => {
    const hostile = await RawServer.listen((socket, head) => {
      socket.write(acceptance(head));
      socket.write(Buffer.from([0xf1, 0x01, 0x61]));
    });
    const { code, stderr } = await CliProcess.run(['send', hostile.url, 'x', '-n', '1']);
    await hostile.close();
    expect(code).to.equal(5);
    expect(stderr).to.contain('1002 (protocol error)');
  });
});
