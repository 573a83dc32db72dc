import { once } from 'node:events';
import http2, {
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { resolveConnectionOptions } from '../../../src/connection/options';
import { WebSocketConnection } from '../../../src/connection/websocket-connection';
import type { Certificate } from './certificates';

/** What is done with a request. */
export type StreamScript = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

interface ServerOptions {
  /** With TLS; without it HTTP/2 is expected without asking. */
  certificate?: Certificate;
  /** Whose signature the certificate of a client must have; without it none is wanted. */
  clientAuthority?: string;
  /** Also to whoever does not speak HTTP/2: what is done with an upgrade request. */
  http1?: (socket: Socket, key: string) => void;
  settings?: http2.Settings;
}

/** A plain server of node:http2: it answers what its script says, and knows what is still open. */
export class Http2TestServer {
  /** The requests that came, in order, and their streams. */
  readonly requests: IncomingHttpHeaders[] = [];
  readonly streams: ServerHttp2Stream[] = [];
  readonly sessions: ServerHttp2Session[] = [];
  /** Codes of the GOAWAY frames that came. */
  readonly goaways: number[] = [];
  readonly sockets: Socket[] = [];
  private readonly wake: Array<() => void> = [];

  private constructor(
    private readonly server: Http2Server,
    private readonly scheme: 'ws' | 'wss',
    private readonly script: StreamScript,
  ) {
    server.on('connection', (socket: Socket) => {
      this.sockets.push(socket);
      socket.on('error', () => {}).on('close', () => this.awaken());
      this.awaken();
    });
    server.on('session', (session) => this.accept(session));
    server.on('stream', (stream, headers) => this.receive(stream, headers));
  }

  static async listen(script: StreamScript, options: ServerOptions = {}): Promise<Http2TestServer> {
    const { certificate, clientAuthority, http1, settings = { enableConnectProtocol: true } } = options;
    const server =
      certificate === undefined
        ? http2.createServer({ settings })
        : (http2.createSecureServer({
            ...certificate,
            ...(clientAuthority !== undefined && { ca: clientAuthority, requestCert: true }),
            settings,
            allowHTTP1: http1 !== undefined,
          }) as unknown as Http2Server);
    // A client that goes away while TLS begins.
    server.on('tlsClientError', () => {});
    server.on('upgrade', (request, socket) => http1?.(socket, request.headers['sec-websocket-key'] ?? ''));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Http2TestServer(server, certificate === undefined ? 'ws' : 'wss', script);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.scheme}://localhost:${this.port}`;
  }

  /** The same place for `http2.connect()`. */
  get authority(): string {
    return this.url.replace(/^ws/, 'http');
  }

  /** Resolves when this is so: it is looked at whenever something has come, or closed. */
  async until(condition: (server: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  /** Resolves when every connection that was accepted is closed: the client has let go of it. */
  async allClosed(): Promise<void> {
    await this.until(() => this.sockets.every((socket) => socket.closed) && this.streams.every(({ closed }) => closed));
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(session: ServerHttp2Session): void {
    this.sessions.push(session);
    session.on('error', () => {}).on('close', () => this.awaken());
    session.on('goaway', (code) => {
      this.goaways.push(code);
      this.awaken();
    });
    this.awaken();
  }

  private receive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.requests.push(headers);
    this.streams.push(stream);
    stream.on('error', () => {}).on('close', () => this.awaken());
    this.script(stream, headers);
    this.awaken();
  }

  private awaken(): void {
    for (const resume of this.wake.splice(0)) resume();
  }
}

/** Opens a WebSocket on the stream of an extended CONNECT. */
export function acceptStream(stream: ServerHttp2Stream, headers: Record<string, string> = {}): WebSocketConnection {
  stream.respond({ ':status': 200, ...headers });
  const options = resolveConnectionOptions('test()', { pingInterval: false });
  return new WebSocketConnection(stream, { role: 'server', options });
}

/** The same, and sends back what comes. */
export const echoStream: StreamScript = (stream) => {
  const connection = acceptStream(stream);
  connection.on('message', (data) => connection.send(data));
};
