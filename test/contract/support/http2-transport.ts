import { once } from 'node:events';
import http2, {
  type ClientHttp2Session,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import tls, { type TLSSocket } from 'node:tls';
import type { Express } from 'express';
import { connect } from '../../../src/client/connect';
import { serveHttp2 } from '../../../src/express/serve-http2';
import { certificates } from './certificates';
import type { Endpoint, Opening, OpeningHeaders, Transport } from './transport';

/** All WebSockets are streams of one connection with TLS, until a test breaks it: then the next one makes another. */
export class Http2Transport implements Transport {
  readonly name = 'HTTP/2';
  readonly whenCut = 'STREAM_RESET';
  readonly whenEnded = 'STREAM_ENDED';
  server!: Http2SecureServer;
  port = 0;
  /** What the server has got so far, the latest last. */
  readonly serverStreams: ServerHttp2Stream[] = [];
  readonly serverSessions: ServerHttp2Session[] = [];
  /** What is below the sessions, which themselves do not let it be touched. */
  readonly clientSockets: TLSSocket[] = [];
  readonly serverSockets: TLSSocket[] = [];
  private readonly clientSessions: ClientHttp2Session[] = [];
  private current: Promise<ClientHttp2Session> | undefined;

  constructor(private readonly options: SecureServerOptions = {}) {}

  async serve(app: Express): Promise<Endpoint> {
    const { server: identity } = await certificates();
    this.server = serveHttp2(app, { ...identity, ...this.options });
    this.server.on('secureConnection', (socket) => this.serverSockets.push(socket));
    this.server.on('session', (session) => this.serverSessions.push(session));
    this.server.on('stream', (stream) => this.serverStreams.push(stream));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return {
      origin: `https://127.0.0.1:${this.port}`,
      open: async (path, options) =>
        connect(`wss://127.0.0.1:${this.port}${path}`, { ...options, http2: await this.session() }),
      request: async (path, headers) => requestOver(await this.session(), path, headers),
      close: async () => {
        for (const session of [...this.clientSessions, ...this.serverSessions]) session.destroy();
        await new Promise((resolve) => this.server.close(resolve));
      },
    };
  }

  /** The session of the clients, ready for WebSockets. */
  async session(): Promise<ClientHttp2Session> {
    this.current ??= this.newSession();
    const { current } = this;
    const session = await current;
    if (!session.closed && !session.destroyed) return session;
    if (this.current === current) this.current = undefined;
    return this.session();
  }

  async newSession(): Promise<ClientHttp2Session> {
    const { authority: ca } = await certificates();
    const socket = tls.connect({ port: this.port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] });
    this.clientSockets.push(socket);
    const session = http2.connect(`https://127.0.0.1:${this.port}`, {
      createConnection: () => socket,
      // Megabytes. Node never gives back what waited in a stream that was reset: at 10 of them it opens no stream any more.
      maxSessionMemory: 1_000,
    });
    this.clientSessions.push(session);
    // Tests break sessions; they look at what becomes of the WebSockets.
    session.on('error', () => {});
    await once(session, 'remoteSettings');
    return session;
  }
}

/** An extended CONNECT (RFC 8441) by node:http2. */
export function requestOver(
  session: ClientHttp2Session,
  path: string,
  headers: OpeningHeaders = {},
  options: http2.ClientSessionRequestOptions = {},
): Promise<Opening> {
  const all: OutgoingHttpHeaders = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':path': path,
    'sec-websocket-version': '13',
  };
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) delete all[name.toLowerCase()];
    else all[name.toLowerCase()] = value;
  }
  const stream = session.request(all, { endStream: false, ...options });
  return new Promise((resolve, reject) => {
    // A reset is an answer, too; tests look at 'close'.
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('The stream was closed before it was answered')));
    stream.on('response', async (answered: IncomingHttpHeaders & { ':status'?: number }) => {
      const { ':status': status = 0 } = answered;
      if (status === 200) {
        resolve({ status, headers: answered, body: '', transport: stream });
        return;
      }
      const body = await text(stream);
      stream.close();
      resolve({ status, headers: answered, body, transport: null });
    });
  });
}
