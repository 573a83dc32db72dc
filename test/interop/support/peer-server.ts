import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import express, { type Express } from 'express';
import {
  type Closure,
  type Switchboard,
  type SwitchboardOptions,
  switchboard,
  type WebSocketConnection,
} from '../../../src';

/** The options of a server that compresses all that it sends. */
export const compressing: SwitchboardOptions = { perMessageDeflate: { threshold: 0 } };

/** How a request came to the server. */
export interface Arrival {
  readonly path: string;
  readonly isWebSocket: boolean;
  /** What `req.httpVersion` says. */
  readonly version: string;
  /** The client's port, which is another one for each of its connections. */
  readonly port: number | undefined;
  /** The host that the client named. */
  readonly host: string | undefined;
}

/** An app of ours whose routes do what a peer has to cope with; peers are its clients. */
export class PeerServer {
  readonly app: Express = express();
  readonly board: Switchboard;
  readonly server: Server;
  /** The requests that came, WebSockets and others. */
  readonly arrivals: Arrival[] = [];
  /** How many connections were accepted. */
  connections = 0;
  private readonly closures = new Map<string, Promise<Closure>>();
  private readonly sockets = new Set<Socket>();

  /** @param serve makes the server of the app; without it one of node:http */
  constructor(options: SwitchboardOptions = {}, serve: (app: Express) => Server = (app) => http.createServer(app)) {
    this.app.set('env', 'test');
    this.board = switchboard(this.app, options);
    this.app.use((request, _response, next) => {
      this.arrivals.push(arrivalOf(request));
      next();
    });
    this.board.on('connection', (socket, request) => {
      const id = new URL(request.url ?? '/', 'http://localhost').searchParams.get('id');
      if (id !== null) this.closures.set(id, socket.closed);
    });
    this.addRoutes();
    this.server = serve(this.app);
    this.server.on('connection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Where it listens, to put behind `ws:` or `http:`. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async listen(port = 0): Promise<this> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  /** How the connection with `?id=` ended. */
  async closure(id: string): Promise<Pick<Closure, 'code' | 'reason' | 'initiator'>> {
    const closed = this.closures.get(id);
    if (closed === undefined) throw new Error(`There was no connection with id=${id}`);
    const { code, reason, initiator } = await closed;
    return { code, reason, initiator };
  }

  /** Ends as a process that crashes: no goodbye to anybody. */
  async crash(): Promise<void> {
    const closed = once(this.server, 'close');
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await closed;
  }

  async close(): Promise<void> {
    if (this.server.listening) await this.crash();
    await this.board.close();
  }

  private addRoutes(): void {
    const { app } = this;
    app.ws('/echo', { subprotocols: ['chat.v1', 'chat.v2'] }, echo);
    app.ws('/wire', (socket, { socket: { remotePort } }) => {
      // Of streams of HTTP/2 nobody counts the bytes, but of the connection below.
      const transport = [...this.sockets].find((each) => each.remotePort === remotePort);
      socket.on('message', (data) => {
        if (data !== 'wire?') socket.send(data);
        else socket.send(JSON.stringify({ read: transport?.bytesRead, written: transport?.bytesWritten }));
      });
    });
    app.ws('/small', { maxMessageSize: 1_024 }, echo);
    app.ws('/for-guests', { allowedOrigins: ['http://127.0.0.1:*', 'https://127.0.0.1:*'] }, echo);
    app.ws('/burst', (socket, { query }) => {
      for (let index = 0; index < Number(query.count); index++) socket.send(`message ${index}`);
      if (query.then === 'close') socket.close(1000);
    });
    app.ws('/fragments', sendFragments);
    app.ws('/ping', async (socket) => {
      socket.send(String(await socket.ping()));
    });
    app.ws('/close', (socket, { query }) => {
      if (query.code === undefined) socket.close();
      else socket.close(Number(query.code), String(query.reason ?? ''));
    });
    app.ws('/cut', (socket) => {
      socket.on('message', () => socket.terminate());
    });
    app.ws('/closure', async (socket, { query }) => {
      socket.send(JSON.stringify(await this.closure(String(query.of))));
    });
    app.ws('/end', async (socket, { query }) => {
      const { code, reason } = await this.closure(String(query.of));
      socket.send(JSON.stringify([code, reason]));
    });
    app.ws(
      '/visits',
      (req, res, next) => {
        const visits = Number(/visits=(\d+)/.exec(req.headers.cookie ?? '')?.[1] ?? 0) + 1;
        res.cookie('visits', visits);
        req.headers['x-visits'] = String(visits);
        next();
      },
      (socket, req) => socket.send(`visit ${req.headers['x-visits']}`),
    );
    app.ws(
      '/guarded',
      (_req, res) => res.status(401).json({ error: 'log in' }),
      () => {},
    );
    app.get('/page', (_req, res) => res.send('a page'));
  }
}

/** Sends back what comes. */
export function echo(socket: WebSocketConnection): void {
  socket.on('message', (data) => socket.send(data));
}

/** A text that is cut inside a character, and 70,000 bytes; empty fragments and pings between them. */
function sendFragments(socket: WebSocketConnection): void {
  const text = Buffer.from('Grüße aus drei Stücken');
  const binary = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
  for (const [message, cuts] of [
    [text, [0, 3, 3, 10]],
    [binary, [1, 126, 66_000]],
  ] as const) {
    const ends = [...cuts, message.length];
    for (const [index, end] of ends.entries()) {
      const piece = message.subarray(ends[index - 1] ?? 0, end);
      socket.send(piece, { binary: message === binary, fin: end === message.length });
      void socket.ping().catch(() => {});
    }
  }
}

function arrivalOf({ url = '', httpVersion, socket, headers }: http.IncomingMessage): Arrival {
  const path = url.split('?', 1)[0]!;
  const isWebSocket = headers.upgrade === 'websocket';
  return { path, isWebSocket, version: httpVersion, port: socket.remotePort, host: headers.host };
}
