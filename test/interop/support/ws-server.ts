import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';

/** A server made of `ws`, with the paths that `describeOurClient` needs. */
export class WsServer {
  private readonly http = createServer();
  private readonly server: WebSocketServer;
  /** How connections to `/echo` ended, by their ids. */
  private readonly ends = new Map<string | null, Promise<unknown[]>>();

  constructor(options: ServerOptions = {}) {
    this.server = new WebSocketServer({
      server: this.http,
      handleProtocols: (offered) => [...offered].find((name) => name.startsWith('chat.')) ?? false,
      verifyClient: ({ req }, done) => {
        const isGuarded = req.url === '/guarded';
        done(!isGuarded, 401, '{"error":"log in"}', { 'Content-Type': 'application/json' });
      },
      ...options,
    });
    this.server.on('connection', (socket, { url = '/' }) => {
      const { pathname, searchParams } = new URL(url, 'http://localhost');
      this.serve(socket, pathname, searchParams);
    });
  }

  async listen(): Promise<this> {
    this.http.listen(0, '127.0.0.1');
    await once(this.http, 'listening');
    return this;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private serve(socket: WebSocket, path: string, query: URLSearchParams): void {
    switch (path) {
      case '/echo':
        socket.on('message', (data, binary) => socket.send(data, { binary }));
        this.ends.set(query.get('id'), once(socket, 'close'));
        break;
      case '/burst':
        for (let index = 0; index < Number(query.get('count')); index++) socket.send(`message ${index}`);
        break;
      case '/fragments':
        sendFragments(socket);
        break;
      case '/ping':
        socket.ping('are you there?');
        socket.once('pong', () => socket.send('it was answered'));
        break;
      case '/close':
        socket.close(Number(query.get('code')), query.get('reason') ?? '');
        break;
      case '/cut':
        socket.once('message', () => socket.terminate());
        break;
      case '/end':
        void this.ends.get(query.get('of'))?.then(([code, reason]) => {
          socket.send(JSON.stringify([code, String(reason)]));
        });
        break;
    }
  }
}

/** A text that is cut inside a character, and 70,000 bytes. */
function sendFragments(socket: WebSocket): void {
  const text = Buffer.from('Grüße aus drei Stücken');
  for (const [from, to] of [
    [0, 3],
    [3, 3],
    [3, 20],
  ] as const) {
    socket.send(text.subarray(from, to), { binary: false, fin: false });
    socket.ping();
  }
  socket.send(text.subarray(20), { binary: false });
  const bytes = Buffer.alloc(70_000, 'binary');
  socket.send(bytes.subarray(0, 1), { fin: false });
  socket.send(bytes.subarray(1, 66_000), { fin: false });
  socket.send(bytes.subarray(66_000));
}
