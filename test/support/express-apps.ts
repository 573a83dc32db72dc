import { once } from 'node:events';
import type http from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import express4 from 'express4';
import WebSocket from 'ws';
import { type Switchboard, type SwitchboardOptions, switchboard } from '../../src/express/switchboard';
import { RawClient } from './raw-client';

/** Everything about Express is tested with both. */
export const expressVersions: Array<[name: string, express: typeof import('express')]> = [
  ['Express 5', express],
  ['Express 4', express4],
];

/** What a client of `ws` was told instead of a 101. */
export interface Refusal {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Apps, servers and clients of one test, all closed by `close()`. */
export class ExpressApps {
  private readonly boards: Switchboard[] = [];
  private readonly servers: Server[] = [];
  private readonly clients: Array<{ terminate(): void }> = [];

  constructor(private readonly express: typeof import('express')) {}

  /** An app with a board, which shows no stacks and writes no log. */
  app(options?: SwitchboardOptions): { app: Express; board: Switchboard } {
    const app = this.express();
    app.set('env', 'test');
    const board = switchboard(app, options);
    this.boards.push(board);
    return { app, board };
  }

  /** Listens on a free port, by `app.listen` or as the server that is given. */
  async listen(target: Express | Server): Promise<number> {
    const server = target.listen(0) as Server;
    this.servers.push(server);
    if (!server.listening) await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Opens a WebSocket; rejects with the refusal. Its messages are kept from the start: `next()` gives them in order. */
  async open(
    port: number,
    path = '/',
    options: WebSocket.ClientOptions & { protocols?: string[] } = {},
  ): Promise<TestSocket> {
    const { protocols = [], ...rest } = options;
    const socket = new TestSocket(`ws://127.0.0.1:${port}${path}`, protocols, rest);
    this.clients.push(socket);
    await socket.opened();
    return socket;
  }

  /** Opens a WebSocket that is meant to be refused. */
  async refused(port: number, path = '/', options: WebSocket.ClientOptions = {}): Promise<Refusal> {
    const answer = await this.open(port, path, options).catch((error: unknown) => error);
    if (answer instanceof TestSocket) throw new Error(`${path} was accepted`);
    if (answer instanceof Error) throw answer;
    return answer as Refusal;
  }

  async raw(port: number): Promise<RawClient> {
    const client = await RawClient.connect(port);
    this.clients.push({ terminate: () => client.socket.destroy() });
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.terminate();
    for (const server of this.servers) {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
    await Promise.all(this.boards.map((board) => board.close()));
  }
}

/** A client of `ws` that keeps what it receives. */
export class TestSocket extends WebSocket {
  private readonly received: string[] = [];

  constructor(url: string, protocols: string[], options: WebSocket.ClientOptions) {
    super(url, protocols, options);
    this.on('message', (data) => this.received.push(String(data)));
    this.on('error', () => {});
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.once('open', resolve);
      this.once('error', reject);
      this.once('unexpected-response', async (_request, response) => {
        let body = '';
        for await (const chunk of response) body += chunk;
        reject({ status: response.statusCode ?? 0, headers: response.headers, body } satisfies Refusal);
        this.terminate();
      });
    });
  }

  async next(): Promise<string> {
    while (this.received.length === 0) {
      if (this.readyState === WebSocket.CLOSED) throw new Error('The connection was closed before a message came');
      await Promise.race([once(this, 'message'), once(this, 'close')]);
    }
    return this.received.shift()!;
  }

  async closed(): Promise<{ code: number; reason: string }> {
    const [code, reason] = (await once(this, 'close')) as [number, Buffer];
    return { code, reason: reason.toString() };
  }
}

/** An ordinary request. */
export async function get(
  port: number,
  path = '/',
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** Collects what is written to the console as errors. */
export async function withConsoleErrors(run: () => Promise<void>): Promise<unknown[][]> {
  const original = console.error;
  const written: unknown[][] = [];
  console.error = (...parts: unknown[]) => {
    written.push(parts);
  };
  try {
    await run();
  } finally {
    console.error = original;
  }
  return written;
}
