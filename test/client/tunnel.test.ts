import net from 'node:net';
import tls from 'node:tls';
import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import type { ConnectOptions } from '../../src/client/options';
import { ConnectError, HandshakeError, InvalidOptionError, TimeoutError } from '../../src/protocol/errors';
import { serverText } from '../support/raw-client';
import { type Certificates, makeCertificates } from './support/certificates';
import { connecting } from './support/connecting';
import { acceptance, RawServer, type Script } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';
import { type ProxyAnswer, TestProxy } from './support/test-proxy';

const accept: Script = (socket, head) =>
  void socket.write(Buffer.concat([Buffer.from(acceptance(head)), serverText('hello')]));

describe('connect through an HTTP proxy', () => {
  const { closers, open } = connecting();
  const environment = { ...process.env };
  let certificates: Certificates;

  before(async () => {
    certificates = await makeCertificates();
  });

  afterEach(() => {
    process.env = { ...environment };
  });

  async function proxyWith(answer?: ProxyAnswer, secure?: boolean): Promise<TestProxy> {
    const proxy = await TestProxy.listen(answer, secure ? certificates.server : undefined);
    closers.push(() => proxy.close());
    return proxy;
  }

  async function server(script: Script = accept, secure = false): Promise<RawServer> {
    const raw = await RawServer.listen(script, secure ? tls.createServer(certificates.server) : net.createServer());
    closers.push(() => raw.close());
    return raw;
  }

  it('opens a tunnel for ws: as for wss:', async () => {
    const proxy = await proxyWith();
    const plain = await server();
    const secure = await server(accept, true);
    const first = await open(`ws://server.example:${plain.port}/`, { proxy: proxy.url });
    expect(await first.receive()).to.equal('hello');
    const tlsOptions = { ca: certificates.authority, servername: 'localhost' };
    const second = await open(`wss://server.example:${secure.port}/`, { proxy: new URL(proxy.url), tls: tlsOptions });
    expect(await second.receive()).to.equal('hello');
    expect(proxy.authorities).to.deep.equal([`server.example:${plain.port}`, `server.example:${secure.port}`]);
    const [request] = proxy.requests;
    expect(request?.headers).to.include({ host: `server.example:${plain.port}` });
    expect(request?.headers).not.to.have.any.keys(
      'authorization',
      'proxy-authorization',
      'sec-websocket-key',
      'cookie',
    );
  });

  it('names the port, also where it is the scheme’s own, and an IPv6 address in brackets', async () => {
    const proxy = await proxyWith(() => 'HTTP/1.1 403 Forbidden\r\n\r\n');
    for (const url of ['ws://a.example', 'wss://a.example', 'ws://[2001:db8::1]/']) {
      await rejectionOf(HandshakeError, connect(url, { proxy: proxy.url }));
    }
    expect(proxy.authorities).to.deep.equal(['a.example:80', 'a.example:443', '[2001:db8::1]:80']);
  });

  it('logs in with user and password of the proxy’s URL, and tells them nobody else', async () => {
    const proxy = await proxyWith((request) =>
      request.headers['proxy-authorization'] === `Basic ${btoa('me:p@ss')}`
        ? null
        : 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno',
    );
    const raw = await server();
    const url = new URL(proxy.url);
    const error = await rejectionOf(HandshakeError, connect(`ws://a.example:${raw.port}`, { proxy: url }));
    expect(error.message).to.equal(
      `The proxy ${proxy.url} answered 407 Proxy Authentication Required; user and password go into its URL`,
    );
    expect(error).to.include({ code: 'PROXY_REFUSED', status: 407 });
    expect(error.response).to.deep.include({ status: 407, body: '' });
    expect(error.response?.headers).to.include({ 'proxy-authenticate': 'Basic' });
    await proxy.allClosed();

    url.username = 'me';
    url.password = 'p@ss';
    await open(`ws://a.example:${raw.port}`, { proxy: url });
    expect(raw.heads[0]).not.to.match(/proxy-authorization/i);
  });

  it('shows no password of a proxy', async () => {
    const proxy = await proxyWith(() => 'HTTP/1.1 403 Forbidden\r\n\r\n');
    const url = proxy.url.replace('://', '://me:secret@');
    expect((await rejectionOf(HandshakeError, connect('ws://a.example', { proxy: url }))).message).to.equal(
      `The proxy ${proxy.url} answered 403 Forbidden`,
    );
  });

  it('goes over TLS to an https: proxy, with TLS inside for wss:, and keeps the client’s certificate for the server', async () => {
    const proxy = await proxyWith(undefined, true);
    const options = { ca: certificates.authority, ...certificates.client };
    const plain = await server();
    const first = await open(`ws://a.example:${plain.port}/`, { proxy: proxy.url, tls: options });
    expect(await first.receive()).to.equal('hello');

    const secure = await RawServer.listen(
      accept,
      tls.createServer({
        ...certificates.server,
        ca: certificates.authority,
        requestCert: true,
        rejectUnauthorized: true,
      }),
    );
    closers.push(() => secure.close());
    const inner = { ...options, servername: 'localhost' };
    const second = await open(`wss://a.example:${secure.port}/`, { proxy: proxy.url, tls: inner });
    expect(await second.receive()).to.equal('hello');
    const [seen] = secure.sockets as tls.TLSSocket[];
    expect(seen?.getPeerCertificate().subject).to.include({ CN: 'a client' });
  });

  it('says whether it was the proxy that is not trusted, or not there', async () => {
    const proxy = await proxyWith(undefined, true);
    const untrusted = await rejectionOf(ConnectError, connect('wss://a.example', { proxy: proxy.url }));
    expect(untrusted.message).to.include(`Could not connect to the proxy ${proxy.url}: `);
    await proxy.allClosed();
    const gone = await rejectionOf(ConnectError, connect('wss://a.example', { proxy: 'http://127.0.0.1:1' }));
    expect(gone).to.include({ code: 'ECONNREFUSED' });
    expect(gone.message).to.include('Could not connect to the proxy http://127.0.0.1:1: ');
  });

  it('loses no bytes that came behind the answer of the proxy', async () => {
    // It needs a server that speaks before it is asked: the whole handshake's answer, for a key that it cannot know.
    const proxy = await RawServer.listen((socket) =>
      socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nearly'),
    );
    closers.push(() => proxy.close());
    const url = `http://127.0.0.1:${proxy.port}`;
    const error = await rejectionOf(HandshakeError, connect('ws://a.example', { proxy: url }));
    expect(error.message).to.match(/^The server \S+ answered 403 Forbidden$/);
    expect(error.response?.body).to.equal('early');
    await proxy.allClosed();
  });

  it('reads an answer of the proxy that is no HTTP, without an end, or none', async () => {
    const answers: Array<[Script, string]> = [
      [(socket) => socket.write('SOCKS?\r\n\r\n'), 'INVALID_RESPONSE'],
      [(socket) => socket.write(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`), 'HEAD_TOO_LARGE'],
      [(socket) => socket.end(), 'ECONNRESET'],
      [() => {}, 'HANDSHAKE_TIMEOUT'],
    ];
    for (const [script, code] of answers) {
      const proxy = await server(script);
      const connecting = connect('ws://a.example', { proxy: `127.0.0.1:${proxy.port}`, handshakeTimeout: 100 });
      const error = (await rejectionOf(Error, connecting)) as Error & { code: string };
      expect(error.code).to.equal(code);
      if (code !== 'HANDSHAKE_TIMEOUT') expect(error.message).to.include(`the proxy http://127.0.0.1:${proxy.port}`);
      await proxy.allClosed();
    }
  });

  it('gives up inside the tunnel, and leaves nothing open', async () => {
    const proxy = await proxyWith();
    const silent = await server(() => {});
    const silentTls = await server(() => {}, false);
    const handshakeTimeout = 60;
    const plain = `ws://a.example:${silent.port}`;
    await rejectionOf(TimeoutError, connect(plain, { proxy: proxy.url, handshakeTimeout }));
    await rejectionOf(
      TimeoutError,
      connect(`wss://a.example:${silentTls.port}`, { proxy: proxy.url, handshakeTimeout }),
    );
    await proxy.allClosed();
    expect(proxy.open).to.equal(0);
  });

  it('notices a tunnel that is cut while TLS begins', async () => {
    const proxy = await proxyWith();
    const raw = await RawServer.listen(() => {});
    closers.push(() => raw.close());
    raw.server.on('connection', (socket) => socket.once('data', () => socket.destroy()));
    const error = await rejectionOf(ConnectError, connect(`wss://a.example:${raw.port}`, { proxy: proxy.url }));
    expect(error.code).to.equal('ECONNRESET');
    await proxy.allClosed();
  });

  it('asks the environment, unless the option says otherwise', async () => {
    const proxy = await proxyWith();
    const raw = await server();
    const lookup: NonNullable<ConnectOptions['lookup']> = (_host, options, callback) => {
      if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    };
    const url = `ws://a.example:${raw.port}`;
    process.env.http_proxy = proxy.url;
    await open(url, { lookup });
    expect(proxy.authorities).to.have.length(1);
    await open(url, { lookup, proxy: false });
    process.env.no_proxy = '.example';
    await open(url, { lookup });
    delete process.env.no_proxy;
    await open(`ws://localhost:${raw.port}`, {});
    expect(proxy.authorities).to.have.length(1);
    process.env.http_proxy = 'socks5://a';
    const error = await rejectionOf(InvalidOptionError, connect(url));
    expect(error.message).to.include('The environment variable http_proxy must begin with http:// or https://');
  });

  it('goes to a Unix socket without a proxy', async () => {
    process.env.http_proxy = 'http://127.0.0.1:1';
    const error = await rejectionOf(ConnectError, connect('ws://a.example', { socketPath: '/nowhere/x.sock' }));
    expect(error.message).to.include('Could not connect to the socket /nowhere/x.sock: ');
  });
});
