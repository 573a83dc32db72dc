import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import type { ConnectOptions } from '../../src/client/options';
import { ConnectError, InvalidOptionError, TimeoutError } from '../../src/protocol/errors';
import { serverText } from '../support/raw-client';
import { type Certificates, makeCertificates } from './support/certificates';
import { connecting } from './support/connecting';
import { acceptance, headerOf, RawServer, type Script } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';

const accept: Script = (socket, head) =>
  void socket.write(Buffer.concat([Buffer.from(acceptance(head)), serverText('hello')]));

describe('openTransport', () => {
  const { closers, open } = connecting();
  let certificates: Certificates;

  before(async () => {
    certificates = await makeCertificates();
  });

  async function listen(server?: net.Server, where?: object): Promise<RawServer> {
    const raw = await RawServer.listen(accept, server, where);
    closers.push(() => raw.close());
    return raw;
  }

  describe('over TLS', () => {
    const secure = (options: tls.TlsOptions = {}) => listen(tls.createServer({ ...certificates.server, ...options }));

    it('trusts the authority of the option, and says the server’s name', async () => {
      const server = await secure({ ALPNProtocols: ['h2', 'http/1.1'] });
      const ca = certificates.authority;
      const connection = await open(`wss://localhost:${server.port}/`, { tls: { ca } });
      expect(await connection.receive()).to.equal('hello');
      const [socket] = server.sockets as Array<tls.TLSSocket & { servername?: string }>;
      expect(socket).to.include({ servername: 'localhost', alpnProtocol: 'http/1.1' });
      expect(headerOf(server.heads[0]!, 'Host')).to.equal(`localhost:${server.port}`);
      await open(`https://127.0.0.1:${server.port}/`, { tls: { ca } });
      expect((server.sockets[1] as typeof socket)?.servername).to.equal(false);
    });

    it('trusts nobody else', async () => {
      const server = await secure();
      const error = await rejectionOf(ConnectError, connect(`wss://localhost:${server.port}/`));
      expect(error.code).to.equal('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      expect(error.message).to.match(/^Could not connect to wss:\/\/localhost:\d+: .* \(tls: \{ ca \} makes/);
      expect(error.cause).to.include({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
      await server.allClosed();
      const ca = certificates.client.cert;
      await rejectionOf(ConnectError, connect(`wss://localhost:${server.port}/`, { tls: { ca } }));
    });

    it('refuses a certificate for another name', async () => {
      const server = await secure();
      const options = { tls: { ca: certificates.authority, servername: 'other.example' } };
      const error = await rejectionOf(ConnectError, connect(`wss://localhost:${server.port}/`, options));
      expect(error.code).to.equal('ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('looks away where that is demanded', async () => {
      const server = await secure();
      await open(`wss://localhost:${server.port}/`, { tls: { rejectUnauthorized: false } });
    });

    it('shows the client’s certificate to a server that wants one', async () => {
      const ca = certificates.authority;
      const server = await secure({ ca, requestCert: true, rejectUnauthorized: true });
      await open(`wss://localhost:${server.port}/`, { tls: { ca, ...certificates.client } });
      const [socket] = server.sockets as tls.TLSSocket[];
      expect(socket?.getPeerCertificate().subject).to.include({ CN: 'a client' });
      const error = await rejectionOf(ConnectError, connect(`wss://localhost:${server.port}/`, { tls: { ca } }));
      expect(error.code).to.match(/CERTIFICATE_REQUIRED|ECONNRESET/);
    });

    it('says what node:tls says of its options', async () => {
      const server = await secure();
      const connecting = connect(`wss://localhost:${server.port}/`, { tls: { key: 'no key', cert: 'no cert' } });
      const error = await rejectionOf(InvalidOptionError, connecting);
      expect(error.message).to.match(/^Option 'tls' cannot be used: /);
    });

    it('guesses that the server has no TLS', async () => {
      const server = await RawServer.listen(() => {});
      closers.push(() => server.close());
      server.server.on('connection', (socket: net.Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
      const error = await rejectionOf(ConnectError, connect(`wss://localhost:${server.port}/`));
      expect(error.message).to.include('does it speak TLS at all? If not, its URL begins with ws://');
      await server.allClosed();
    });

    it('gives up at the deadline, and at a signal, while TLS begins', async () => {
      const server = await RawServer.listen(() => {});
      closers.push(() => server.close());
      const url = `wss://localhost:${server.port}/`;
      await rejectionOf(TimeoutError, connect(url, { handshakeTimeout: 40 }));
      const controller = new AbortController();
      const connecting = rejectionOf(Error, connect(url, { signal: controller.signal }));
      await server.accepted(2);
      controller.abort(new Error('enough'));
      expect((await connecting).message).to.equal('enough');
      await server.allClosed();
    });
  });

  describe('over TCP', () => {
    it('looks the name up as it is told to', async () => {
      const server = await listen();
      const asked: string[] = [];
      const lookup: NonNullable<ConnectOptions['lookup']> = (host, options, callback) => {
        asked.push(host);
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      };
      await open(`ws://somewhere.test:${server.port}/`, { lookup, family: 4, localAddress: '127.0.0.1' });
      expect(asked).to.deep.equal(['somewhere.test']);
    });

    it('takes IPv6 addresses', async function () {
      const server = net.createServer();
      const hasIPv6 = await new Promise((resolve) => {
        server.once('error', () => resolve(false)).listen(0, '::1', () => resolve(true));
      });
      if (!hasIPv6) this.skip();
      await new Promise((resolve) => server.close(resolve));
      const raw = await listen(net.createServer(), { host: '::1', port: 0 });
      await open(`ws://[::1]:${raw.port}/`, {});
      expect(headerOf(raw.heads[0]!, 'Host')).to.equal(`[::1]:${raw.port}`);
    });

    it('sends without delay', async () => {
      const server = await listen();
      const { connect: dial } = net;
      const asked: unknown[] = [];
      net.connect = ((options: net.NetConnectOpts) => {
        asked.push('noDelay' in options && options.noDelay);
        return dial(options);
      }) as typeof dial;
      try {
        await open(server.url, {});
      } finally {
        net.connect = dial;
      }
      expect(asked).to.deep.equal([true]);
    });

    it('gives up at a signal while TCP connects', async () => {
      const server = await listen();
      const controller = new AbortController();
      const connecting = connect(server.url, { signal: controller.signal });
      controller.abort(new Error('enough'));
      expect((await rejectionOf(Error, connecting)).message).to.equal('enough');
      await server.allClosed();
    });
  });

  describe('over a Unix socket', () => {
    let folder: string;

    before(function () {
      if (process.platform === 'win32') this.skip();
      folder = mkdtempSync(path.join(tmpdir(), 'switchboard-'));
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    it('connects by option, and by URL', async () => {
      const socketPath = path.join(folder, 'a b.sock');
      const server = await listen(net.createServer(), { path: socketPath });
      const first = await open('ws://api.example/chat', { socketPath });
      expect(await first.receive()).to.equal('hello');
      await open(`ws+unix://${encodeURI(socketPath)}:/chat?x=1`, {});
      const [byOption = '', byUrl = ''] = server.heads;
      expect(byOption).to.match(/^GET \/chat HTTP/);
      expect(headerOf(byOption, 'Host')).to.equal('api.example');
      expect(byUrl).to.match(/^GET \/chat\?x=1 HTTP/);
      expect(headerOf(byUrl, 'Host')).to.equal('localhost');
    });

    it('says when nobody is there', async () => {
      const socketPath = path.join(folder, 'nobody.sock');
      const error = await rejectionOf(ConnectError, connect('ws://localhost', { socketPath }));
      expect(error).to.include({ code: 'ENOENT' });
      expect(error.message).to.include(`Could not connect to the socket ${socketPath}: `);
    });
  });
});
