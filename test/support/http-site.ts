import { once } from 'node:events';
import http from 'node:http';
import http2, {
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Stream } from 'node:stream';
import type { Express } from 'express';
import { serveHttp2 } from '../../src/express/serve-http2';
import { type Switchboard, switchboard } from '../../src/express/switchboard';
import { type Certificates, makeCertificates } from '../client/support/certificates';
import { expressVersions } from './express-apps';
import { type Answer, type Exchange, type HttpClient, send, type WholeRequest } from './http-client';
import { Http1Client } from './http1-client';
import { Http2Client } from './http2-client';

/** How an app is reached. What HTTP/2 answers otherwise is said by the tests, with the version as the key. */
export interface HttpRow {
  name: string;
  /** What `req.httpVersion` says. */
  version: '1.1' | '2.0';
  /** Whether there is TLS, which `req.secure` and `req.protocol` show. */
  secure: boolean;
  serve(app: Express, board: Switchboard, certificates: Certificates): Server;
}

/** All ways to reach an app. */
export const httpRows: readonly HttpRow[] = [
  {
    name: 'HTTP/1.1',
    version: '1.1',
    secure: false,
    serve: (app) => http.createServer(app),
  },
  {
    name: 'HTTP/1.1 over TLS',
    version: '1.1',
    secure: true,
    serve: (app, _board, { server }) => serveHttp2(app, server),
  },
  {
    name: 'HTTP/2 over TLS',
    version: '2.0',
    secure: true,
    serve: (app, board, { server }) => attached(board, http2.createSecureServer(server, asHttp2Listener(app))),
  },
  {
    name: 'h2c',
    version: '2.0',
    secure: false,
    serve: (app, board) => attached(board, http2.createServer(asHttp2Listener(app))),
  },
];

function attached<Attached extends Http2SecureServer | Http2Server>(board: Switchboard, server: Attached): Attached {
  board.attach(server);
  return server;
}

/** To the types of node:http2 an app is no listener, as it is none without a board. */
function asHttp2Listener(app: Express): (request: Http2ServerRequest, response: Http2ServerResponse) => void {
  return app as unknown as ReturnType<typeof asHttp2Listener>;
}

/** The same for all: making them takes a second. */
let certificates: Promise<Certificates> | undefined;

/** Describes the same behaviour for each Express over each way to reach it. Each test has an app of its own. */
export function describeOverHttp(title: string, define: (site: HttpSite) => void): void {
  for (const [version, express] of expressVersions) {
    for (const row of httpRows) {
      describe(`${title} (${version}, ${row.name})`, () => {
        const site = new HttpSite(version, express, row);
        before(async function () {
          this.timeout(60_000);
          await site.certify();
        });
        beforeEach(() => site.start());
        afterEach(() => site.close());
        define(site);
      });
    }
  }
}

/** An app, what it listens on, and its clients. */
export class HttpSite {
  app!: Express;
  server!: Server;
  certificates!: Certificates;
  /** How many connections were accepted. */
  connections = 0;
  private board!: Switchboard;
  private client: HttpClient | undefined;
  private readonly clients: HttpClient[] = [];
  private readonly sockets = new Set<Socket>();

  constructor(
    readonly expressVersion: string,
    readonly express: typeof import('express'),
    readonly row: HttpRow,
  ) {}

  /** Has certificates made, once for a run: what `start()` needs. */
  async certify(): Promise<void> {
    certificates ??= makeCertificates();
    this.certificates = await certificates;
  }

  /** An app without routes, already served. It shows no stacks and writes no log. */
  async start(): Promise<void> {
    this.app = this.express();
    this.app.set('env', 'test');
    this.board = switchboard(this.app);
    this.server = this.row.serve(this.app, this.board, this.certificates);
    this.connections = 0;
    this.server.on('connection', (socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.row.secure ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** Another client, with connections of its own. */
  connect(): HttpClient {
    const authority = this.row.secure ? this.certificates.authority : undefined;
    const client =
      this.row.version === '1.1' ? new Http1Client(this.port, authority) : new Http2Client(this.port, authority);
    this.clients.push(client);
    return client;
  }

  /** Sends a request without a body, or leaves the body open when `ended` is false, by the client that a test has anyway. */
  open(head: Parameters<HttpClient['open']>[0], ended = false): Exchange {
    this.client ??= this.connect();
    return this.client.open(head, ended);
  }

  /** Sends a whole request by the client that a test has anyway. */
  send(request: WholeRequest): Exchange {
    this.client ??= this.connect();
    return send(this.client, request);
  }

  /** Sends a whole request and reads the whole answer. */
  ask(request: WholeRequest): Promise<Answer> {
    return this.send(request).answer();
  }

  get(path: string, headers: WholeRequest['headers'] = {}): Promise<Answer> {
    return this.ask({ path, headers });
  }

  /** Cuts the connections of the client that a test has anyway; the next request makes new ones. */
  disconnect(): void {
    this.client?.close();
    this.client = undefined;
  }

  async close(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    this.client = undefined;
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await this.board.close();
  }
}

/** Resolves when a stream is closed, after an error as well, which `once()` of node:events would reject with. */
export function whenClosed(stream: Stream): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}
